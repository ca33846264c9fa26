// The form for a key that is typed by hand. It makes the same URI of what was typed as a QR code would hold, so that there is one way
// in, and one list of what can be wrong.

import { element, uniqueId } from '../frame/dom.js';
import { field } from '../frame/parts.js';
import { t } from '../frame/words.js';
import { form } from './answering.js';
import { Fault } from './fault.js';
import { DIGITS } from './hotp.js';
import { ALGORITHMS } from './mac.js';
import { parseUri } from './otpauth.js';
import { USUAL_PERIOD_S } from './totp.js';

/** @typedef {import('./fault.js').FaultKey} FaultKey */

/**
 * A labelled choice.
 * @param {string} label
 * @param {[value: string, words: string][]} options
 */
function choice(label, options) {
  const id = uniqueId('choice');
  const select = element('select', { id }, ...options.map(([value, words]) => element('option', { value }, words)));
  return { whole: element('div', { class: 'field' }, element('label', { for: id }, label), select), input: select };
}

/** @param {(enrolment: import('./otpauth.js').Enrolment) => void} check what is done with it when it is whole */
export function handForm(check) {
  const number = { inputmode: 'numeric' };
  const kind = choice(t('enrolKind'), [['totp', t('codeKindTotp')], ['hotp', t('codeKindHotp')], ['ocra', t('codeKindOcra')]]);
  const issuer = field(t('enrolIssuer'), { maxlength: 100 }, t('enrolIssuerHint'));
  const account = field(t('enrolAccount'), { maxlength: 100 }, t('enrolAccountHint'));
  const secret = field(t('enrolSecret'), { class: 'mono' }, t('enrolSecretHint'));
  /** What the kinds have beside that, by the names in a URI. */
  const rest = {
    algorithm: choice(t('enrolAlgorithm'), ALGORITHMS.map((name) => [name, name])),
    digits: field(t('codeDigits'), { value: DIGITS.usual, ...number }),
    period: field(t('enrolPeriod'), { value: USUAL_PERIOD_S, ...number }),
    counter: field(t('enrolCounter'), { value: 0, ...number }),
    suite: field(t('enrolSuite'), { value: 'OCRA-1:HOTP-SHA1-8:QN08', class: 'mono' }, t('enrolSuiteHint')),
    signature_suite: field(t('enrolSignSuite'), { value: 'OCRA-1:HOTP-SHA1-8:QA64', class: 'mono' }, t('enrolSuiteHint')),
    signature_counter: field(t('enrolSignCounter'), { value: 0, ...number }),
  };
  /** @type {Record<string, (keyof typeof rest)[]>} */
  const uses = { totp: ['algorithm', 'digits', 'period'], hotp: ['algorithm', 'digits', 'counter'], ocra: ['suite', 'signature_suite', 'counter', 'signature_counter'] };
  const wrong = element('p', { class: 'wrong', role: 'alert' });
  const used = () => uses[kind.input.value];
  const fit = () => {
    for (const [name, { whole }] of Object.entries(rest)) whole.hidden = !used().includes(/** @type {keyof typeof rest} */ (name));
  };
  kind.input.addEventListener('change', fit);
  fit();
  const submit = async () => {
    wrong.textContent = '';
    const query = new URLSearchParams({ secret: secret.input.value, issuer: issuer.input.value.trim() });
    // What is left empty is left out: a suite that there is none of, for one.
    for (const name of used()) if (rest[name].input.value.trim() !== '') query.set(name, rest[name].input.value.trim());
    try {
      const enrolment = parseUri(`otpauth://${kind.input.value}/:${encodeURIComponent(account.input.value.trim())}?${query}`);
      secret.input.value = '';
      check(enrolment);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      wrong.textContent = t(error.key, error.values);
    }
  };
  return form(submit, () => {}, kind.whole, issuer.whole, account.whole, secret.whole, ...Object.values(rest).map(({ whole }) => whole), wrong,
    element('button', { type: 'submit', class: 'wide' }, t('enrolOn')));
}
