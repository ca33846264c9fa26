// The app around its screens, with its service worker: several tabs, no connection, updates, the lock, notifications, installation.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign as signText } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { draw, ICONS } from '../../scripts/draw-icons.mjs';
import { launchBrowser } from './support/browser.mjs';
import { root } from './support/modules.mjs';
import { button, folder, linkByTyping, newPhone, openApp, openApproval, startBanks, title, withFinger } from './support/app.mjs';
import { startProxy } from './support/proxy.mjs';

const options = { skip: folder ? 'there is no service worker with COUNTERSIGN_APP_FOLDER' : false };
let server;
let proxy;
let bank;
let browser;
before(async () => {
  [server, browser] = await Promise.all([startBanks('--trusted-proxy', '127.0.0.1'), launchBrowser()]);
  proxy = await startProxy(server.address);
  bank = { ...server, app: proxy.app };
});
after(async () => {
  await browser?.close();
  proxy?.close();
  await server?.close();
});
afterEach(async () => {
  proxy.reset();
  for (const context of browser.contexts()) await context.close();
});

async function linked(user, more) {
  const phone = await newPhone(browser, { worker: true, ...more });
  const page = await openApp(phone, bank);
  await linkByTyping(page, bank, user);
  return { phone, page };
}
const waiting = (page) => page.locator('a.waiting').first().waitFor();
const until = async (what, wanted) => {
  for (let i = 0; i < 900; i++) {
    if (await what() === wanted) return;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  assert.equal(await what(), wanted);
};
/** Waits until the page is answered by its service worker. */
const kept = (page) => page.evaluate(async () => {
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) await new Promise((resolve) => { navigator.serviceWorker.addEventListener('controllerchange', resolve); });
});

test('of two tabs one holds the stream; what one decides, the other shows', options, async () => {
  const { phone, page } = await linked('two tabs');
  const other = await openApp(phone, bank);
  await until(() => proxy.streams, 1);
  await bank.ask('two tabs');
  await Promise.all([openApproval(page), openApproval(other)]);
  await button(page, 'Approve').click();
  await Promise.all([title(page, 'Approved'), title(other, 'Approved')]);
  assert.equal(proxy.streams, 1);
  await page.close();
  await until(() => proxy.streams, 1);
  await other.getByRole('link', { name: 'To the approvals' }).click();
  await bank.ask('two tabs');
  await waiting(other);
  assert.deepEqual(phone.complaints, []);
});

