// Fields for PINs with a pad of digits under them. What is typed is in the fields alone and goes with them.

import { element, uniqueId } from './dom.js';
import { field } from './parts.js';
import { t } from './words.js';

/**
 * One field a label, and the pad, which types into the field that was used last.
 * @param {string[]} labels
 * @param {{ min: number, max: number }} length
 */
export function pinPad(labels, { min, max }) {
  const hint = min === max ? t('pinExactly', { count: max }) : t('pinBetween', { min, max });
  const fields = labels.map((label, at) => field(label, {
    type: 'password', inputmode: 'none', maxlength: max, class: 'digits', name: uniqueId('pin'), autocomplete: 'off', 'data-1p-ignore': true, 'data-lpignore': 'true',
  }, at === 0 ? hint : ''));
  let active = fields[0];
  for (const one of fields) {
    one.input.addEventListener('focus', () => { active = one; });
    one.input.addEventListener('input', () => {
      one.input.value = one.input.value.replace(/\D/g, '');
      one.complain('');
    });
  }
  /** @param {string} digit */
  const type = (digit) => {
    if (active.input.value.length >= max) return;
    active.input.value += digit;
    active.complain('');
    const next = fields[fields.indexOf(active) + 1];
    if (min === max && active.input.value.length === max && next) active = next;
  };
  const key = (/** @type {string} */ label, /** @type {() => void} */ act, /** @type {string} */ name = '') =>
    element('button', { type: 'button', class: 'key', 'aria-label': name || null, click: act }, label);
  const digits = ['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((digit) => key(digit, () => type(digit)));
  const pad = element('div', { class: 'pad', role: 'group', 'aria-label': t('pinKeys') }, ...digits,
    key('×', () => { active.input.value = ''; }, t('pinClear')), key('0', () => type('0')), key('⌫', () => { active.input.value = active.input.value.slice(0, -1); }, t('pinBack')));
  return {
    whole: element('div', { class: 'pins' }, ...fields.map(({ whole }) => whole), pad),
    fields,
    /** The PIN; null, after saying what is wrong, where there is none. */
    value() {
      const [first, again] = fields.map(({ input }) => input.value);
      if (first.length < min || first.length > max) {
        fields[0].complain(hint);
        return null;
      }
      if (again !== undefined && again !== first) {
        fields[1].complain(t('pinDiffers'));
        return null;
      }
      return first;
    },
    /** Empties the fields. */
    clear() {
      for (const { input } of fields) input.value = '';
      active = fields[0];
    },
  };
}
