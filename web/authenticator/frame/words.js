// The app's words in the user's language: chosen once when the app starts. A language is a folder of `words/`, with a file a part of
// the app; English says which keys there are, and the type checker holds the other languages to them.

/** @typedef {keyof typeof import('../words/en/app.js').default | keyof typeof import('../words/en/codes.js').default} Key */
/** @typedef {string | { one: string, other: string }} Word */

/** The languages, by their own names. */
export const LANGUAGES = /** @type {const} */ ({ en: 'English', de: 'Deutsch', fr: 'Français', es: 'Español' });

/** @typedef {keyof typeof LANGUAGES} Language */

/** Where the choice is kept; without one the browser's languages choose. */
const CHOICE = 'language';

/** @type {Record<string, Word>} */
let words = {};
/** @type {Language} */
let current = 'en';
let plurals = new Intl.PluralRules('en');

/** @param {string} tag @returns {tag is Language} */
const isKnown = (tag) => Object.hasOwn(LANGUAGES, tag);

/** What the user chose, if anything. @returns {Language | null} */
export function chosenLanguage() {
  try {
    const chosen = localStorage.getItem(CHOICE);
    return chosen !== null && isKnown(chosen) ? chosen : null;
  } catch {
    // A browser that lets nothing be kept is told of in the language that it asks for.
    return null;
  }
}

/** Keeps the choice; it holds from the next start on. @param {Language | null} language */
export function chooseLanguage(language) {
  if (language === null) localStorage.removeItem(CHOICE);
  else localStorage.setItem(CHOICE, language);
}

/** Reads the words of the language that was chosen, or else of the first that the browser asks for and there is. */
export async function loadWords() {
  const wanted = navigator.languages.map((tag) => tag.toLowerCase().split('-')[0]);
  current = chosenLanguage() ?? wanted.find(isKnown) ?? 'en';
  const parts = await Promise.all([import(`../words/${current}/app.js`), import(`../words/${current}/codes.js`)]);
  words = Object.assign({}, ...parts.map((part) => part.default));
  plurals = new Intl.PluralRules(current);
  document.documentElement.lang = current;
}

/** The language in use, as a tag for `Intl`. */
export const language = () => current;

/**
 * The words for a key, with `{name}` replaced by the value of that name. Where the words differ by number, `values.count` chooses.
 * @param {Key} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const word = words[key];
  const chosen = typeof word === 'object' ? (plurals.select(Number(values.count)) === 'one' ? word.one : word.other) : word;
  return (chosen ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * A moment in words, by the phone's own time zone.
 * @param {number} ms since 1970
 */
export const moment = (ms) => new Intl.DateTimeFormat(navigator.languages.find((tag) => tag.split('-')[0] === current) ?? current, { dateStyle: 'medium', timeStyle: 'short' }).format(ms);