test('a tab that is looked at takes over from one that is not', options, async () => {
  const { phone, page } = await linked('hidden tab');
  await page.evaluate(() => { Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' }); });
  const other = await openApp(phone, bank);
  await other.waitForFunction(async () => (await navigator.locks.query()).held.length === 1);
  await until(() => other.evaluate(async () => {
    const { held } = await navigator.locks.query();
    const mine = (await navigator.locks.query()).pending;
    return `${held.length} ${mine.length}`;
  }), '1 1');
  // The hidden tab goes to sleep: what comes now has to come over the other one.
  await page.evaluate(() => { window.Response.prototype.text = () => new Promise(() => {}); });
  await bank.ask('hidden tab');
  await waiting(other);
});

test('an answer that was lost is asked for again, and the outcome told', options, async () => {
  const { page } = await linked('lost answer');
  const { session } = await bank.ask('lost answer');
  await openApproval(page);
  proxy.loseDecisions = 1;
  await button(page, 'Approve').click();
  await page.getByText('nobody knows whether your decision arrived').waitFor();
  await title(page, 'Approved');
  assert.equal((await bank.check(session)).authResult.dataType, 103);
  await page.goto(`${bank.app}#/history`);
  await title(page, 'What was decided here');
  assert.equal(await page.locator('.verdict').count(), 1);
});

test('a wrong PIN whose answer was lost is not tried again by itself', options, async () => {
  const { page } = await linked('lost PIN');
  await bank.ask('lost PIN', 'SET_PIN');
  await openApproval(page);
  await page.getByLabel('New PIN', { exact: true }).fill('1234');
  await page.getByLabel('The new PIN again').fill('1234');
  await button(page, 'Set the PIN').click();
  await title(page, 'Approved');
  await page.getByRole('link', { name: 'To the approvals' }).click();
  await bank.ask('lost PIN', 'PIN');
  await openApproval(page);
  await page.getByLabel('PIN', { exact: true }).fill('9999');
  proxy.loseDecisions = 1;
  await button(page, 'Approve').click();
  await page.getByText('nobody knows whether your decision arrived').waitFor();
  await page.waitForTimeout(3000);
  await page.getByLabel('PIN', { exact: true }).fill('8888');
  await button(page, 'Approve').click();
  await page.getByText('The PIN is wrong. One try left.').waitFor();
});

test('deciding twice tells the outcome', options, async () => {
  const { phone, page } = await linked('twice');
  await bank.ask('twice');
  await openApproval(page);
  const other = await openApp(phone, bank);
  await openApproval(other);
  const tabs = [page, other];
  for (const tab of tabs) {
    await tab.locator('button.good:not([aria-disabled])').waitFor();
    await tab.evaluate(() => { BroadcastChannel.prototype.postMessage = () => {}; });
  }
  await Promise.all(tabs.map((tab) => tab.evaluate(() => document.querySelector('button.good').click())));
  await Promise.all(tabs.map((tab) => title(tab, 'Approved')));
  await page.goto(`${bank.app}#/history`);
  await title(page, 'What was decided here');
  assert.equal(await page.locator('.verdict').count(), 1);
});

test('of five accounts three have streams, and the others are heard of all the same', options, async () => {
  const page = await openApp(await newPhone(browser, { worker: true }), bank);
  for (let at = 1; at <= 5; at++) await linkByTyping(page, bank, `account ${at}`);
  await until(() => proxy.streams, 3);
  await Promise.all([bank.ask('account 1'), bank.ask('account 5')]);
  await page.locator('a.waiting').nth(1).waitFor();
});

test('where no stream comes through, long polling does', options, async () => {
  proxy.holdStreams = true;
  const { page } = await linked('no streams');
  // The stream is given up after 8 s of silence; the first look then answers at once, the ones after it wait.
  await until(() => proxy.requests.includes('GET /device/v1/sessions'), true);
  await bank.ask('no streams');
  await waiting(page);
  assert.ok(proxy.queries.some((query) => query.startsWith('/device/v1/sessions?') && query.includes('wait_s=')));
});

test('without a connection the app starts, says so, and comes back by itself', options, async () => {
  const { phone, page } = await linked('offline');
  await kept(page);
  await bank.ask('offline');
  await waiting(page);
  proxy.cut();
  await page.locator('.head').getByText('Not connected').waitFor();
  await page.close();
  const again = await phone.newPage();
  await again.goto(`${proxy.app}#/approvals`);
  await again.getByText('The server cannot be reached. Approvals have to wait').waitFor();
  await again.goto(`${proxy.app}#/codes`);
  await title(again, 'Codes');
  await again.goto(`${proxy.app}#/approvals`);
  proxy.down = false;
  await waiting(again);
  await openApproval(again);
  await button(again, 'Decline').click();
  await title(again, 'Declined');
});

test('the service worker keeps the app and nothing of the server’s interfaces', options, async () => {
  const { page } = await linked('kept');
  await kept(page);
  await page.goto(`${proxy.app}#/approvals`);
  const paths = await page.evaluate(async () => {
    const found = [];
    for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
    return found;
  });
  const files = readdirSync(join(root, 'web/authenticator'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(html|js|css|svg|png|webmanifest)$/.test(entry.name) && entry.name !== 'sw.js').length;
  assert.equal(paths.length, files);
  assert.ok(paths.every((path) => path.startsWith('/app/')), String(paths));
});

test('a new version waits, is taken when the user says so, and loses nothing', options, async () => {
  const { phone, page } = await linked('update');
  await kept(page);
  const english = readFileSync(join(root, 'web/authenticator/words/en/app.js'), 'utf8');
  proxy.changes = { 'words/en/app.js': english.replace("placeSettings: 'Settings'", "placeSettings: 'Knobs'") };
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
  await page.locator('.notice', { hasText: 'There is a new version of this app.' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Settings' }).count(), 1);
  const other = await openApp(phone, bank);
  await other.getByRole('link', { name: 'Settings' }).waitFor();
  await other.goto(`${proxy.app}#/link`);
  await other.getByLabel('Name of this phone').fill('half typed');
  await button(page, 'Update').click();
  await page.getByRole('link', { name: 'Knobs' }).waitFor();
  await other.locator('.notice', { hasText: 'The app was updated in another window.' }).waitFor();
  assert.equal(await other.getByLabel('Name of this phone').inputValue(), 'half typed');
  await bank.ask('update');
  await openApproval(page);
  await button(page, 'Approve').click();
  await title(page, 'Approved');
  assert.equal(await page.evaluate(async () => (await caches.keys()).length), 1);
});

test('a version that does not fit together is not taken', options, async () => {
  const { phone, page } = await linked('torn');
  await kept(page);
  proxy.changes = { 'frame/dom.js': `${readFileSync(join(root, 'web/authenticator/frame/dom.js'), 'utf8')}// newer\n` };
  proxy.torn = new Set(['app.js']);
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.update().catch(() => {});
    const coming = registration.installing;
    if (coming) await new Promise((resolve) => { coming.addEventListener('statechange', () => ['redundant', 'installed'].includes(coming.state) && resolve()); });
  });
  assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).waiting), null);
  proxy.cut();
  const again = await phone.newPage();
  await again.goto(proxy.app);
  await title(again, 'Approvals');
});

