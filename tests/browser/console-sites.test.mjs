// What a tenant is set up with, in a true browser: a site and its snippet, a client, a policy.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.mjs';
import { SIZES, assertFits, lookAt, newVisitor, setUp, startConsole } from './support/console.mjs';
import { startPartner } from './support/partner.mjs';

const TOML = `[[tenant]]
name = "TEAPOTS"
display_name = "Teapots"
`;
const BASE = '/console/tenants/TEAPOTS';

let server;
let shop;
let browser;
let page;
before(async () => {
  [server, browser, shop] = await Promise.all([startConsole(TOML), launchBrowser(), startPartner()]);
  page = await newVisitor(browser);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.address });
  await setUp(page, server.link());
});
after(async () => {
  await browser?.close();
  await server?.close();
  shop?.close();
});

const open = (path) => page.goto(server.address + BASE + path);

test('a site is made by the way through the pages, its snippet is copied, and a page with it lets a visitor through', async () => {
  await page.goto(`${server.address}/console/`);
  await page.getByRole('link', { name: 'Tenants' }).click();
  await page.getByRole('link', { name: 'Teapots', exact: true }).click();
  await page.getByRole('navigation').getByRole('link', { name: 'Sites' }).click();
  await page.getByText('This tenant has no sites.').waitFor();
  await lookAt(page, 'sites-none');
  await page.getByRole('link', { name: 'New site' }).click();
  await lookAt(page, 'site-new');
  await page.getByLabel('Public id').fill('tea-shop');
  await page.getByLabel('Difficulty').fill('100');
  await page.getByRole('button', { name: 'New site' }).click();
  await page.getByRole('heading', { name: 'The private id of tea-shop' }).waitFor();
  const secret = (await page.locator('code.told').textContent()).trim();
  assert.match(secret, /^[\w-]{86}$/);
  await lookAt(page, 'site-told');
  await page.getByRole('link', { name: 'I have kept it' }).click();
  await page.getByText('Nobody was asked in the last 24 hours.').waitFor();
  await lookAt(page, 'site');
  const copied = [];
  for (const at of [0, 1]) {
    const button = page.locator('button[data-copies]').nth(at);
    await button.click();
    await button.filter({ hasText: 'Copied' }).waitFor();
    copied.push(await page.evaluate(() => navigator.clipboard.readText()));
  }
  const guest = await newVisitor(browser);
  const html = `<!doctype html><html lang="en"><title>Tea</title>${copied[0]}<form>${copied[1]}<button>Send</button></form>`;
  shop.serve('/', html);
  await guest.goto(`http://shop.localhost:${shop.port}/`);
  await guest.locator('ocapi-challenge').getByRole('checkbox').click();
  await guest.waitForFunction(() => document.querySelector('ocapi-challenge').state === 'valid');
  const id = await guest.evaluate(() => new FormData(document.forms[0]).get('ocapi-challenge'));
  await guest.context().close();
  // A server that was made for Turnstile asks at the address that the page names.
  const summary = page.locator('summary', { hasText: 'Turnstile' });
  await summary.click();
  const check = (await page.locator('details[open] pre').last().textContent()).trim();
  await lookAt(page, 'site-instead');
  const answer = await fetch(check, { method: 'POST', body: new URLSearchParams({ secret, response: id }) });
  assert.equal((await answer.json()).success, true);
  assert.deepEqual(page.complaints, []);
});

test('what was counted of visitors comes up in the page of the site', async () => {
  for (let tries = 0; tries < 100; tries += 1) {
    await open('/sites/tea-shop/overview');
    if (await page.locator('figure').count()) break;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  assert.equal(await page.locator('dd').first().textContent(), '1');
  await page.getByText('As a table').click();
  assert.equal(await page.locator('figure tbody tr').count(), 1);
  await lookAt(page, 'site-counted');
});

test('what does not fit is told beside its field, with what was typed kept', async () => {
  await open('/sites/tea-shop/settings');
  await page.getByLabel('Origins').fill('https://good.example\nnot an origin <b>');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByLabel('Origins').inputValue(), 'https://good.example\nnot an origin <b>');
  await lookAt(page, 'site-wrong');
  await page.getByLabel('Origins').fill('https://good.example');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('tea-shop is saved.').waitFor();
  await open('/sites');
  await lookAt(page, 'sites');
});

test('a client and a policy are made, listed and changed', async () => {
  await page.getByRole('navigation').getByRole('link', { name: 'Policies' }).click();
  await lookAt(page, 'policies-none');
  await page.getByRole('link', { name: 'New policy' }).click();
  await lookAt(page, 'policy-new');
  await page.getByLabel('Code', { exact: true }).fill('SIGNIN');
  await page.getByRole('button', { name: 'New policy' }).click();
  await page.getByText('SIGNIN is saved.').waitFor();
  await lookAt(page, 'policies');
  await page.getByRole('navigation').getByRole('link', { name: 'Clients' }).click();
  await page.getByRole('link', { name: 'New client' }).click();
  await page.getByLabel('Client id').fill('portal');
  await page.getByLabel('for users, by their codes (password)').check();
  await page.getByLabel('Usual policy').fill('SIGNIN');
  await lookAt(page, 'client-new');
  await page.getByRole('button', { name: 'New client' }).click();
  const secret = (await page.locator('code.told').textContent()).trim();
  assert.match(secret, /^[\w-]{43}$/);
  await page.getByRole('link', { name: 'I have kept it' }).click();
  await lookAt(page, 'clients');
  await page.getByRole('link', { name: 'Edit' }).click();
  assert.equal(await page.getByLabel('Usual policy').inputValue(), 'SIGNIN');
  await lookAt(page, 'client');
  await page.getByRole('link', { name: 'Remove the client' }).click();
  await lookAt(page, 'client-remove');
  await page.getByRole('link', { name: 'Cancel' }).click();
});

test('without script a site is made, changed and removed', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() });
  const plain = await context.newPage();
  await plain.goto(`${server.address}${BASE}/sites/new`);
  await plain.getByLabel('Public id').fill('plain');
  await plain.getByRole('button', { name: 'New site' }).click();
  await plain.getByRole('link', { name: 'I have kept it' }).click();
  assert.match(await plain.locator('pre').first().textContent(), /^<script src=.*ocapi\.js/);
  await plain.getByRole('link', { name: 'Edit' }).click();
  await plain.getByLabel('What visitors are asked first').selectOption('text');
  await plain.getByRole('button', { name: 'Save' }).click();
  await plain.getByText('plain is saved.').waitFor();
  await plain.getByRole('link', { name: 'Edit' }).click();
  await plain.getByRole('link', { name: 'Remove the site' }).click();
  await plain.getByRole('button', { name: 'Remove the site' }).click();
  await plain.getByText('plain is removed.').waitFor();
  await context.close();
});

test('the pages are there in four languages, and fit a phone in each', async () => {
  await page.setViewportSize(SIZES.phone);
  for (const name of ['Français', 'Deutsch', 'Español', 'English']) {
    await open('/sites');
    await page.getByRole('button', { name }).click();
    for (const path of ['/sites', '/sites/tea-shop/overview', '/sites/tea-shop/settings', '/clients', '/clients/portal/settings', '/policies', '/policies/SIGNIN/settings', '/approvals', '/callbacks']) {
      await open(path);
      await assertFits(page);
    }
  }
  await page.setViewportSize(SIZES.desk);
  assert.deepEqual(page.complaints.filter((text) => !/422/.test(text)), []);
});
