// What waits for the user's decision, over all linked accounts.

import { accounts } from '../device/accounts.js';
import { now } from '../device/clock.js';
import { isCutOff, pending } from '../device/watch.js';
import { drawing, element } from '../frame/dom.js';
import { heading, link, notice, paragraph } from '../frame/parts.js';
import { hear } from '../frame/tabs.js';
import { shown, spelt } from '../frame/visible.js';
import { t } from '../frame/words.js';
import { timeLeft } from './time.js';

/** Longer headings are cut here; the approval itself shows all. */
const TITLE_MAX = 120;

/** @type {import('../frame/router.js').Screen} */
export async function show(root, _, signal) {
  const place = element('div');
  root.append(heading(t('placeApprovals')), place, element('p', {}, link(t('history'), 'history', 'button plain')));
  let linked = await accounts();
  const draw = () => place.replaceChildren(...content(linked));
  draw();
  hear('picture', draw, signal);
  hear('decided', draw, signal);
  hear('devices-changed', async () => {
    linked = await accounts();
    draw();
  }, signal);
  const timer = setInterval(() => tick(place, draw), 1000);
  signal.addEventListener('abort', () => clearInterval(timer));
}

/** @param {import('../device/api.js').Account[]} linked */
function content(linked) {
  const waiting = pending();
  const lost = linked.filter(({ state }) => state === 'gone').map((account) => notice('bad',
    paragraph(t('goneText', { tenant: spelt(account.tenantName), user: spelt(account.user) })), link(t('goneSee'), `account/${account.device}`)));
  if (linked.length === 0) return [welcome()];
  const cut = isCutOff() ? [notice('info', paragraph(t('offlineText')))] : [];
  if (waiting.length === 0) return [...lost, ...cut, nothing()];
  return [...lost, ...cut, element('ul', { class: 'list' }, ...waiting.map(({ device, session }) => element('li', {}, card(device, session))))];
}

/** @param {string} device @param {import('../device/decide.js').Session} session */
function card(device, session) {
  const title = session.header.length > TITLE_MAX ? `${session.header.slice(0, TITLE_MAX)}…` : session.header;
  return element('a', { class: 'card waiting', href: `#/approval/${device}/${session.session}` },
    shown(session.tenant_name, 'p', 'name'), title !== '' && shown(title, 'p'),
    element('p', { class: 'soft', 'data-until': session.answer_by_ms }, timeLeft(session.answer_by_ms)));
}

/** Counts down without building anything anew, so that the focus stays. @param {HTMLElement} place @param {() => void} draw */
function tick(place, draw) {
  for (const line of place.querySelectorAll('[data-until]')) {
    const until = Number(line.getAttribute('data-until'));
    if (until <= now()) return draw();
    line.textContent = timeLeft(until);
  }
}

/** @param {string[]} paths */
const picture = (...paths) => drawing('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true', fill: 'none', stroke: 'currentColor', 'stroke-width': '1.3', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' },
  ...paths.map((d) => drawing('path', { d })));

const nothing = () => element('div', { class: 'empty' }, picture('M9 11.5l2.5 2.5L16 9', 'M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6z'), paragraph(t('nothingPending')), paragraph(t('nothingPendingHint'), 'soft'));

const welcome = () => element('div', { class: 'card' }, element('h2', {}, t('welcome')), paragraph(t('welcomeText')),
  element('p', {}, link(t('linkPhone'), 'link', 'button main')), element('p', {}, link(t('addCode'), 'codes')));
