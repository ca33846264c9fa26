// The audit log in a true browser: what protocols told of strangers is inert, conditions narrow, and what is shown is exported.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.mjs';
import { SIZES, assertFits, lookAt, newVisitor, setUp, startConsole } from './support/console.mjs';

const DUAL = '"><img src=x onerror=alert(3)>dual';
const HOSTILE = '=<script>alert(1)</script>\u202Eevil';

const TENANT = `
[[tenant]]
name = "TEAPOTS"
display_name = "Teapots"

  [[tenant.client]]
  id = "portal"
  secret = "a-secret-of-more-than-thirty-two-characters"
  grants = ["client_credentials", "password"]
  scopes = ["authenticate", "challenge", "read", "unlock"]
  default_policy = "SIGNIN"

  [[tenant.client]]
  id = "application"
  secret = "another-secret-of-more-than-thirty-two-characters"
  protocols = ["dualshield"]

  [[tenant.policy]]
  code = "SIGNIN"

  [[tenant.user]]
  login_name = "alice"

    [[tenant.user.authenticator]]
    serial = "20000000"
    kind = "hotp"
    secret = { hex = "3132333435363738393031323334353637383930" }
`;

let server;
let browser;
let page;
let audit;

/** What a portal asks over ActivID. */
const ask = (fields, bearer) => fetch(`${server.address}/idp/TEAPOTS/authn/token`, {
  method: 'POST',
  headers: bearer ? { Authorization: `Bearer ${bearer}` } : {},
  body: new URLSearchParams(fields),
});

/** What an application asks over DualShield about nobody, under a name for the request that is markup. */
async function askAsApplication() {
  const rest = `${server.address}/das5/rest`;
  const granted = await fetch(`${rest}/oauth/token`, { method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'application', client_secret: 'another-secret-of-more-than-thirty-two-characters' }) });
  const { access_token: bearer } = await granted.json();
  const told = await fetch(`${rest}/auth/verify`, { method: 'POST',
    headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json', 'X-Correlation-Id': '<img src=x onerror=alert(4)>' },
    body: JSON.stringify({ user: { loginName: DUAL }, credential: { otp: '000000' } }) });
  assert.notEqual((await told.json()).error, 0);
}

before(async () => {
  [server, browser] = await Promise.all([startConsole(TENANT), launchBrowser()]);
  page = await newVisitor(browser);
  await setUp(page, server.link());
  audit = `${server.address}/console/tenants/TEAPOTS/audit`;
  const portal = await ask({ grant_type: 'client_credentials', client_id: 'portal', client_secret: 'a-secret-of-more-than-thirty-two-characters' });
  const { access_token: bearer } = await portal.json();
  const bring = (username, password) => ask({ mode: 'SYNCHRONOUS', grant_type: 'password', username, password }, bearer);
  assert.equal((await bring('alice', '755224')).status, 200);
  assert.notEqual((await bring('alice', '000000')).status, 200);
  assert.notEqual((await bring(HOSTILE, '000000')).status, 200);
  assert.notEqual((await bring('x'.repeat(10_000), '000000')).status, 200);
  await askAsApplication();
});
after(async () => {
  await browser.close();
  await server.close();
});

test('what happened is shown in words, with whoever was named in inert text, and its details on demand', async () => {
  await page.goto(audit);
  await page.locator('tbody').getByText('One-time password').first().waitFor();
  assert.equal(await page.locator('main script').count(), 0);
  await lookAt(page, 'audit');
  const row = page.locator('tbody tr', { hasText: 'evil' });
  assert.equal(await row.count(), 1);
  await row.locator('summary').click();
  assert.ok((await row.textContent()).includes(HOSTILE));
  await lookAt(page, 'audit-details');
  const dual = page.locator('tbody tr', { hasText: 'alert(3)' });
  assert.equal(await dual.count(), 1);
  await dual.locator('summary').click();
  assert.ok((await dual.textContent()).includes(DUAL));
  assert.ok((await dual.textContent()).includes('<img src=x onerror=alert(4)>'));
  assert.equal(await page.locator('main img, main script').count(), 0);
  assert.deepEqual(page.complaints, []);
});

test('conditions narrow what is shown, stay in their fields, and are what is exported', async () => {
  await page.goto(audit);
  await page.getByLabel('User', { exact: true }).fill('alice');
  await page.getByLabel('What').selectOption('one_time_password');
  await page.getByLabel('Outcome').selectOption('wrong');
  await page.getByText('More conditions').click();
  await page.getByLabel('Way in').selectOption('activid');
  await lookAt(page, 'audit-conditions');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.waitForURL(/outcome=wrong/);
  assert.equal(await page.locator('tbody tr').count(), 1);
  assert.equal(await page.getByLabel('Outcome').inputValue(), 'wrong');
  const coming = page.waitForEvent('download');
  await page.getByRole('link', { name: 'CSV' }).click();
  const lines = readFileSync(await (await coming).path(), 'utf8').trim().split('\r\n');
  assert.equal(lines.length, 2);
  assert.ok(lines[1].includes('"alice"'), lines[1]);
  const again = page.waitForEvent('download');
  await page.getByRole('link', { name: 'JSON Lines' }).click();
  const event = JSON.parse(readFileSync(await (await again).path(), 'utf8'));
  assert.deepEqual([event.login_name, event.outcome, event.protocol], ['alice', 'wrong', 'activid']);
});

test('a user of no such name is told beside the field', async () => {
  await page.goto(`${audit}?user=nobody`);
  await page.getByRole('alert').getByRole('link', { name: 'User' }).click();
  await lookAt(page, 'audit-wrong');
});

test('the whole server’s log has every tenant’s, and works without script', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() });
  const plain = await context.newPage();
  await plain.goto(`${server.address}/console/`);
  await plain.locator('nav.places').getByRole('link', { name: 'Audit log' }).click();
  await plain.getByLabel('What').selectOption('one_time_password');
  await plain.getByRole('button', { name: 'Search' }).click();
  assert.ok(await plain.locator('tbody tr').count() >= 4);
  await plain.locator('tbody tr', { hasText: 'alice' }).first().getByRole('link', { name: 'alice' }).click();
  await plain.getByRole('heading', { level: 1, name: 'alice' }).waitFor();
  assert.equal(await plain.locator('.events tbody tr').count() > 1, true);
  await context.close();
  await page.goto(`${server.address}/console/audit`);
  await lookAt(page, 'audit-server');
});

test('the log fits a phone in four languages', async () => {
  await page.setViewportSize(SIZES.phone);
  for (const name of ['Français', 'Deutsch', 'Español', 'English']) {
    await page.goto(audit);
    await page.getByRole('button', { name }).click();
    await page.goto(`${audit}?outcome=wrong`);
    await assertFits(page);
  }
  await page.setViewportSize(SIZES.desk);
});

test('nothing of all this made the browser complain', () => {
  assert.deepEqual(page.complaints.filter((text) => !/422/.test(text)), []);
});
