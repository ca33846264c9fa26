// The pages of the console that are about the server itself, in a true browser: how they look, read and behave.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.mjs';
import { SIZES, assertFits, lookAt, newVisitor, setUp, startConsole } from './support/console.mjs';

const PAGES = { overview: '/console/?range=hour', server: '/console/server', officers: '/console/officers', 'officer-new': '/console/officers/new', tokens: '/console/tokens', 'token-new': '/console/tokens/new', account: '/console/account', factor: '/console/account/factor', nothing: '/console/nothing' };

let server;
let browser;
let page;
before(async () => {
  [server, browser] = await Promise.all([startConsole(), launchBrowser()]);
  page = await newVisitor(browser);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.address });
  await setUp(page, server.link());
});
after(async () => {
  await browser.close();
  await server.close();
});

test('the overview brings itself up to date, and what it asks for is no use of the session', async () => {
  await page.clock.install();
  await page.goto(`${server.address}/console/?range=hour`);
  const requests = page.locator('tr', { hasText: 'ActivID' }).locator('td').nth(5);
  assert.equal(await requests.textContent(), '0');
  const headers = [];
  await page.route('**/console/?range=hour', async (route) => {
    headers.push(route.request().headers()['x-console-refresh']);
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replaceAll('<span>0</span>', '<span>7</span>') });
  });
  await page.clock.fastForward(10_000);
  await page.locator('td', { hasText: '7' }).first().waitFor();
  assert.equal(await requests.textContent(), '7');
  assert.deepEqual(headers, ['1']);
  await page.unroute('**/console/?range=hour');
  await page.clock.resume();
});

for (const [name, path] of Object.entries(PAGES)) {
  test(`the page ${name} fits a phone and a desk, by day and by night, and axe finds nothing`, async () => {
    await page.goto(server.address + path);
    await lookAt(page, name);
  });
}

test('all pages are there in four languages, and fit a phone in each', async () => {
  await page.setViewportSize(SIZES.phone);
  const titles = new Set();
  for (const [tag, name] of [['fr', 'Français'], ['de', 'Deutsch'], ['es', 'Español'], ['en', 'English']]) {
    await page.goto(`${server.address}/console/account`);
    await page.getByRole('button', { name }).click();
    await page.waitForURL('**/console/account');
    for (const path of Object.values(PAGES)) {
      await page.goto(server.address + path);
      assert.equal(await page.locator('html').getAttribute('lang'), tag);
      await assertFits(page);
    }
    await page.goto(`${server.address}/console/tokens`);
    titles.add(await page.locator('h1').textContent());
  }
  assert.equal(titles.size, 4);
  await page.setViewportSize(SIZES.desk);
});

test('a token is copied by its button, shown once, listed with hostile text inert, and revoked after a question', async () => {
  const hostile = '<img src=x onerror=alert(1)>\u202E\u200B';
  await page.goto(`${server.address}/console/tokens/new`);
  await page.getByLabel('Name').fill(hostile);
  await page.getByLabel('The whole server').check();
  await page.getByRole('button', { name: 'New token' }).click();
  const told = page.locator('code.told');
  const text = (await told.textContent()).trim();
  assert.match(text, /^cst_[a-z2-7]+$/);
  await lookAt(page, 'token-told');
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), text);
  await page.getByRole('link', { name: 'I have kept it' }).click();
  assert.ok(!(await page.content()).includes(text));
  assert.equal(await page.locator('main img').count(), 0);
  assert.ok((await page.locator('th bdi').textContent()).startsWith('<img src=x'));
  await lookAt(page, 'tokens-one');
  const answered = await fetch(`${server.address}/api/v1/me`, { headers: { Authorization: `Bearer ${text}` } });
  assert.equal(answered.status, 200);
  await page.getByRole('link', { name: 'Revoke' }).click();
  await lookAt(page, 'token-revoke');
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('status').waitFor();
  const refused = await fetch(`${server.address}/api/v1/me`, { headers: { Authorization: `Bearer ${text}` } });
  assert.equal(refused.status, 401);
});

test('what a form got wrong is told above it and beside its field, and leads there', async () => {
  await page.goto(`${server.address}/console/officers/new`);
  await page.getByLabel('Login name').fill('bob');
  await page.getByLabel('Tenant within reach').fill('NOBODY');
  await page.getByRole('button', { name: 'Invite' }).click();
  await lookAt(page, 'officer-wrong');
  await page.getByRole('alert').getByRole('link').click();
  assert.equal(await page.evaluate(() => document.activeElement?.id || location.hash.slice(1)), 'tenant');
  assert.equal(await page.getByLabel('Login name').inputValue(), 'bob');
});

test('nothing of all this made the browser complain', () => {
  assert.deepEqual(page.complaints.filter((text) => !/4(04|22)/.test(text)), []);
});
