// Elements made by code. Whatever came from elsewhere goes in as text; nothing here ever parses markup.

/** @typedef {Node | string | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Attributes */

/**
 * An element. An attribute that is true stands without a value, one that is false, null or undefined is left out, and a function
 * listens to the event that the attribute names: `element('button', { type: 'button', click: go }, 'Go')`.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  adorn(made, attributes);
  append(made, ...children);
  return made;
}

/**
 * The same for SVG.
 * @param {string} name
 * @param {Attributes} [attributes]
 * @param {...Child} children
 */
export function drawing(name, attributes = {}, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  adorn(made, attributes);
  append(made, ...children);
  return made;
}

/**
 * Appends what is there.
 * @param {Node & { append: (...nodes: (Node | string)[]) => void }} parent
 * @param {...Child} children
 */
export function append(parent, ...children) {
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) parent.append(child);
  }
}

/**
 * @param {Element} made
 * @param {Attributes} attributes
 */
function adorn(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
}

let serial = 0;

/**
 * An id that no other element has, for `for`, `aria-labelledby` and the like.
 * @param {string} word
 */
export const uniqueId = (word) => `${word}-${++serial}`;
