// Adding a code: by scanning, by pasting the address of the QR code, or by hand. Nothing is kept before it was shown what it is.

import { element } from '../frame/dom.js';
import { leave, take } from '../frame/handover.js';
import { button, facts, field, heading, link, notice, paragraph, say } from '../frame/parts.js';
import { go } from '../frame/router.js';
import { t } from '../frame/words.js';
import { form } from '../codes/answering.js';
import { Fault } from '../codes/fault.js';
import { handForm } from '../codes/by-hand.js';
import { kindOf } from '../codes/kinds.js';
import { parseUri } from '../codes/otpauth.js';
import { enrol, NAME_MAX } from '../codes/vault.js';
import { titleOf } from '../codes/view.js';
import { codeOf } from '../device/accounts.js';
import { scan } from '../scan/scanner.js';

/** @type {import('../frame/router.js').Screen} */
export function show(root, _parameters, signal) {
  const handed = take();
  const place = element('div');
  root.append(heading(t('enrolTitle')), place);
  const ways = () => place.replaceChildren(...waysIn(read, check));
  const check = (/** @type {import('../codes/otpauth.js').Enrolment} */ enrolment) => {
    signal.addEventListener('abort', () => enrolment.secret.fill(0));
    place.replaceChildren(confirmation(enrolment, ways));
    place.querySelector('h2')?.focus();
  };
  /** @param {string} text throws the fault that is in it */
  const read = (text) => {
    if (codeOf(text) === null) return check(parseUri(text));
    leave(text.trim());
    go('link');
  };
  ways();
  if (handed === null) return;
  try {
    read(handed);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    place.prepend(notice('bad', t(error.key, error.values)));
  }
}

/**
 * @param {(text: string) => void} read
 * @param {(enrolment: import('../codes/otpauth.js').Enrolment) => void} check
 */
function waysIn(read, check) {
  const camera = element('div');
  const wrong = element('p', { class: 'wrong', role: 'alert' });
  /** @param {string} text @param {(words: string) => void} complain */
  const attempt = (text, complain) => {
    complain('');
    try {
      read(text);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      complain(t(error.key, error.values));
    }
  };
  const scanning = button(t('enrolScan'), async () => {
    scanning.hidden = true;
    const text = await scan(camera);
    scanning.hidden = false;
    if (text !== null) attempt(text, (words) => { wrong.textContent = words; });
  }, { look: 'main' });
  scanning.classList.add('wide');
  const uri = field(t('enrolPaste'), { inputmode: 'url' }, t('enrolPasteHint'));
  const paste = async () => {
    const text = uri.input.value;
    uri.input.value = ''; // It holds the key.
    attempt(text, uri.complain);
  };
  return [
    scanning, camera, wrong,
    form(paste, () => {}, uri.whole, element('button', { type: 'submit', class: 'wide' }, t('enrolOn'))),
    element('details', {}, element('summary', {}, t('enrolByHand')), handForm(check)),
    element('div', { class: 'row' }, link(t('codesBack'), 'codes')),
  ];
}

/**
 * What would be added, and the question whether to.
 * @param {import('../codes/otpauth.js').Enrolment} enrolment
 * @param {() => void} back
 */
function confirmation(enrolment, back) {
  const name = field(t('codeName'), { maxlength: NAME_MAX }, t('codeNameHint'));
  const place = element('div');
  const add = async () => {
    try {
      await enrol(enrolment, name.input.value);
      go('codes');
      say(t('codesAdded', { name: titleOf({ ...enrolment, name: name.input.value.trim() }) }));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      place.replaceChildren(notice('bad', t(error.key, error.values)));
    }
  };
  const cancel = () => {
    enrolment.secret.fill(0);
    back();
  };
  return element('section', {}, element('h2', { tabindex: -1 }, t('enrolCheckTitle')), facts(...kindOf(enrolment)), paragraph(t('enrolCheckText'), 'hint'),
    form(add, () => {}, name.whole, place,
      element('div', { class: 'row' }, button(t('cancel'), cancel), element('button', { type: 'submit', class: 'main' }, t('enrolAdd')))));
}
