// Texts that others wrote, for people to read: exactly as they are, but what cannot be seen, changes the direction of what follows, or
// is heaped upon other signs, is spelt out. The text itself, which is signed, is never changed.

import { element } from './dom.js';

/** Joiners inside one picture made of several, such as a family: they are seen as that picture. */
const JOINED = /(?<=\p{Extended_Pictographic}\p{Emoji_Modifier}?\uFE0F?)\u200D(?=\p{Extended_Pictographic})/u;
/** Which look a picture or a key has, right behind a sign that has two: it is seen by that look. */
const LOOK = /(?<=[0-9#*])\uFE0F(?=\u20E3)|(?<=\p{Extended_Pictographic})[\uFE0E\uFE0F]/u;
/** Signs that are not seen, of all kinds but the line feed, and marks heaped upon a fourth. */
const HIDDEN = /[^\P{C}\n]|[\u2028\u2029\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u2800\u3164\uFE00-\uFE0F\uFFA0\u{16FE4}\u{1D159}]|[\u{E0100}-\u{E01EF}]|(?<=\p{M}{4})\p{M}/u;
const SPLIT = new RegExp(`${JOINED.source}|${LOOK.source}|(${HIDDEN.source})`, 'gu');

/** @param {string} sign */
const nameOf = (sign) => `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/**
 * The text in parts: plain ones, and hidden signs by their names.
 * @param {string} text
 * @returns {{ text: string, hidden: boolean }[]}
 */
export function parts(text) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(SPLIT)) {
    if (match[1] === undefined) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index), hidden: false });
    found.push({ text: nameOf(match[1]), hidden: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ text: text.slice(from), hidden: false });
  return found;
}

/** How many signs of the text are spelt out. @param {string} text */
export const hiddenIn = (text) => parts(text).filter(({ hidden }) => hidden).length;

/**
 * The text in an element of its own direction.
 * @param {string} text
 * @param {'bdi' | 'p' | 'div' | 'span'} [name]
 * @param {string} [look]
 */
export function shown(text, name = 'bdi', look = '') {
  const signs = parts(text).map((part) => (part.hidden ? element('span', { class: 'sign' }, part.text) : part.text));
  return element(name, { class: `told ${look}`.trim(), dir: 'auto' }, ...signs);
}

/** The text for places that take no elements, such as a title. @param {string} text */
export const spelt = (text) => parts(text).map((part) => (part.hidden ? `[${part.text}]` : part.text)).join('');
