// Where the app begins: the words, the frame around the screens, the screens.

import { append, drawing, element } from './frame/dom.js';
import { liveRegion, noticeShelf } from './frame/parts.js';
import { start } from './frame/router.js';
import { loadWords, t } from './frame/words.js';
import { HOME, PLACES, SCREENS } from './screens/index.js';

/** @param {string[]} paths */
const icon = (paths) => drawing('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true', fill: 'none', stroke: 'currentColor', 'stroke-width': '1.8', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' },
  ...paths.map((d) => drawing('path', { d })));

function placesBar() {
  const items = PLACES.map(({ screen, label, paths }) => element('li', {},
    element('a', { href: `#/${screen}`, 'data-screen': screen }, icon(paths), element('span', {}, t(label)))));
  return element('nav', { class: 'places', 'aria-label': t('places') }, element('ul', {}, ...items));
}

/** @param {HTMLElement} bar @param {string} shown */
function mark(bar, shown) {
  for (const { screen, holds } of PLACES) {
    const link = bar.querySelector(`[data-screen="${screen}"]`);
    if (holds.includes(shown)) link?.setAttribute('aria-current', 'page');
    else link?.removeAttribute('aria-current');
  }
}

async function begin() {
  await loadWords();
  const main = element('main', { id: 'main', tabindex: -1 });
  const bar = placesBar();
  const skip = element('a', { class: 'skip', href: '#main', click: (event) => {
    event.preventDefault();
    main.focus();
  } }, t('skip'));
  document.body.replaceChildren();
  append(document.body, skip, element('header', { class: 'head' }, element('p', {}, t('appName'))), noticeShelf(), main, bar, liveRegion());
  await start(main, SCREENS, HOME, (shown) => mark(bar, shown));
}

begin();
