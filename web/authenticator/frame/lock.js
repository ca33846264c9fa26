// The lock of the app: nothing is shown before the phone made sure who holds it. It guards the app's screens, not the keys: those are
// where the browser keeps them, and cannot be exported with or without it.

import { verifyAnew, verifyUser } from '../device/presence.js';
import { element } from './dom.js';
import { button, confirm, paragraph } from './parts.js';
import { change, get, put } from './store.js';
import { tellOthers } from './tabs.js';
import { t } from './words.js';

/** How long the app may be out of sight before it locks again. */
const AWAY_MS = 60_000;
/** How long a wipe waits for the push service, which it may not reach. */
const TELL_MS = 3_000;

/** Whether the lock is on. @returns {Promise<boolean>} */
export const isLockOn = async () => (await get('settings', 'lock')) === true;

/** @param {boolean} on */
export const setLock = (on) => put('settings', on, 'lock');

/** Locks again after a while out of sight, where the lock is on then: it may have been turned on since. */
export function lockWhenAway() {
  let left = 0;
  document.addEventListener('visibilitychange', async () => {
    if (document.visibilityState === 'hidden') {
      left = Date.now();
      return;
    }
    const away = left > 0 && Date.now() - left > AWAY_MS;
    left = 0;
    if (away && (await isLockOn())) location.reload();
  });
}

/** Waits until the user is verified, where the lock is on. */
export async function pass() {
  if (!(await isLockOn())) return;
  await new Promise((resolve) => {
    const trouble = element('p', { class: 'wrong', role: 'alert' });
    const anew = button(t('presenceAnew'), async () => {
      if (await verifyAnew(t('presenceLabel'))) resolve(undefined);
    });
    anew.hidden = true;
    const open = button(t('unlock'), async () => {
      if (await verifyUser(t('presenceLabel'))) return resolve(undefined);
      trouble.textContent = t('notVerified');
      anew.hidden = false;
    }, { look: 'main' });
    const wipe = button(t('cannotUnlock'), async () => {
      if (await confirm({ title: t('cannotUnlock'), text: t('cannotUnlockText'), yes: t('wipeYes') })) await wipeAll();
    });
    document.body.replaceChildren(element('main', { class: 'locked' }, element('h1', {}, t('lockedTitle')), paragraph(t('lockedText')),
      element('div', { class: 'stack' }, open, trouble, anew, wipe)));
    open.focus();
  });
}

/** Forgets everything that is kept on this phone, takes back what it shows, and starts every tab anew. */
export async function wipeAll() {
  await change(['devices', 'history', 'settings', 'codes'], (store) => {
    for (const name of /** @type {const} */ (['devices', 'history', 'settings', 'codes'])) store(name).clear();
  });
  localStorage.clear();
  tellOthers('wiped');
  await Promise.race([silence(), new Promise((resolve) => { setTimeout(resolve, TELL_MS); })])
    .catch((error) => console.warn('notifications', error));
  location.replace('/app/');
}

/** No notification is left, and no more come: without a subscription the push service refuses them. */
async function silence() {
  navigator.clearAppBadge?.().catch(() => {});
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const shown of (await registration?.getNotifications?.()) ?? []) shown.close();
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
}
