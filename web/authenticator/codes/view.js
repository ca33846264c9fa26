// How a code is shown: in groups that can be read out, to screen readers digit by digit, and copied without the gaps.

import { drawing, element } from '../frame/dom.js';
import { button, copy, paragraph, say } from '../frame/parts.js';
import { shown, spelt } from '../frame/visible.js';
import { t } from '../frame/words.js';
import { nameOf } from './vault.js';

/** The sizes of the groups by the number of digits. @type {Record<number, number[]>} */
const GROUPS = { 4: [4], 5: [2, 3], 6: [3, 3], 7: [3, 4], 8: [4, 4], 9: [3, 3, 3], 10: [3, 3, 4] };

/** @param {string} code */
export function groups(code) {
  let at = 0;
  return (GROUPS[code.length] ?? [code.length]).map((size) => code.slice(at, at += size));
}

/** Digit by digit, for screen readers. @param {string} code */
export const spelled = (code) => [...code].join(' ');

/** @param {string} code */
export const shownCode = (code) => element('span', { class: 'code' },
  element('span', { 'aria-hidden': 'true', 'data-code': code }, ...groups(code).map((group) => element('span', {}, group))),
  element('span', { class: 'unseen' }, spelled(code)));

/**
 * The button that copies what `code` gives.
 * @param {string} name of whose code it is
 * @param {() => string} code
 */
export function copyButton(name, code) {
  const control = button(t('codesCopy'), () => copy(control, code()), { name: t('codesCopyOf', { name }) });
  return control;
}

/**
 * A box with a code that was just made; it is announced.
 * @param {string} label
 * @param {string} code
 * @param {string} [remark]
 */
export function resultBox(label, code, remark) {
  say(`${label}: ${spelled(code)}`);
  const control = button(t('codesCopy'), () => copy(control, code));
  return element('section', { class: 'card result', 'aria-label': label },
    element('h2', {}, label), element('p', {}, shownCode(code)), remark !== undefined && paragraph(remark, 'hint'), control);
}

/** What a code is called, for places that take no elements. @param {Parameters<typeof nameOf>[0]} code */
export const titleOf = (code) => spelt(nameOf(code));

/** The name of a code and whose it is. @param {import('./vault.js').StoredCode} code */
export function whose(code) {
  const name = nameOf(code);
  const rest = [code.name && code.issuer, code.account].filter((text) => text && text !== name);
  return element('div', { class: 'whose' }, element('p', { class: 'name' }, shown(name)),
    rest.length > 0 && element('p', { class: 'soft' }, ...rest.flatMap((text, at) => [at > 0 && ' · ', shown(text)])));
}

/** The circle that runs out with a time step. */
export function ring() {
  const around = 2 * Math.PI * 10;
  const arc = drawing('circle', { cx: 12, cy: 12, r: 10, 'stroke-dasharray': around.toFixed(2), transform: 'rotate(-90 12 12)' });
  const left = element('span', { class: 'left' });
  const whole = element('div', { class: 'ring' },
    drawing('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, drawing('circle', { cx: 12, cy: 12, r: 10, class: 'track' }), arc), left);
  return {
    whole,
    /** @param {number} seconds left @param {number} period */
    show(seconds, period) {
      left.textContent = t('codesLeft', { count: seconds });
      arc.setAttribute('stroke-dashoffset', (around * (1 - seconds / period)).toFixed(2));
      whole.classList.toggle('late', seconds <= 5);
    },
  };
}
