// From the address to a screen: `#/approval/DEVICE/SESSION` shows the screen `approval` with the parameters DEVICE and SESSION.

import { element } from './dom.js';
import { heading, link, notice, paragraph } from './parts.js';
import { t } from './words.js';

/**
 * A screen, a file each in `screens/`: builds itself into `root`, beginning with a `heading`. What it listens to ends with
 * `signal`, which is aborted when the screen is left. It may be async; it is shown when it is done.
 * @typedef {(root: HTMLElement, parameters: string[], signal: AbortSignal) => void | Promise<void>} Screen
 */

/** @type {AbortController} */
let left = new AbortController();
let begun = false;

/** Goes to a place, such as `approvals`. @param {...string} parts */
export function go(...parts) {
  location.hash = `#/${parts.map(encodeURIComponent).join('/')}`;
}

/** The same, but Back does not lead here any more. @param {...string} parts */
export function replace(...parts) {
  history.replaceState(null, '', `#/${parts.map(encodeURIComponent).join('/')}`);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

/** Name and parameters of the place. */
export function place() {
  const [name, ...parameters] = location.hash.replace(/^#\/?/, '').split('/').map(decoded);
  return { name, parameters };
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // What is no text names no screen.
  }
}

/**
 * Shows the screens of the table in `main`, now and at each change of the address.
 * @param {HTMLElement} main
 * @param {Record<string, Screen>} screens
 * @param {string} home
 * @param {(name: string) => void} shown
 */
export function start(main, screens, home, shown) {
  const render = async () => {
    left.abort();
    left = new AbortController();
    const { signal } = left;
    const { name, parameters } = place();
    const known = Object.hasOwn(screens, name) ? name : home;
    const root = element('div', { class: `screen screen-${known}` });
    try {
      await screens[known](root, parameters, signal);
    } catch (error) {
      if (signal.aborted) return;
      console.error(error);
      root.replaceChildren(heading(t('trouble')), notice('bad', paragraph(t('troubleText'))), link(t('toApprovals'), 'approvals'));
    }
    if (signal.aborted) return;
    main.replaceChildren(root);
    const title = root.querySelector('h1');
    document.title = `${title?.textContent ?? ''} · ${t('appName')}`;
    scrollTo(0, 0);
    // On the first screen the browser's own focus is where the user left it.
    if (begun) title?.focus();
    begun = true;
    shown(known);
  };
  addEventListener('hashchange', render);
  return render();
}

/** Shows the screen of this address anew. */
export const reload = () => dispatchEvent(new HashChangeEvent('hashchange'));
