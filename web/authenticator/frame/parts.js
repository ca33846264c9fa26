// What screens are put together from: headings, buttons, fields, notices, a question to confirm, and what is said aloud.

import { append, element, uniqueId } from './dom.js';
import { t } from './words.js';

/** @typedef {import('./dom.js').Child} Child */

/** The screen's heading: the router moves the focus to it. @param {...Child} children */
export const heading = (...children) => element('h1', { tabindex: -1 }, ...children);

/**
 * @param {string} label
 * @param {(event: Event) => unknown} act while it runs, the button does nothing more
 * @param {{ look?: 'main' | 'good' | 'bad' | 'quiet', name?: string, describedby?: string }} [options]
 */
export function button(label, act, { look = 'quiet', name, describedby } = {}) {
  let busy = false;
  const made = element('button', { type: 'button', class: look, 'aria-label': name, 'aria-describedby': describedby }, label);
  made.addEventListener('click', async (event) => {
    if (busy || made.getAttribute('aria-disabled') === 'true') return;
    busy = true;
    made.setAttribute('aria-busy', 'true');
    try {
      await act(event);
    } finally {
      busy = false;
      made.removeAttribute('aria-busy');
    }
  });
  return made;
}

/** A place of the app as a button to look at. @param {string} label @param {string} place @param {string} [look] */
export const link = (label, place, look = 'button quiet') => element('a', { href: `#/${place}`, class: look }, label);

/**
 * A labelled field, with a hint and a place for what is wrong with it.
 * @param {string} label
 * @param {import('./dom.js').Attributes} [attributes] of the input
 * @param {string} [hint]
 */
export function field(label, attributes = {}, hint = '') {
  const id = uniqueId('field');
  const input = element('input', { id, autocomplete: 'off', spellcheck: 'false', autocapitalize: 'none', ...attributes });
  const hintLine = element('p', { id: `${id}-hint`, class: 'hint' }, hint);
  const wrong = element('p', { id: `${id}-wrong`, class: 'wrong', role: 'alert' });
  input.setAttribute('aria-describedby', `${id}-hint ${id}-wrong`);
  const whole = element('div', { class: 'field' }, element('label', { for: id }, label), hint !== '' && hintLine, input, wrong);
  return {
    whole,
    input,
    /** @param {string} text what is wrong; empty: nothing */
    complain(text) {
      wrong.textContent = text;
      if (text === '') return input.removeAttribute('aria-invalid');
      input.setAttribute('aria-invalid', 'true');
      input.focus();
    },
  };
}

/**
 * A box that tells something.
 * @param {'info' | 'bad' | 'good'} look
 * @param {...Child} children
 */
export const notice = (look, ...children) => element('div', { class: `notice ${look}` }, ...children);

/** A paragraph. @param {string} text @param {string} [look] */
export const paragraph = (text, look) => element('p', { class: look }, text);

/** A list of names and values. @param {...[string, Child]} pairs */
export function facts(...pairs) {
  const list = element('dl', { class: 'facts' });
  for (const [name, value] of pairs) list.append(element('div', {}, element('dt', {}, name), element('dd', {}, value)));
  return list;
}

/**
 * Asks before something is done; resolves to whether to do it.
 * @param {{ title: string, text: string, yes: string, look?: 'main' | 'bad' }} question
 * @returns {Promise<boolean>}
 */
export function confirm({ title, text, yes, look = 'bad' }) {
  const id = uniqueId('dialog');
  const dialog = element('dialog', { 'aria-labelledby': id, 'aria-describedby': `${id}-text` },
    element('h2', { id }, title), element('p', { id: `${id}-text` }, text));
  return new Promise((resolve) => {
    /** @param {boolean} answer */
    const close = (answer) => () => {
      resolve(answer);
      dialog.close();
    };
    dialog.append(element('div', { class: 'row' }, button(t('cancel'), close(false)), button(yes, close(true), { look })));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(false);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** @type {HTMLElement | undefined} */
let voice;

/** The live region; the frame puts it into the page once. */
export function liveRegion() {
  voice = element('p', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
  return voice;
}

/** Says something to screen readers. @param {string} text */
export function say(text) {
  if (!voice) return;
  voice.textContent = '';
  const region = voice;
  setTimeout(() => { region.textContent = text; }, 50);
}

/** @type {HTMLElement | undefined} */
let shelf;

/** Where short notices appear; the frame puts it into the page once. */
export function noticeShelf() {
  shelf = element('div', { class: 'shelf' });
  return shelf;
}

/**
 * A notice that stays above the screens until it is taken away.
 * @param {string} name one notice a name
 * @param {Child[]} children
 */
export function pin(name, children) {
  if (!shelf) return;
  const old = shelf.querySelector(`[data-name="${name}"]`);
  const made = element('div', { class: 'notice info', 'data-name': name });
  append(made, ...children);
  if (old) old.replaceWith(made);
  else shelf.append(made);
}

/** Copies a text, and says so on the button for a moment. @param {HTMLButtonElement} control @param {string} text */
export async function copy(control, text) {
  await navigator.clipboard.writeText(text);
  const before = control.textContent;
  control.textContent = t('copied');
  say(t('copied'));
  setTimeout(() => { control.textContent = before; }, 2000);
}
