// What the console says of authenticators once the database was restored from a backup, in a true browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.mjs';
import { lookAt, newVisitor, setUp, startConsole } from './support/console.mjs';

const TENANT = `
[[tenant]]
name = "TEAPOTS"

  [[tenant.policy]]
  code = "SIGNIN"

  [[tenant.user]]
  login_name = "alice"

    [[tenant.user.authenticator]]
    serial = "counted"
    kind = "hotp"
    policies = ["SIGNIN"]
    secret = { hex = "3132333435363738393031323334353637383930" }

    [[tenant.user.authenticator]]
    serial = "asked"
    kind = "ocra"
    policies = ["SIGNIN"]
    suite = "OCRA-1:HOTP-SHA1-8:QN08"
    signature_suite = "OCRA-1:HOTP-SHA1-8:QA64"
    secret = { hex = "3132333435363738393031323334353637383931" }
`;

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([startConsole(TENANT, [['restore', '--mark']]), launchBrowser()]);
});
after(async () => {
  await browser.close();
  await server.close();
});

test('what a restore lost is marked at its user, and its own page says what to do', async () => {
  const page = await newVisitor(browser);
  await setUp(page, server.link());
  await page.goto(`${server.address}/console/tenants/TEAPOTS/users?q=alice`);
  await page.getByRole('link', { name: 'alice' }).click();
  await page.getByText('to be resynchronised').first().waitFor();
  await page.getByText('to be enrolled anew').first().waitFor();
  await lookAt(page, 'restored-user');
  const tokens = `${server.address}/console/tenants/TEAPOTS/authenticators`;
  await page.goto(`${tokens}/counted`);
  assert.match(await page.locator('p.notice').textContent(), /Resynchronise it/);
  await lookAt(page, 'restored-counter');
  await page.goto(`${tokens}/asked`);
  assert.match(await page.locator('p.notice').first().textContent(), /token asked/);
  await lookAt(page, 'restored-texts');
  assert.deepEqual(page.complaints, []);
});
