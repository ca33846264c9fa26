// Notifications: one subscription of this browser, told to the server for each linked account. docs/authenticator-app.md has what
// goes over the push service, which is nothing that was asked.

import { accounts } from './device/accounts.js';
import { call } from './device/api.js';
import { capabilities } from './device/capabilities.js';
import { base64url, fromBase64url } from './device/text.js';
import { pushPublicKey, synchronise } from './device/clock.js';
import { get, put } from './frame/store.js';
import { t } from './frame/words.js';

/** @typedef {'on' | 'off' | 'blocked' | 'impossible'} PushState */

const isPossible = () => 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;

/** @returns {Promise<PushState>} */
export async function pushState() {
  if (!isPossible()) return 'impossible';
  if (Notification.permission === 'denied') return 'blocked';
  return (await get('settings', 'push'))?.on && Notification.permission === 'granted' ? 'on' : 'off';
}

/** Turns notifications on, after asking the user. Resolves to whether they are. */
export async function turnOn() {
  if ((await Notification.requestPermission()) !== 'granted') return false;
  await keepWords();
  await put('settings', { on: true }, 'push');
  try {
    await renew();
    return true;
  } catch (error) {
    console.warn('notifications', error);
    await put('settings', { on: false }, 'push');
    return false;
  }
}

/** Turns them off, here and on the server. */
export async function turnOff() {
  await put('settings', { on: false }, 'push');
  const registration = await navigator.serviceWorker.ready;
  await (await registration.pushManager.getSubscription())?.unsubscribe();
  await eachAccount(async (account) => {
    await call(account, 'DELETE', '/device/v1/device/push');
    await tellCapabilities(account);
  });
  return true;
}

/** What the service worker shows, in the language of the app: it has no words of its own. */
const keepWords = () => put('settings', { title: t('appName'), asked: t('pushAsked'), ended: t('pushEnded'), open: t('pushOpen') }, 'pushWords');

/** Subscribes, anew where the server's key changed, and tells the server for every account that does not know. */
export async function renew({ anew = false } = {}) {
  if ((await pushState()) !== 'on') return;
  await synchronise();
  const key = pushPublicKey();
  if (!key) throw new Error('this server sends no pushes');
  const registration = await navigator.serviceWorker.ready;
  let subscription = await registration.pushManager.getSubscription();
  const with_ = subscription?.options.applicationServerKey;
  if (subscription && (anew || !with_ || base64url(with_) !== key)) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64url(key) });
  const told = { ...subscription.toJSON(), key };
  const isTold = await eachAccount(async (account) => {
    await call(account, 'PUT', '/device/v1/device/push', { make: () => told });
    await tellCapabilities(account);
  });
  if (!isTold) throw new Error('the server took the subscription of no account');
}

/** At the start of the app: is every account still subscribed? A push service may have let go of it. */
export async function checkPush() {
  if ((await pushState()) !== 'on') return;
  await keepWords();
  const registration = await navigator.serviceWorker.ready;
  const key = (await registration.pushManager.getSubscription())?.options.applicationServerKey;
  let lost = !key || base64url(key) !== pushPublicKey();
  await eachAccount(async (account) => {
    const known = await call(account, 'GET', '/device/v1/device');
    lost ||= !known.push_subscribed;
  });
  if (lost) await renew({ anew: true });
}

/** @param {import('./device/api.js').Account} account */
const tellCapabilities = async (account) => {
  const able = await capabilities();
  await call(account, 'PUT', '/device/v1/device/capabilities', { make: () => able });
};

/** What fails for one account must not keep the others from it. Resolves to whether it went well for one, or there is none. @param {(account: import('./device/api.js').Account) => Promise<void>} act */
async function eachAccount(act) {
  const linked = (await accounts()).filter(({ state }) => state === 'linked');
  const results = await Promise.allSettled(linked.map(act));
  for (const result of results) if (result.status === 'rejected') console.warn('notifications', result.reason);
  return results.length === 0 || results.some(({ status }) => status === 'fulfilled');
}

/** Takes back the notification of a session that is over. @param {string} session */
export async function closeNotification(session) {
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const shown of (await registration?.getNotifications({ tag: session })) ?? []) shown.close();
}
