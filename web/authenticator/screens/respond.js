// The page of challenge and response: the challenge code is entered, the response is generated.

import { element } from '../frame/dom.js';
import { confirm, field, heading, link, notice, paragraph } from '../frame/parts.js';
import { t } from '../frame/words.js';
import { compute, extraFields, form, hintOf, keyboardOf } from '../codes/answering.js';
import { Fault } from '../codes/fault.js';
import { question } from '../codes/ocra/question.js';
import { parseSuite } from '../codes/ocra/suite.js';
import { codeBy } from '../codes/vault.js';
import { resultBox, whose } from '../codes/view.js';

/** What was entered, without the gaps that people put into numbers. @param {import('../codes/ocra/suite.js').Suite} suite @param {string} text */
const entered = (suite, text) => (suite.question.kind === 'A' ? text.trim() : text.replace(/[\s-]/g, ''));

/** @type {import('../frame/router.js').Screen} */
export async function show(root, [id]) {
  const code = await codeBy(Number(id));
  if (code?.kind !== 'ocra' || !code.response) {
    root.append(heading(t('respondTitle')), notice('bad', t('faultGone')), link(t('codesBack'), 'codes'));
    return;
  }
  const suite = parseSuite(code.response.suite);
  const held = { id: code.id, use: /** @type {const} */ ('response'), key: code.response.key, suite };
  const challenge = field(t('respondChallenge'), { class: 'challenge', ...keyboardOf(suite) }, hintOf(suite));
  const extras = extraFields(suite);
  const place = element('div');
  const submit = async () => {
    challenge.complain('');
    place.replaceChildren();
    try {
      const text = entered(suite, challenge.input.value);
      const asked = question(suite, text);
      const rest = await extras.read();
      if (rest === null || !await isComplete(text.length, suite.question.max)) return;
      const made = await compute(held, asked, rest);
      extras.clear();
      place.replaceChildren(resultBox(t('respondResult'), made, suite.stepS === null ? undefined : t('respondTime')));
      place.scrollIntoView({ block: 'nearest' });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      challenge.complain(t(error.key, error.values));
    }
  };
  root.append(heading(t('respondTitle')), whose(code), paragraph(t('respondText')),
    form(submit, () => place.replaceChildren(), challenge.whole, ...extras.fields.map((one) => one.whole),
      suite.counter && paragraph(t('respondCounter'), 'hint'), element('button', { type: 'submit', class: 'main wide' }, t('respondGo'))),
    place, element('div', { class: 'row' }, link(t('codesBack'), 'codes')));
}

/**
 * Whether a challenge that is shorter than usual is meant to be: a digit is easily lost, and a challenge takes one answer.
 * @param {number} found
 * @param {number} max
 */
const isComplete = async (found, max) => found >= max
  || confirm({ title: t('respondShortTitle'), text: t('respondShortText', { found, max }), yes: t('respondShortYes'), look: 'main' });
