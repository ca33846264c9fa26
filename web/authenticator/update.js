// The service worker, which keeps the app on the phone: a new version is fetched whole, waits, and is taken when the user says so.
// What is kept on the phone is not touched by that.

import { button, paragraph, pin, say } from './frame/parts.js';
import { t } from './frame/words.js';

/** How often a page that stays open asks whether there is a new version. */
const ASK_MS = 60 * 60 * 1000;

/** @param {() => boolean} isTyping whether a reload would lose what was typed */
export async function keepUpToDate(isTyping) {
  if (!('serviceWorker' in navigator)) return;
  const controlled = navigator.serviceWorker.controller !== null;
  let wanted = false;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    // The first worker of all takes over quietly: the page is of the same version.
    if (!controlled && !wanted) return;
    if (wanted || !isTyping()) return location.reload();
    pin('update', [paragraph(t('updated')), button(t('reload'), () => location.reload())]);
  });
  const registration = await navigator.serviceWorker.register('/app/sw.js', { scope: '/app/', updateViaCache: 'none' });
  const offer = () => {
    const { waiting } = registration;
    if (!waiting || !navigator.serviceWorker.controller) return;
    pin('update', [paragraph(t('updateWaits')), button(t('update'), () => {
      wanted = true;
      waiting.postMessage('take over');
    })]);
    say(t('updateWaits'));
  };
  offer();
  registration.addEventListener('updatefound', () => {
    const coming = registration.installing;
    coming?.addEventListener('statechange', () => { if (coming.state === 'installed') offer(); });
  });
  setInterval(() => registration.update().catch(() => {}), ASK_MS);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') registration.update().catch(() => {});
  });
}

/** The version that is kept on this phone, if one is. */
export async function appVersion() {
  if (!('caches' in window)) return null;
  const names = (await caches.keys()).filter((name) => name.startsWith('app-'));
  return names[0]?.slice('app-'.length) ?? null;
}
