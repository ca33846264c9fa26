// A tenant's users in a true browser: made, enrolled by a picture that an app reads, linked to a phone, locked and unlocked.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.mjs';
import { SIZES, assertFits, lookAt, newVisitor, setUp, startConsole, twoCodes } from './support/console.mjs';

const HOSTILE = '<img src=x onerror=alert(1)>\u202Eevil\u200B';
const LONG = 'A very long name without any end, '.repeat(7).trim();

const TENANT = `
[[tenant]]
name = "TEAPOTS"
display_name = "Teapots"

  [tenant.okay]
  id = 40007
  secret = "a-secret-of-more-than-thirty-two-characters"

  [[tenant.policy]]
  code = "SIGNIN"

  [[tenant.policy]]
  code = "PAYMENT"

  [[tenant.user]]
  login_name = ${JSON.stringify(HOSTILE)}
  display_name = ${JSON.stringify(LONG)}
  external_id = "hostile"
  email = "someone.with.quite.a.long.address@teapots.example"
  phone = "+33123456789"

    [[tenant.user.authenticator]]
    serial = ${JSON.stringify(`${HOSTILE}1`)}
    kind = "hotp"
    secret = { hex = "3132333435363738393031323334353637383930" }

    [[tenant.user.authenticator]]
    serial = "60000000"
    kind = "card"
    secret = { hex = "3132333435363738393031323334353637383930313233343536373839303132" }

    [[tenant.user.authenticator]]
    serial = "40000000"
    kind = "grid"
    path = "336416"
`;

let server;
let browser;
let page;
let users;
before(async () => {
  [server, browser] = await Promise.all([startConsole(TENANT), launchBrowser()]);
  page = await newVisitor(browser);
  await setUp(page, server.link());
  users = `${server.address}/console/tenants/TEAPOTS/users`;
});
after(async () => {
  await browser.close();
  await server.close();
});

test('a user is made, an app takes the picture over, and its codes are good', async () => {
  await page.goto(users);
  await page.getByRole('link', { name: 'New user' }).click();
  await lookAt(page, 'user-new');
  await page.getByLabel('Login name').fill('alice');
  await page.getByLabel('Name for people').fill('Alice');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { level: 1, name: 'alice' }).waitFor();
  await lookAt(page, 'user-fresh');
  await page.getByRole('link', { name: 'Enrol an authenticator' }).click();
  await lookAt(page, 'enrol-kinds');
  await page.getByRole('link', { name: /TOTP/ }).click();
  const serial = await page.getByLabel('Serial number').inputValue();
  assert.match(serial, /^\d{8}$/);
  await page.getByText('Further settings').click();
  await lookAt(page, 'enrol-totp');
  await page.getByRole('button', { name: 'Enrol an authenticator' }).click();
  await page.getByRole('heading', { name: `Hand over ${serial}` }).waitFor();
  await lookAt(page, 'enrolled');
  // The picture is one that a phone reads: it holds the address that stands below it.
  await page.getByText('Where nothing can be scanned').click();
  const uri = await page.locator('code.told').nth(1).textContent();
  assert.match(uri, /^otpauth:\/\/totp\/TEAPOTS:/);
  const key = new URL(uri).searchParams.get('secret');
  assert.equal((await page.locator('code.told').first().textContent()).replaceAll(' ', ''), key);
  const codes = await twoCodes(key);
  await page.getByRole('link', { name: 'It is handed over' }).click();
  await page.getByLabel('First code').fill(codes[0]);
  await page.getByLabel('Second code').fill(codes[1]);
  await page.getByRole('button', { name: 'Resynchronise' }).click();
  await page.getByText('is followed again').waitFor();
  await lookAt(page, 'authenticator');
  assert.ok(!(await page.content()).includes(key));
});