test('a phone that was replaced says so and is removed', options, async () => {
  const { page } = await linked('replaced');
  await linked('replaced');
  await page.getByText('This phone is no longer linked to replaced at Online Bank').waitFor();
  await page.getByRole('link', { name: 'See what to do' }).click();
  await button(page, 'Remove from this phone').click();
  await button(page, 'Remove').click();
  await page.getByText('This phone is not linked to any account yet.').waitFor();
});

test('unlinking tells the server, at once or as soon as there is a connection', options, async () => {
  const { page } = await linked('leaves');
  const unlink = async () => {
    await page.goto(`${proxy.app}#/accounts`);
    await page.locator('a.card').first().click();
    await button(page, 'Unlink this phone').click();
    await button(page, 'Unlink').click();
  };
  await unlink();
  await page.getByText('This phone is not linked to any account yet.').waitFor();
  await assert.rejects(bank.ask('leaves'), /UserNotLinked/);

  await linkByTyping(page, bank, 'leaves');
  await kept(page);
  proxy.cut();
  await unlink();
  await page.getByText('Online Bank is told as soon as there is one').waitFor();
  proxy.down = false;
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.reload();
  await until(async () => page.evaluate(() => new Promise((resolve) => {
    indexedDB.open('countersign-authenticator').onsuccess = ({ target }) => {
      target.result.transaction('devices').objectStore('devices').count().onsuccess = (found) => resolve(found.target.result);
    };
  })), 0);
  await assert.rejects(bank.ask('leaves'), /UserNotLinked/);
});

test('the lock shows nothing before the phone made sure who holds it', options, async () => {
  const { page } = await linked('locked');
  const finger = await withFinger(page);
  await page.goto(`${proxy.app}#/settings`);
  await page.getByLabel('Ask for my fingerprint').check();
  await page.getByRole('status').filter({ hasText: 'The lock is on' }).waitFor();
  await page.reload();
  await title(page, 'Locked');
  assert.equal(await page.getByText('Online Bank').count(), 0);
  await finger.verifies(false);
  await button(page, 'Unlock').click();
  await page.getByText('The phone did not make sure that it is you.').waitFor();
  await finger.verifies(true);
  await button(page, 'Unlock').click();
  await title(page, 'Settings');
  await page.reload();
  await finger.forgets();
  await button(page, 'Unlock').click();
  await button(page, 'Set up fingerprint, face or screen lock anew').click();
  await title(page, 'Settings');
  await page.reload();
  await button(page, 'I cannot unlock it').click();
  await button(page, 'Delete everything').click();
  await page.getByRole('link', { name: 'Link this phone' }).waitFor();
});

