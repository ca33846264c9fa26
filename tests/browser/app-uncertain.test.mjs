// What the app says where it cannot know, or cannot start: lost answers seen from two tabs, a time that runs out meanwhile, unlinking
// that is refused, a lock that is turned on late, and a browser that keeps nothing.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { button, folder, linkByTyping, newPhone, openApp, openApproval, startBanks, title, withFinger } from './support/app.mjs';
import { launchBrowser } from './support/browser.mjs';
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

async function linked(user, id) {
  const phone = await newPhone(browser, { worker: true });
  const page = await openApp(phone, bank);
  await linkByTyping(page, bank, user, id);
  return { phone, page };
}
const verdicts = async (page) => {
  await page.goto(`${bank.app}#/history`);
  await title(page, 'What was decided here');
  return page.locator('.verdict').count();
};

test('a decision whose answers are lost for long is told in both tabs as what it was, and kept once', async () => {
  const { phone, page } = await linked('lost for long');
  const { session } = await bank.ask('lost for long');
  await openApproval(page);
  const other = await openApp(phone, bank);
  await openApproval(other);
  // More than the app sends again in a row, and the browser by itself.
  proxy.loseDecisions = 100;
  await button(page, 'Approve').click();
  await page.getByText('nobody knows whether your decision arrived').waitFor();
  await title(other, 'It is over');
  await other.getByText('What became of it is not known here.').waitFor();
  await page.waitForTimeout(9000);
  assert.equal(await page.getByText('Nothing was approved').count(), 0);
  proxy.loseDecisions = 0;
  await Promise.all([page, other].map((tab) => tab.getByRole('heading', { level: 1, name: 'Approved', exact: true }).waitFor()));
  assert.equal((await bank.check(session)).authResult.dataType, 103);
  assert.equal(await verdicts(page), 1);
});

test('a time that runs out while an answer is lost is not told as nothing approved', async () => {
  const { page } = await linked('lost at the end', 40010);
  const { session } = await bank.ask('lost at the end', 'OK', { id: 40010 });
  await openApproval(page);
  proxy.loseDecisions = 100;
  await button(page, 'Approve').click();
  await title(page, 'It is over');
  await page.getByText('What became of it is not known here.').waitFor();
  proxy.loseDecisions = 0;
  await page.getByRole('heading', { level: 1, name: 'Approved', exact: true }).waitFor();
  assert.equal((await bank.check(session, 40010)).authResult.dataType, 103);
  assert.equal(await verdicts(page), 1);
});

test('unlinking that the server refused is tried again when somebody looks', async () => {
  const { page } = await linked('refused leave');
  let refuse = true;
  await page.route('**/device/v1/device', (route) => (refuse && route.request().method() === 'DELETE'
    ? route.fulfill({ status: 409, contentType: 'application/problem+json', body: JSON.stringify({ type: 'urn:problem-type:device:tenant-inactive', detail: 'not now' }) }) : route.continue()));
  await page.goto(`${bank.app}#/accounts`);
  await page.locator('a.card').first().click();
  await button(page, 'Unlink this phone').click();
  await button(page, 'Unlink').click();
  await page.getByText('The server refused: ').waitFor();
  await page.goto(`${bank.app}#/accounts`);
  await page.getByText('Is being unlinked').waitFor();
  refuse = false;
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.getByText('This phone is not linked to any account yet.').waitFor();
  await assert.rejects(bank.ask('refused leave'), /UserNotLinked/);
});