test('a phone is linked: the picture opens the app with the code, and the user’s page shows the phone', async () => {
  await page.goto(`${users}?q=alice`);
  await page.getByRole('link', { name: 'alice' }).click();
  await page.getByRole('link', { name: 'Link a phone' }).click();
  assert.equal(await page.getByLabel('External ID').inputValue(), 'alice');
  await lookAt(page, 'phone-link');
  await page.getByRole('button', { name: 'Show the code' }).click();
  await page.getByRole('heading', { name: 'The linking code of alice' }).waitFor();
  await lookAt(page, 'phone-code');
  const address = (await page.locator('code').first().textContent()).trim();
  const back = await page.getByRole('link', { name: 'To the user’s page' }).getAttribute('href');
  const phone = await newVisitor(browser, { viewport: SIZES.phone });
  await phone.goto(address);
  const skip = phone.getByRole('button', { name: /Link/ });
  await skip.first().click();
  await phone.getByText(/linked/i).first().waitFor();
  await phone.context().close();
  await page.goto(server.address + back);
  await page.getByRole('heading', { name: 'Phones' }).waitFor();
  await page.locator('.state.good', { hasText: 'linked' }).waitFor();
  await lookAt(page, 'user');
  await page.getByRole('link', { name: 'Unlink' }).click();
  await lookAt(page, 'phone-unlink');
  await page.getByRole('button', { name: 'Unlink' }).click();
  await page.getByText('is unlinked').waitFor();
  assert.equal(await page.locator('.state', { hasText: 'unlinked' }).count(), 1);
});

test('hostile names of users and tokens are shown inert, and found again', async () => {
  await page.goto(users);
  await lookAt(page, 'users');
  assert.equal(await page.locator('main img').count(), 0);
  await page.getByLabel('Login name begins with').fill('<img');
  await page.getByRole('button', { name: 'Search' }).click();
  assert.equal(await page.locator('tbody tr').count(), 1);
  await page.locator('tbody a').click();
  assert.equal(await page.locator('h1').textContent(), HOSTILE);
  await lookAt(page, 'user-hostile');
  await page.locator('tbody a', { hasText: 'evil' }).click();
  await page.getByRole('heading', { level: 1, name: /HOTP/ }).waitFor();
  await lookAt(page, 'authenticator-hostile');
  assert.equal(await page.locator('main img').count(), 0);
  await page.goBack();
  await page.getByRole('link', { name: '60000000' }).click();
  await page.getByRole('link', { name: 'Show the card to print' }).click();
  await lookAt(page, 'card-ask');
  await page.getByRole('button', { name: 'Show the card to print' }).click();
  await page.getByRole('heading', { name: 'Card 60000000' }).waitFor();
  await lookAt(page, 'card');
});

test('without script a user is locked, found among the locked, and unlocked', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() });
  const plain = await context.newPage();
  await plain.goto(`${users}?q=alice`);
  await plain.getByRole('link', { name: 'alice' }).click();
  await plain.getByRole('link', { name: 'Lock', exact: true }).click();
  await plain.getByRole('button', { name: 'Lock' }).click();
  await page.goto(users);
  await page.locator('nav.places').getByRole('link', { name: 'Locked users' }).click();
  await page.getByText('by admin').waitFor();
  await lookAt(page, 'locked');
  await plain.goto(`${server.address}/console/tenants/TEAPOTS/locked`);
  await plain.getByRole('link', { name: 'Unlock' }).click();
  await plain.getByRole('button', { name: 'Unlock' }).click();
  await plain.getByText('alice is unlocked.').waitFor();
  await plain.goto(`${server.address}/console/tenants/TEAPOTS/locked`);
  await plain.getByText('Nobody is locked.').waitFor();
  await context.close();
});

test('the pages fit a phone in four languages', async () => {
  const path = await page.goto(`${users}?q=alice`).then(() => page.locator('tbody a').getAttribute('href'));
  await page.setViewportSize(SIZES.phone);
  for (const name of ['Français', 'Deutsch', 'Español', 'English']) {
    await page.goto(server.address + path);
    await page.getByRole('button', { name }).click();
    for (const place of ['', '/edit', '/link', '/authenticators/new', '/authenticators/new?kind=ocra', '/authenticators/new?kind=grid']) {
      await page.goto(server.address + path + place);
      await assertFits(page);
    }
    await page.goto(`${server.address}/console/tenants/TEAPOTS/locked`);
    await assertFits(page);
  }
  await page.setViewportSize(SIZES.desk);
});

test('nothing of all this made the browser complain', () => {
  assert.deepEqual(page.complaints, []);
});
