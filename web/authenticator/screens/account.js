// One account: what it is, and unlinking it, also without a connection or where the server does not know this phone any more.

import { account as read, forget, unlink } from '../device/accounts.js';
import { element } from '../frame/dom.js';
import { button, confirm, facts, heading, link, notice, paragraph, say } from '../frame/parts.js';
import { replace } from '../frame/router.js';
import { shown, spelt } from '../frame/visible.js';
import { moment, t } from '../frame/words.js';
import { stateOf } from './accounts.js';

/** @type {import('../frame/router.js').Screen} */
export async function show(root, [device]) {
  const account = await read(device ?? '');
  if (!account) {
    root.append(heading(t('accountGone')), paragraph(t('accountGoneText')), element('p', {}, link(t('placeAccounts'), 'accounts')));
    return;
  }
  const tenant = spelt(account.tenantName);
  const trouble = element('div', { role: 'alert' });
  const left = () => {
    say(t('unlinked'));
    replace('accounts');
  };
  const acts = element('div', { class: 'stack' });
  const removeHere = (/** @type {import('../frame/words.js').Key} */ text) => button(t('removeHere'), async () => {
    if (!(await confirm({ title: t('removeHere'), text: t(text, { tenant }), yes: t('removeYes') }))) return;
    await forget(account.device);
    left();
  }, { look: 'bad' });

  if (account.state === 'linked') {
    acts.append(button(t('unlink'), async () => {
      if (!(await confirm({ title: t('unlink'), text: t('unlinkText', { tenant }), yes: t('unlinkYes') }))) return;
      try {
        if ((await unlink(account)) === 'done') return left();
        replace('account', account.device);
      } catch (error) {
        trouble.replaceChildren(notice('bad', paragraph(t('refusedOther', { detail: spelt(String(error)) }))));
      }
    }, { look: 'bad' }));
  } else if (account.state === 'leaving') {
    root.append(notice('info', paragraph(t('leavingText', { tenant }))));
    acts.append(removeHere('removeLeavingText'));
  } else {
    root.append(notice('bad', paragraph(t('goneText', { tenant, user: spelt(account.user) })), paragraph(t('goneHint'))));
    acts.append(removeHere('removeGoneText'));
  }
  root.prepend(heading(shown(account.tenantName)));
  root.append(facts([t('yourAccount'), shown(account.user)], [t('phoneName'), shown(account.name)], [t('linkedSince'), moment(account.linkedAt)],
    [t('connection'), stateOf(account)], [t('deviceNumber'), element('span', { class: 'mono' }, account.device)]), trouble, acts);
}
