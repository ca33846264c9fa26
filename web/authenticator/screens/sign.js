// A transaction is signed: its fields are entered as they are shown, the code is made of all of them.

import { element } from '../frame/dom.js';
import { button, field, heading, link, notice, paragraph } from '../frame/parts.js';
import { t } from '../frame/words.js';
import { compute, extraFields, form } from '../codes/answering.js';
import { Fault } from '../codes/fault.js';
import { question } from '../codes/ocra/question.js';
import { parseSuite } from '../codes/ocra/suite.js';
import { FIELDS_MAX, signFormat, textToSign } from '../codes/transaction.js';
import { codeBy } from '../codes/vault.js';
import { resultBox, whose } from '../codes/view.js';

/** Fields where the issuer names none. */
const USUAL_FIELDS = 3;

/** @typedef {ReturnType<typeof field>} Field */

/** @type {import('../frame/router.js').Screen} */
export async function show(root, [id]) {
  const code = await codeBy(Number(id));
  if (code?.kind !== 'ocra' || !code.signature) {
    root.append(heading(t('signTitle')), notice('bad', t('faultGone')), link(t('codesBack'), 'codes'));
    return;
  }
  const { key, format, fields: names, suite: text } = code.signature;
  const suite = parseSuite(text);
  const held = { id: code.id, use: /** @type {const} */ ('signature'), key, suite };
  const list = fieldList(names);
  const extras = extraFields(suite);
  const result = element('div');
  const wrong = element('p', { class: 'wrong', role: 'alert' });
  const clear = () => {
    result.replaceChildren();
    wrong.textContent = '';
  };
  const submit = async () => {
    clear();
    const values = list.read();
    const rest = values && await extras.read();
    if (!values || !rest) return;
    try {
      const asked = question(suite, await textToSign(values, format, suite));
      const made = await compute(held, asked, rest);
      extras.clear();
      result.replaceChildren(resultBox(t('signResult'), made, suite.stepS === null ? undefined : t('respondTime')));
      result.scrollIntoView({ block: 'nearest' });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      wrong.textContent = t(error.key, error.values);
    }
  };
  const change = (/** @type {() => void} */ act) => () => {
    clear();
    act();
  };
  root.append(heading(t('signTitle')), whose(code), paragraph(t('signText')),
    form(submit, clear, list.whole,
      element('div', { class: 'row' }, button(t('signAddField'), change(list.add)), button(t('signRemoveField'), change(list.remove))),
      ...extras.fields.map((one) => one.whole),
      signFormat(suite, format) === 'concatenated' && paragraph(t('signTogether'), 'hint'),
      suite.counter && paragraph(t('respondCounter'), 'hint'), wrong,
      element('button', { type: 'submit', class: 'main wide' }, t('signGo'))),
    result, element('div', { class: 'row' }, link(t('codesBack'), 'codes')));
}

/**
 * The fields, by the issuer's names for as many as it names.
 * @param {string[]} names
 */
function fieldList(names) {
  const whole = element('div');
  /** @type {Field[]} */
  const fields = [];
  const add = () => {
    if (fields.length >= FIELDS_MAX) return;
    const made = field(names[fields.length] ?? t('signField', { number: fields.length + 1 }), { autocorrect: 'off' });
    fields.push(made);
    whole.append(made.whole);
  };
  const remove = () => {
    if (fields.length > 1) fields.pop()?.whole.remove();
  };
  while (fields.length < (names.length || USUAL_FIELDS)) add();
  return {
    whole,
    add: () => {
      add();
      fields.at(-1)?.input.focus();
    },
    remove,
    /** The values, without the spaces that keyboards leave at the ends; null where one is empty, which its field then says. */
    read() {
      for (const one of fields) one.complain('');
      const empty = fields.find(({ input }) => input.value.trim() === '');
      empty?.complain(t('signFieldEmpty'));
      return empty ? null : fields.map(({ input }) => input.value.trim());
    },
  };
}