test('a push shows a neutral notification, or wakes the window that is looked at', options, async (t) => {
  const whole = await launchBrowser([], { whole: true });
  t.after(() => whole.close());
  const phone = await newPhone(whole, { worker: true });
  await phone.grantPermissions(['notifications'], { origin: new URL(proxy.app).origin });
  await phone.addInitScript(() => {
    let current = null;
    const point = `BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA/0QTpQtUbVlUls0VJXg7A8u+Ts1XbjhazAkj7I99e8QcYP7DkM=`;
    const fake = (key) => ({ options: { applicationServerKey: key.buffer ?? key }, unsubscribe: async () => { current = null; return true; },
      toJSON: () => ({ endpoint: 'https://push.example/abc', expirationTime: null, keys: { p256dh: point.replaceAll('+', '-').replaceAll('/', '_').replace('=', ''), auth: 'tBHItJI5svbpez7KI4CCXg' } }) });
    if (typeof PushManager !== 'undefined') {
      PushManager.prototype.getSubscription = async () => current;
      PushManager.prototype.subscribe = async ({ applicationServerKey }) => (current = fake(applicationServerKey));
    }
  });
  const page = await openApp(phone, bank);
  await linkByTyping(page, bank, 'pushed');
  await kept(page);
  await page.goto(`${proxy.app}#/settings`);
  await button(page, 'Turn notifications on').click();
  await page.getByText('On. They say that something waits, never what.').waitFor();
  const { session } = await bank.ask('pushed', 'OK', { text: 'a secret text' });
  const device = await page.evaluate(() => new Promise((resolve) => {
    indexedDB.open('countersign-authenticator').onsuccess = ({ target }) => {
      target.result.transaction('devices').objectStore('devices').getAllKeys().onsuccess = (found) => resolve(found.target.result[0]);
    };
  }));
  await page.goto(`${new URL(proxy.app).origin}/device/v1/server`);
  const cdp = await phone.newCDPSession(page);
  const registrations = [];
  cdp.on('ServiceWorker.workerRegistrationUpdated', (event) => registrations.push(...event.registrations));
  await cdp.send('ServiceWorker.enable');
  await until(() => registrations.length > 0, true);
  const push = (told) => cdp.send('ServiceWorker.deliverPushMessage', { origin: new URL(proxy.app).origin, registrationId: registrations[0].registrationId, data: JSON.stringify(told) });
  const shown = () => page.evaluate(async () => (await (await navigator.serviceWorker.getRegistration('/app/')).getNotifications()).map(({ title: head, body, tag }) => `${tag} ${head}: ${body}`));
  await push({ version: 1, about: 'asked', device, session, answer_by_ms: Date.now() + 60_000 });
  await until(async () => (await shown()).join(), `${session} Countersign: An approval is waiting. Tap to see it.`);
  const other = await openApp(phone, bank);
  await phone.serviceWorkers()[0].evaluate(async () => {
    const [notification] = await self.registration.getNotifications();
    self.dispatchEvent(new NotificationEvent('notificationclick', { notification }));
  }).catch(() => {}); // An event that a script makes cannot be waited for; what it began goes on.
  await until(() => new URL(other.url()).hash, `#/approval/${device}/${session}`);
  await other.close();
  await push({ version: 1, about: 'ended', device, session, answer_by_ms: Date.now() + 60_000 });
  await until(async () => (await shown()).join(), `${session} Countersign: A request was withdrawn.`);
  await page.goto(`${proxy.app}#/approvals`);
  await openApproval(page);
  await button(page, 'Decline').click();
  await title(page, 'Declined');
  await until(async () => (await shown()).join(), '');
  const told = page.evaluate(() => new Promise((resolve) => {
    navigator.serviceWorker.addEventListener('message', ({ data }) => data.kind === 'pushed' && resolve(true));
  }));
  await push({ version: 1, about: 'asked', device, session, answer_by_ms: Date.now() + 60_000 });
  assert.ok(await told);
  assert.deepEqual(await shown(), []);
});

test('it can be installed: manifest, icons, start, and headers of a strict page', options, async () => {
  const page = await openApp(await newPhone(browser, { worker: true }), bank);
  await kept(page);
  const cdp = await page.context().newCDPSession(page);
  const { errors, data } = await cdp.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  const { installabilityErrors } = await cdp.send('Page.getInstallabilityErrors');
  assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), []);
  const { icons, start_url: start, scope } = JSON.parse(data);
  assert.deepEqual([start, scope], ['/app/', '/app/']);
  for (const { src, sizes } of icons.filter(({ type }) => type === 'image/png')) {
    const size = await page.evaluate(async (url) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, `/app/${src}`);
    assert.equal(size, sizes);
  }
  const moved = await fetch(`${server.address}/app`, { redirect: 'manual' });
  assert.deepEqual([moved.status, moved.headers.get('location')], [308, '/app/']);
  for (const path of ['', 'app.js', 'sw.js', 'manifest.webmanifest', 'icons/icon-192.png']) {
    const { headers } = await fetch(`${server.address}/app/${path}`);
    const policy = headers.get('content-security-policy');
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"]) assert.ok(policy.includes(part), `${path}: ${policy}`);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
    assert.match(headers.get('permissions-policy'), /camera=\(self\).*publickey-credentials-get=\(self\)/);
  }
});

test('the icons are what their drawings draw', async () => {
  const page = await (await browser.newContext()).newPage();
  for (const [png, svg, side] of ICONS) {
    const [is, should] = [readFileSync(join(root, 'web/authenticator/icons', png)), await draw(browser, svg, side)];
    const apart = await page.evaluate(async ([a, b]) => {
      const points = async (data) => {
        const image = new Image();
        image.src = `data:image/png;base64,${data}`;
        await image.decode();
        const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
        canvas.drawImage(image, 0, 0);
        return canvas.getImageData(0, 0, image.width, image.height).data;
      };
      const [one, other] = await Promise.all([points(a), points(b)]);
      return one.length === other.length ? one.filter((value, at) => Math.abs(value - other[at]) > 32).length / one.length : 1;
    }, [is.toString('base64'), should.toString('base64')]);
    assert.ok(apart < 0.005, `${png} is not what ${svg} draws (${apart}): node scripts/draw-icons.mjs`);
  }
});

