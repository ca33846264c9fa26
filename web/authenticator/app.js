// Where the app begins: the words, the lock, the frame around the screens, the screens, and what goes on beside them.

import { accounts } from './device/accounts.js';
import { synchronise } from './device/clock.js';
import { isCutOff, pending, watch } from './device/watch.js';
import { append, drawing, element } from './frame/dom.js';
import { lockWhenAway, pass } from './frame/lock.js';
import { button, liveRegion, notice, noticeShelf, paragraph, pin, say } from './frame/parts.js';
import { start } from './frame/router.js';
import { askToKeep, isNewer, onOutdated } from './frame/store.js';
import { hear, tell } from './frame/tabs.js';
import { loadWords, t } from './frame/words.js';
import { awaitOffer } from './install.js';
import { checkPush, closeNotification, renew } from './push.js';
import { HOME, PLACES, SCREENS } from './screens/index.js';
import { keepUpToDate } from './update.js';

const STROKE = { viewBox: '0 0 24 24', 'aria-hidden': 'true', fill: 'none', stroke: 'currentColor', 'stroke-width': '1.8', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' };

/** @param {string[]} paths */
const icon = (...paths) => drawing('svg', STROKE, ...paths.map((d) => drawing('path', { d })));

function head() {
  const state = element('p', { class: 'state' });
  const draw = () => { state.textContent = isCutOff() ? t('notConnected') : ''; };
  hear('picture', draw);
  draw();
  const mark = icon('M9 11.5l2.5 2.5L16 9', 'M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6z');
  return element('header', { class: 'head' }, mark, element('p', {}, t('appName')), state);
}

/** The places, with the number of what waits at the first. */
function placesBar() {
  const count = element('span', { class: 'count', hidden: true });
  const items = PLACES.map(({ screen, label, paths }) => element('li', {},
    element('a', { href: `#/${screen}`, 'data-screen': screen }, icon(...paths), element('span', {}, t(label)), screen === HOME && count)));
  const draw = () => {
    const waiting = pending().length;
    count.hidden = waiting === 0;
    count.replaceChildren(String(waiting), element('span', { class: 'unseen' }, ` ${t('waiting', { count: waiting })}`));
    navigator.setAppBadge?.(waiting).catch(() => {});
  };
  hear('picture', draw);
  hear('decided', draw);
  setInterval(draw, 5000);
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

/** Says aloud what has come, each once. */
function announce() {
  /** @type {Set<string>} */
  let known = new Set();
  hear('picture', () => {
    const waiting = pending();
    const fresh = waiting.filter(({ session }) => !known.has(session.session));
    known = new Set(waiting.map(({ session }) => session.session));
    if (fresh.length > 0) say(t('newApproval', { count: fresh.length }));
  });
  hear('decided', ({ session }) => { closeNotification(session).catch(() => {}); });
}

/** What the service worker tells a window. */
function listenToWorker() {
  navigator.serviceWorker?.addEventListener('message', ({ data }) => {
    if (data.kind === 'open') location.hash = data.place;
    else if (data.kind === 'push-changed') renew({ anew: true }).catch(() => {});
    else tell('look');
  });
}

const isTyping = () => [...document.querySelectorAll('input, textarea')].some((field) => {
  const { type, value } = /** @type {HTMLInputElement} */ (field);
  return !['checkbox', 'radio', 'file'].includes(type) && value !== '';
});

async function begin() {
  awaitOffer();
  // From the start: what is opened by a notification is where the app goes once it is unlocked.
  listenToWorker();
  await loadWords();
  hear('wiped', () => location.replace('/app/'));
  onOutdated(() => pin('update', [paragraph(t('updated')), button(t('reload'), () => location.reload())]));
  lockWhenAway();
  await pass();
  const main = element('main', { id: 'main', tabindex: -1 });
  const bar = placesBar();
  const skip = element('a', { class: 'skip', href: '#main', click: (event) => {
    event.preventDefault();
    main.focus();
  } }, t('skip'));
  document.body.replaceChildren();
  append(document.body, skip, head(), noticeShelf(), main, bar, liveRegion());
  keepUpToDate(isTyping).catch((error) => console.warn('service worker', error));
  announce();
  watch();
  await start(main, SCREENS, HOME, (shown) => mark(bar, shown));
  if ((await accounts()).length > 0) askToKeep();
  synchronise().then(checkPush).catch(() => {});
}

/** Says why the app cannot start, and what to do. @param {unknown} error */
function cannotStart(error) {
  console.error(error);
  document.body.replaceChildren(element('main', {}, element('h1', {}, t('startTitle')),
    notice('bad', paragraph(t(isNewer(error) ? 'startNewer' : error instanceof DOMException ? 'startRefused' : 'troubleText'))),
    element('div', { class: 'stack' }, button(t('reload'), () => location.reload(), { look: 'main' }))));
}

begin().catch(cannotStart);
