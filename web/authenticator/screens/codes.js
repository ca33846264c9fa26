// The offline codes on this phone, and the way to each that wants something typed.

import { drawing, element } from '../frame/dom.js';
import { button, heading, link, notice, paragraph, say } from '../frame/parts.js';
import { hear } from '../frame/tabs.js';
import { t } from '../frame/words.js';
import { Fault } from '../codes/fault.js';
import { stepAt, totp } from '../codes/totp.js';
import { CHANGED, codes, nextCode } from '../codes/vault.js';
import { copyButton, ring, shownCode, spelled, titleOf, whose } from '../codes/view.js';

/** @typedef {import('../codes/vault.js').StoredCode} StoredCode */

/** @type {import('../frame/router.js').Screen} */
export async function show(root, _parameters, signal) {
  const place = element('div');
  /** What counts up shows its last code until the screen is left. @type {Map<number, string>} */
  const shown = new Map();
  /** @type {(() => void)[]} */
  let ticks = [];
  const render = async () => {
    const kept = await codes();
    ticks = [];
    place.replaceChildren(kept.length === 0 ? nothing() : element('ul', { class: 'list codes' }, ...kept.map((code) => card(code, shown, ticks))));
    for (const tick of ticks) tick();
  };
  await render();
  root.append(heading(t('codesTitle')), place, link(t('codesAdd'), 'enrol', 'button main wide'));
  hear(CHANGED, render, signal);
  const timer = setInterval(() => ticks.forEach((tick) => tick()), 500);
  signal.addEventListener('abort', () => clearInterval(timer));
}

const nothing = () => element('div', { class: 'empty' },
  drawing('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.4, 'stroke-linecap': 'round' },
    ...['M4 4h6v6H4z', 'M14 4h6v6h-6z', 'M4 14h6v6H4z', 'M14 14h2v2h-2z', 'M18 14h2', 'M18 18h2v2', 'M14 20h2'].map((d) => drawing('path', { d }))),
  element('p', { class: 'name' }, t('codesNone')), paragraph(t('codesNoneText')));

/**
 * @param {StoredCode} code
 * @param {Map<number, string>} shown
 * @param {(() => void)[]} ticks what is to be done twice a second
 */
function card(code, shown, ticks) {
  const name = titleOf(code);
  const details = element('a', { href: `#/code/${code.id}`, class: 'button plain', 'aria-label': t('codesDetails', { name }) }, t('codesDetailsShort'));
  const item = element('li', { class: 'card' });
  if (code.kind === 'totp') item.append(...timeParts(code, details, ticks));
  else if (code.kind === 'hotp') item.append(...counterParts(code, details, shown));
  else {
    item.append(whose(code), element('div', { class: 'row' },
      code.response && link(t('codesRespond'), `respond/${code.id}`),
      code.signature && link(t('codesSign'), `sign/${code.id}`)), element('div', { class: 'ends' }, details));
  }
  return item;
}

/**
 * @param {import('../codes/vault.js').TimeCode} code
 * @param {HTMLElement} details
 * @param {(() => void)[]} ticks
 */
function timeParts(code, details, ticks) {
  const now = element('p', { class: 'now' });
  const then = element('p', { class: 'soft' });
  const time = ring();
  let current = '';
  let step = -1n;
  ticks.push(async () => {
    const at = stepAt(Date.now(), code.period);
    time.show(Math.max(1, Math.ceil((at.endsMs - Date.now()) / 1000)), code.period);
    if (at.step === step) return;
    step = at.step;
    const [own, next] = await Promise.all([step, step + 1n].map((which) => totp(code.key, which, code.digits)));
    if (step !== at.step) return;
    current = own;
    now.replaceChildren(shownCode(own));
    then.replaceChildren(t('codesNext'), ' ', shownCode(next));
  });
  return [element('div', { class: 'top' }, whose(code), time.whole), now, then,
    element('div', { class: 'ends' }, copyButton(titleOf(code), () => current), details)];
}

/**
 * @param {import('../codes/vault.js').CounterCode} code
 * @param {HTMLElement} details
 * @param {Map<number, string>} shown
 */
function counterParts(code, details, shown) {
  const name = titleOf(code);
  const place = element('p', { class: 'now' });
  const copying = copyButton(name, () => shown.get(code.id) ?? '');
  const put = () => {
    const last = shown.get(code.id);
    copying.hidden = last === undefined;
    place.replaceChildren(...(last === undefined ? [] : [shownCode(last)]));
  };
  const more = button(t('codesNextCode'), async () => {
    try {
      const { code: made } = await nextCode(code);
      shown.set(code.id, made);
      say(t('codesCodeIs', { code: spelled(made) }));
      put();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      place.replaceChildren(notice('bad', t(error.key, error.values)));
    }
  }, { look: 'main', name: t('codesNextCodeOf', { name }) });
  put();
  return [whose(code), place, paragraph(t('codesPress'), 'hint'), element('div', { class: 'ends' }, more, copying, details)];
}