test('every language has every word, with the same places for values', async () => {
  for (const part of ['app', 'codes']) {
    const read = async (language) => (await import(join(root, `web/authenticator/words/${language}/${part}.js`))).default;
    const english = await read('en');
    const places = (word) => [...JSON.stringify(word).matchAll(/\{\w+\}/g)].map(String).filter((place, at, all) => all.indexOf(place) === at).sort().join();
    for (const language of ['de', 'fr', 'es']) {
      const words = await read(language);
      assert.deepEqual(Object.keys(words).sort(), Object.keys(english).sort(), language);
      for (const [key, word] of Object.entries(words)) {
        assert.equal(typeof word, typeof english[key], `${language} ${key}`);
        assert.equal(places(word), places(english[key]), `${language} ${key}`);
        assert.notEqual(JSON.stringify(word), '""', `${language} ${key}`);
      }
    }
  }
});

test('the keyboard alone links and approves; the focus follows, and what comes is said', options, async () => {
  const page = await openApp(await newPhone(browser, { worker: true }), bank);
  const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
  const focused = () => page.evaluate(() => document.activeElement.textContent || document.activeElement.name);
  // What is drawn after a key was pressed may take the focus with it.
  await page.getByRole('link', { name: 'Link this phone' }).waitFor();
  await press('Tab', 'Enter');
  await page.waitForFunction(() => document.activeElement.id === 'main');
  await press('Tab');
  assert.equal(await focused(), 'Link this phone');
  await press('Enter');
  await title(page, 'Link this phone');
  assert.equal(await focused(), 'Link this phone');
  await press('Tab', 'Tab');
  assert.equal(await focused(), 'code');
  await page.keyboard.type(await bank.link('keyboard'));
  await press('Enter');
  await page.getByRole('heading', { name: 'Linked' }).waitFor();
  assert.equal(await focused(), 'Linked');
  await page.getByRole('link', { name: 'To the approvals' }).focus();
  await press('Enter');
  await title(page, 'Approvals');
  await bank.ask('keyboard');
  await page.getByRole('status').filter({ hasText: 'An approval is waiting' }).waitFor();
  await press('Tab', 'Enter');
  await title(page, 'Do you approve this?');
  assert.equal(await focused(), 'Do you approve this?');
  await page.locator('button.good:not([aria-disabled])').waitFor();
  await press('Tab', 'Tab', 'Tab');
  assert.equal(await focused(), 'Approve');
  await press('Enter');
  await title(page, 'Approved');
  assert.equal(await focused(), 'Approved');
});

// The last one, since the server wants work for an hour from then on.
test('while somebody guesses codes, the phone proves some work', options, async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-65).toString('base64');
  const guess = async (at) => {
    const code = String(at).padStart(7, '0');
    const time = Date.now();
    const field = (name, value) => `${name}:${Buffer.byteLength(value)}:${value}\n`;
    const text = `countersign link 1\n${field('code', code)}${field('public_key', point)}${field('name', '')}${field('platform', '')}${field('time', String(time))}`;
    const signature = signText('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64');
    const answer = await fetch(`${server.address}/device/v1/link`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-forwarded-for': `192.0.2.${at % 250}` },
      body: JSON.stringify({ code, public_key: point, time_ms: time, signature }) });
    return (await answer.json()).type;
  };
  let said;
  for (let at = 1; at < 140 && said !== 'urn:problem-type:device:work-needed'; at++) said = await guess(at);
  assert.equal(said, 'urn:problem-type:device:work-needed');
  const page = await openApp(await newPhone(browser, { worker: true }), bank, `#/link/${await bank.link('honest')}`);
  await button(page, 'Link').click();
  await page.getByText('The server wants proof of some work first.').waitFor();
  await page.getByRole('heading', { name: 'Linked' }).waitFor();
  const differ = await page.evaluate(async () => {
    const { sha256 } = await import('/app/device/sha256.js');
    const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const wrong = [];
    for (let length = 0; length < 200; length++) {
      const message = crypto.getRandomValues(new Uint8Array(length));
      const words = new DataView(new ArrayBuffer(32));
      sha256(message).forEach((word, at) => words.setInt32(4 * at, word));
      if (hex(new Uint8Array(words.buffer)) !== hex(new Uint8Array(await crypto.subtle.digest('SHA-256', message)))) wrong.push(length);
    }
    return wrong;
  });
  assert.deepEqual(differ, []);
});
