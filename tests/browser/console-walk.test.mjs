// The walk of docs/console.md, from a fresh server to a linked phone, with its clicks counted.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PASSWORD, SIZES, launch, newVisitor, startConsole, twoCodes } from './support/console.mjs';
import { root } from './support/modules.mjs';

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([startConsole(), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** Somebody who clicks what a page names and types into fields by their labels; how often is counted. */
class Walker {
  clicks = 0;
  typed = 0;

  constructor(page) {
    this.page = page;
  }

  async follow(name) {
    this.clicks += 1;
    await this.page.getByRole('link', { name, exact: typeof name === 'string' }).first().click();
  }

  async press(name) {
    this.clicks += 1;
    await this.page.getByRole('button', { name, exact: typeof name === 'string' }).first().click();
  }

  async type(label, text) {
    this.typed += 1;
    await this.page.getByLabel(label).first().fill(text);
  }
}

test('a newcomer sets up a tenant, a site, a user and a phone by the guide', async () => {
  const page = await newVisitor(browser);
  const walker = new Walker(page);

  await page.goto(server.link());
  await page.locator('main button').click();
  await walker.type('New password', PASSWORD);
  await walker.type('The same once more', PASSWORD);
  await page.locator('main button').click();
  await page.locator('main form button').click();
  const key = (await page.locator('code.told').textContent()).trim();
  const [code] = await twoCodes(key);
  await page.locator('#code').fill(code);
  walker.typed += 1;
  await page.locator('main form button.main').click();
  await page.locator('main a.button').click();
  walker.clicks += 5;

  await walker.follow('Tenants');
  await walker.follow('New tenant');
  await walker.type('Name', 'TEAPOTS');
  await walker.type('Name for people', 'Teapots');
  assert.ok(await page.getByLabel(/asks phones/).isChecked());
  await walker.press('New tenant');
  await page.locator('code.told').waitFor();
  await walker.follow('I have kept it');

  await walker.follow('Sites');
  await walker.follow('New site');
  await walker.type('Public id', 'tea-shop');
  await walker.press('New site');
  await walker.follow('I have kept it');
  await page.getByText('<ocapi-challenge').first().waitFor();

  await walker.follow('Policies');
  await walker.follow('New policy');
  await walker.type('Code', 'SIGNIN');
  await walker.press('New policy');

  await walker.follow('Users');
  await walker.follow('New user');
  await walker.type('Login name', 'alice');
  await walker.press('Save');
  await walker.follow('Enrol an authenticator');
  await walker.follow(/TOTP/);
  await walker.press('Enrol an authenticator');
  await walker.follow('It is handed over');

  await walker.follow('alice');
  await walker.follow('Link a phone');
  await walker.press('Show the code');
  const address = (await page.locator('code').first().textContent()).trim();
  const back = await page.getByRole('link', { name: 'To the user’s page' }).getAttribute('href');
  const phone = await newVisitor(browser, { viewport: SIZES.phone });
  await phone.goto(address);
  await phone.getByRole('button', { name: /Link/ }).first().click();
  await phone.getByText(/linked/i).first().waitFor();
  walker.clicks += 1;
  await page.goto(server.address + back);
  await page.locator('.state.good', { hasText: 'linked' }).waitFor();

  const guide = readFileSync(join(root, 'docs/console.md'), 'utf8');
  assert.match(guide.replace(/\s+/g, ' '), new RegExp(`counts: ${walker.clicks} clicks, ${walker.typed} things to type`), `${walker.clicks} clicks, ${walker.typed} typed`);
  assert.deepEqual(page.complaints, []);
});
