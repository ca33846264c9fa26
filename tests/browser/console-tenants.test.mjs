// The table of tenants and the pencil behind which callback address and secret are set, as the seed tells it, in a true browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.mjs';
import { lookAt, newVisitor, setUp, startConsole } from './support/console.mjs';

let server;
let browser;
let page;
before(async () => {
  [server, browser] = await Promise.all([startConsole(), launchBrowser()]);
  page = await newVisitor(browser);
  await setUp(page, server.link());
});
after(async () => {
  await browser.close();
  await server.close();
});

test('the seed’s steps hold: the Tenants tab, the number in the table, the pencil, a callback address and a generated secret', async () => {
  await page.getByRole('link', { name: 'Tenants' }).click();
  await page.getByText('There are no tenants.').waitFor();
  await page.getByRole('link', { name: 'New tenant' }).click();
  await lookAt(page, 'tenant-new');
  await page.getByLabel('Name', { exact: true }).fill('TEAPOTS');
  await page.getByLabel('Name for people').fill('Teapots & Söhne');
  await page.getByRole('button', { name: 'New tenant' }).click();
  await page.getByRole('heading', { name: 'The secret of TEAPOTS' }).waitFor();
  await page.getByRole('link', { name: 'I have kept it' }).click();
  await page.getByRole('heading', { level: 1, name: 'Teapots & Söhne' }).waitFor();
  await page.getByLabel('Callback URL').fill('https://teapots.example/callback');
  const secret = page.getByLabel('Secret', { exact: true });
  await secret.fill('secret');
  await page.getByText('weak', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Generate', exact: true }).click();
  await page.getByText('strong', { exact: true }).waitFor();
  assert.match(await secret.inputValue(), /^[\w-]{43}$/);
  await lookAt(page, 'tenant');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('TEAPOTS is saved.').waitFor();
  await lookAt(page, 'tenants');
  assert.equal(await page.locator('td code').textContent(), '150001');
  assert.deepEqual(page.complaints, []);
});

test('without script the server draws the secret, and a tenant is suspended', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() });
  const plain = await context.newPage();
  await plain.goto(`${server.address}/console/tenants`);
  await plain.getByRole('link', { name: 'Edit' }).click();
  assert.equal(await plain.getByRole('button', { name: 'Generate' }).count(), 0);
  await plain.getByLabel('Have the server generate the secret').check();
  await plain.getByLabel('Status').selectOption('inactive');
  await plain.getByRole('button', { name: 'Save' }).click();
  assert.match(await plain.locator('code.told').textContent(), /^[\w-]{43}$/);
  await plain.goto(`${server.address}/console/tenants`);
  await plain.getByText('suspended').waitFor();
});
