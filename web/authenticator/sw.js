// The service worker: keeps this version of the app on the phone and answers for it, with a connection or without; and shows
// notifications. What goes to the server's own interfaces it never touches, and never keeps.
//
// The server writes the line above: the version, and the hash of each file of it.

/** @typedef {{ version: number, about: string, device: string, session: string, answer_by_ms: number }} Push */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const CACHE = `app-${PRECACHE.version}`;
const HOME = '/app/';
const PAGE = '/app/index.html';
const DATABASE = 'countersign-authenticator';

worker.addEventListener('install', (event) => event.waitUntil(fetchAll()));
worker.addEventListener('activate', (event) => event.waitUntil(dropOthers()));
worker.addEventListener('message', (event) => { if (event.data === 'take over') worker.skipWaiting(); });

/** All files or none: the hash makes sure that each is of this version, also where several servers answer in turn. */
async function fetchAll() {
  const cache = await caches.open(CACHE);
  try {
    await Promise.all(PRECACHE.files.map(async ([path, integrity]) => {
      const answer = await fetch(HOME + path, { cache: 'no-store', integrity, credentials: 'omit', redirect: 'error' });
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      await cache.put(HOME + path, answer);
    }));
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

async function dropOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE && name.startsWith('app-')).map((name) => caches.delete(name)));
  await worker.clients.claim();
}

worker.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== worker.location.origin || !pathname.startsWith(HOME)) return;
  const path = pathname === HOME || (event.request.mode === 'navigate' && !isFile(pathname)) ? PAGE : pathname;
  event.respondWith(caches.match(path, { cacheName: CACHE }).then((kept) => kept ?? fetch(event.request)));
});

/** @param {string} pathname */
const isFile = (pathname) => PRECACHE.files.some(([path]) => HOME + path === pathname);

worker.addEventListener('push', (event) => event.waitUntil(pushed(event.data)));
worker.addEventListener('notificationclick', (event) => event.waitUntil(clicked(event.notification)));
worker.addEventListener('pushsubscriptionchange', (event) => /** @type {ExtendableEvent} */ (event).waitUntil(tellWindows('push-changed')));

/** @param {PushMessageData | null} data */
async function pushed(data) {
  const told = /** @type {Partial<Push>} */ (parsed(data));
  await dropExpired();
  const windows = await worker.clients.matchAll({ type: 'window' });
  const watched = windows.filter((window) => window.visibilityState === 'visible');
  if (watched.length > 0) {
    for (const window of watched) window.postMessage({ kind: 'pushed', told });
    return;
  }
  const words = await kept('pushWords');
  const title = words?.title ?? 'Countersign';
  const look = { icon: '/app/icons/icon-192.png', badge: '/app/icons/badge-96.png', tag: told.session ?? 'push', data: told };
  if (told.version === 1 && told.about === 'ended') await worker.registration.showNotification(title, { ...look, body: words?.ended ?? '', silent: true });
  else if (told.version === 1 && told.about === 'asked') await worker.registration.showNotification(title, { ...look, body: words?.asked ?? '', requireInteraction: true });
  else await worker.registration.showNotification(title, { ...look, body: words?.open ?? '' });
}

/** @param {PushMessageData | null} data */
function parsed(data) {
  try {
    return data?.json() ?? {};
  } catch {
    return {};
  }
}

/** Opens what the notification is about: in a window that is there, or a new one. @param {Notification} notification */
async function clicked(notification) {
  notification.close();
  const { about, device, session } = /** @type {Partial<Push>} */ (notification.data ?? {});
  const asked = about === 'asked' && /^\d+-\d+$/.test(device ?? '') && /^\d+$/.test(session ?? '');
  const place = asked ? `#/approval/${device}/${session}` : '#/approvals';
  const [window] = await worker.clients.matchAll({ type: 'window' });
  if (!window) return worker.clients.openWindow(HOME + place);
  window.postMessage({ kind: 'open', place });
  await window.focus();
}

/** Notifications of what can be decided no more go. */
async function dropExpired() {
  for (const shown of await worker.registration.getNotifications()) {
    const until = /** @type {Partial<Push>} */ (shown.data ?? {}).answer_by_ms;
    if (until !== undefined && until <= Date.now()) shown.close();
  }
}

/** @param {string} kind */
async function tellWindows(kind) {
  for (const window of await worker.clients.matchAll({ type: 'window' })) window.postMessage({ kind });
}

/** A setting of the app's. @param {string} key @returns {Promise<any>} */
const kept = (key) => new Promise((resolve) => {
  const request = indexedDB.open(DATABASE);
  request.onerror = () => resolve(undefined);
  // A database that is made here would be empty and of the wrong version.
  request.onupgradeneeded = () => request.transaction?.abort();
  request.onsuccess = () => {
    const asked = request.result.transaction('settings').objectStore('settings').get(key);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => resolve(undefined);
    asked.transaction?.addEventListener('complete', () => request.result.close());
  };
});
