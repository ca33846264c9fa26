// The accounts that this phone approves for.

import { accounts } from '../device/accounts.js';
import { lineState } from '../device/watch.js';
import { element } from '../frame/dom.js';
import { heading, link, paragraph } from '../frame/parts.js';
import { hear } from '../frame/tabs.js';
import { shown } from '../frame/visible.js';
import { moment, t } from '../frame/words.js';

/** @type {import('../frame/router.js').Screen} */
export async function show(root, _, signal) {
  const place = element('div');
  root.append(heading(t('placeAccounts')), place, element('div', { class: 'stack' }, link(t('linkPhone'), 'link', 'button main')),
    element('p', {}, link(t('lostLink'), 'lost', 'button plain')));
  const draw = async () => {
    const known = await accounts();
    if (known.length === 0) return place.replaceChildren(paragraph(t('noAccounts')));
    place.replaceChildren(element('ul', { class: 'list' }, ...known.map((account) => element('li', {}, card(account)))));
  };
  await draw();
  hear('devices-changed', draw, signal);
  hear('picture', draw, signal);
}

/** @param {import('../device/api.js').Account} account */
const card = (account) => element('a', { class: 'card', href: `#/account/${account.device}` },
  shown(account.tenantName, 'p', 'name'), shown(account.user, 'p'), element('p', { class: 'soft' }, stateOf(account), ' · ', t('linkedOn', { moment: moment(account.linkedAt) })));

/** @param {import('../device/api.js').Account} account */
export function stateOf({ device, state }) {
  if (state === 'gone') return t('stateGone');
  if (state === 'leaving') return t('stateLeaving');
  switch (lineState(device)) {
    case 'live': return t('stateLive');
    case 'broken': return t('stateBroken');
    case 'gone': return t('stateGone');
    default: return t('stateConnecting');
  }
}
