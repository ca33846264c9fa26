// The way into the console, in a true browser: by a link, by password and code, by a recovery code; without script too.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.mjs';
import { PASSWORD, lookAt, newVisitor, sendPassword, setUp, startConsole, twoCodes } from './support/console.mjs';

let server;
let browser;
/** What the first administrator was told, without script. */
let admin;
before(async () => { [server, browser] = await Promise.all([startConsole(), launchBrowser()]); });
after(async () => {
  await browser.close();
  await server.close();
});

const title = (page, name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

test('without script a link, a password and a second factor lead in, and the password and a code lead in again', async () => {
  const page = await newVisitor(browser, { javaScriptEnabled: false });
  admin = await setUp(page, server.link(), undefined, twoCodes);
  assert.equal(admin.recovery.length, 10);
  await title(page, 'Overview');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out.').waitFor();
  await page.goto(`${server.address}/console/tokens`);
  await title(page, 'Sign in');
  await page.getByLabel('Login name').fill('admin');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Code from your authenticator app').fill(admin.next);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await title(page, 'Access tokens');
  await page.context().close();
});

test('on a phone the menu opens without script', async () => {
  const page = await newVisitor(browser, { javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  await sendPassword(page, server.address);
  await page.getByText('I do not have the app at hand').click();
  await page.getByLabel('Recovery code').fill(admin.recovery[0]);
  await page.getByRole('button', { name: 'Sign in with the recovery code' }).click();
  await title(page, 'Overview');
  await page.locator('summary', { hasText: 'Menu' }).click();
  await page.getByRole('link', { name: 'Officers' }).click();
  await title(page, 'Officers');
  await page.context().close();
});

test('every step of an invited officer can be seen, read and done by the keyboard', async () => {
  const page = await newVisitor(browser);
  await page.goto(`${server.address}/console/`);
  await lookAt(page, 'sign-in');
  await sendPassword(page, server.address, 'admin', 'not the password');
  await page.getByRole('alert').waitFor();
  await lookAt(page, 'sign-in-wrong');
  await page.getByLabel('Login name').focus();
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await title(page, 'One-time code');
  await lookAt(page, 'code');
  await page.getByText('I do not have the app at hand').press('Enter');
  await page.getByLabel('Recovery code').fill('nonsense');
  await page.keyboard.press('Enter');
  await page.getByText('That recovery code did not match').waitFor();
  await lookAt(page, 'code-wrong');
  await page.getByLabel('Recovery code').fill(admin.recovery[1]);
  await page.keyboard.press('Enter');
  await title(page, 'Overview');
  await page.goto(`${server.address}/console/officers/new`);
  await page.getByLabel('Login name').fill('eve');
  await page.getByLabel('The whole server').check();
  await page.getByRole('button', { name: 'Invite' }).click();
  await title(page, 'Sign-in link for eve');
  const link = (await page.locator('code.told').textContent()).trim();

  const eve = await newVisitor(browser);
  await setUp(eve, link, (name) => lookAt(eve, `set-up-${name}`));
  await title(eve, 'Overview');
  assert.equal(await eve.getByRole('link', { name: 'Officers' }).count(), 0, 'an auditor is not offered what only administrators may');
  assert.deepEqual(eve.complaints, []);
  assert.deepEqual(page.complaints.filter((text) => !text.includes('422')), []);
  await eve.goto(link);
  await eve.locator('main button').click();
  await eve.getByText('This link is good no more').waitFor();
});