test('a lock that is turned on in the running app locks after a minute out of sight', async () => {
  const { page } = await linked('locked late');
  await withFinger(page);
  await page.goto(`${bank.app}#/settings`);
  await page.getByLabel('Ask for my fingerprint').check();
  await page.getByRole('status').filter({ hasText: 'The lock is on' }).waitFor();
  await page.evaluate(() => {
    const see = (state) => {
      Object.defineProperty(document, 'visibilityState', { get: () => state, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    };
    see('hidden');
    const now = Date.now;
    Date.now = () => now() + 61_000;
    see('visible');
  });
  await title(page, 'Locked');
});

test('what a notification opens while the app is locked is shown once it is unlocked', options, async () => {
  const { page } = await linked('opened locked');
  await withFinger(page);
  await page.goto(`${bank.app}#/settings`);
  await page.getByLabel('Ask for my fingerprint').check();
  await page.getByRole('status').filter({ hasText: 'The lock is on' }).waitFor();
  await page.reload();
  await title(page, 'Locked');
  await page.evaluate(() => navigator.serviceWorker.dispatchEvent(new MessageEvent('message', { data: { kind: 'open', place: '#/lost' } })));
  await title(page, 'Locked');
  await button(page, 'Unlock').click();
  await title(page, 'Lost or new phone');
});

test('an account that is linked while notifications are on gets them too, without a reload', options, async (t) => {
  const whole = await launchBrowser([], { whole: true });
  t.after(() => whole.close());
  const phone = await newPhone(whole, { worker: true });
  await phone.grantPermissions(['notifications'], { origin: new URL(bank.app).origin });
  await phone.addInitScript(() => {
    if (typeof PushManager === 'undefined') return;
    const keys = { p256dh: 'BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM', auth: 'tBHItJI5svbpez7KI4CCXg' };
    let current = null;
    PushManager.prototype.getSubscription = async () => current;
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => (current = {
      options: { applicationServerKey: applicationServerKey.buffer ?? applicationServerKey }, toJSON: () => ({ endpoint: 'https://push.example/abc', keys }) });
  });
  const page = await openApp(phone, bank);
  const told = (status) => page.waitForResponse((answer) => answer.url().endsWith('/device/v1/device/push') && answer.status() === status);
  await linkByTyping(page, bank, 'first of two');
  await page.goto(`${bank.app}#/settings`);
  await Promise.all([told(204), button(page, 'Turn notifications on').click()]);
  await page.getByText('On. They say that something waits, never what.').waitFor();
  proxy.requests = [];
  const loaded = await page.evaluate(() => (window.same = Math.random()));
  await linkByTyping(page, bank, 'second of two', 40008);
  for (let i = 0; i < 1000 && proxy.requests.filter((asked) => asked === 'PUT /device/v1/device/push').length < 2; i++) await page.waitForTimeout(50);
  assert.equal(proxy.requests.filter((asked) => asked === 'PUT /device/v1/device/push').length, 2);
  assert.equal(await page.evaluate(() => window.same), loaded);
});

test('removing everything starts the other tabs anew too', async () => {
  const { phone, page } = await linked('wiped');
  const other = await openApp(phone, bank, '#/accounts');
  await other.locator('a.card').first().waitFor();
  await page.goto(`${bank.app}#/settings`);
  await button(page, 'Remove everything from this phone').click();
  await button(page, 'Delete everything').click();
  await Promise.all([page, other].map((tab) => tab.getByRole('link', { name: 'Link this phone' }).waitFor()));
});

test('a name of too many bytes is refused before it is sent', async () => {
  const phone = await newPhone(browser, { worker: true });
  const page = await openApp(phone, bank, '#/link');
  await page.getByLabel('Linking code').fill('123456');
  await page.getByLabel('Name of this phone').fill('電'.repeat(43));
  await button(page, 'Link').click();
  await page.getByText('The name is too long').waitFor();
  assert.ok(!proxy.requests.includes('POST /device/v1/link'));
  await page.getByLabel('Name of this phone').fill('電'.repeat(42));
  await button(page, 'Link').click();
  await page.getByText('The code is wrong, was used, or is too old.').waitFor();
});

test('a stream that ends at once is opened again after a second, not at once', async () => {
  const { page } = await linked('short streams');
  const opened = [];
  await page.route('**/device/v1/events', (route) => {
    opened.push(performance.now());
    return route.fulfill({ contentType: 'text/event-stream', body: 'event: sessions\ndata: {"state":"x","sessions":[]}\n\n' });
  });
  await page.reload();
  while (opened.length < 4) await page.waitForTimeout(100);
  // The page asks no faster than that, however late it is heard here.
  assert.ok(opened.at(-1) - opened[0] > 2500, `${opened}`);
});

for (const [what, refuse, words] of [
  ['refuses to keep anything', () => {
    IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };
    Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } });
  }, 'The browser does not let this app keep anything.'],
  ['holds what a newer app kept', () => {
    const open = IDBFactory.prototype.open;
    window.newer = new Promise((resolve) => { open.call(indexedDB, 'countersign-authenticator', 99).onsuccess = ({ target }) => resolve(target.result.close()); });
  }, 'A newer version of this app has been here'],
]) {
  test(`the app says what to do where the browser ${what}`, async () => {
    const phone = await newPhone(browser, { worker: true });
    await phone.addInitScript(refuse);
    const page = await openApp(phone, bank);
    await title(page, 'The app cannot start');
    await page.getByText(words).waitFor();
    await button(page, 'Load again').waitFor();
  });
}

test('what chooses a look without being seen is spelt out, but right behind the picture that it belongs to', async () => {
  const phone = await newPhone(browser, { worker: true });
  const page = await openApp(phone, bank);
  const hidden = await page.evaluate(async () => {
    const { hiddenIn } = await import('/app/frame/visible.js');
    return ['1\uFE000', 'a\uFE0Fb', '10\uFE0F0', 'a\u{16FE4}', '\u{1D159}', '❤\uFE0F\uFE0F', '❤\uFE0F', '1\uFE0F\u20E3', '☎\uFE0E'].map(hiddenIn);
  });
  assert.deepEqual(hidden, [1, 1, 1, 1, 1, 1, 0, 0, 0]);
});
