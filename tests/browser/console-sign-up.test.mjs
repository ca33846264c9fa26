// A visitor signs up, reads the letter, and finds a tenant on trial, as the seed tells it: in a true browser, with and without script.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keepPicture, launchBrowser } from './support/browser.mjs';
import { PASSWORD, assertFits, lookAt, newVisitor, setUp, startConsole, totp } from './support/console.mjs';
import { startMail } from './support/mail.mjs';
import { join } from 'node:path';
import { codeOf } from './support/server.mjs';

let server;
let browser;
let mail;
before(async () => {
  mail = await startMail();
  [server, browser] = await Promise.all([startConsole(`[sign_up]\nopen = true\ntrial_days = 14\n${mail.toml}`), launchBrowser()]);
});
after(async () => {
  await browser.close();
  await server.close();
  mail.close();
});

const linkIn = (letter) => new RegExp(`${server.address}/console/sign-up/confirm/\\S+`).exec(letter.text)[0];

test('an address, a company, a tick, a letter: a tenant of one’s own, on trial, and nobody else’s', async () => {
  const page = await newVisitor(browser);
  await page.goto(`${server.address}/console/sign-in`);
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.locator('ocapi-challenge').getByRole('checkbox').waitFor();
  await lookAt(page, 'sign-up');
  await page.getByLabel('E-mail address').fill('ann@tea.example');
  await page.getByLabel('Company name').fill('Teapots & <b>Söhne</b> \u202eevil');
  await page.locator('ocapi-challenge').getByRole('checkbox').click();
  await page.waitForFunction(() => document.querySelector('ocapi-challenge').state === 'valid');
  await page.getByRole('button', { name: 'Send me the link' }).click();
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
  await lookAt(page, 'sign-up-sent');
  const letter = await mail.letter();
  assert.equal(letter.to, 'ann@tea.example');
  await page.goto(linkIn(letter));
  await page.getByRole('heading', { name: 'Confirm your address' }).waitFor();
  await lookAt(page, 'sign-up-confirm');
  await setUp(page, linkIn(letter));
  await page.getByRole('link', { name: 'Tenants' }).click();
  assert.equal(await page.locator('tbody tr').count(), 1);
  assert.equal(await page.locator('td code').textContent(), '150001');
  await page.getByRole('rowheader', { name: 'Teapots & <b>Söhne</b>' }).waitFor();
  await page.getByText('active', { exact: true }).waitFor();
  await lookAt(page, 'sign-up-tenants');
  assert.deepEqual(page.complaints, []);

  // The same link opens nothing more.
  const other = await newVisitor(browser);
  await other.goto(linkIn(letter));
  await other.getByRole('button', { name: 'Open the account' }).click();
  await other.getByRole('alert').waitFor();
  await lookAt(other, 'sign-up-spent');
  await other.context().close();
});

test('the code from a picture is read out as well, and its page is sound where there is script', async () => {
  const page = await newVisitor(browser);
  await page.goto(`${server.address}/console/sign-up?plain=on`);
  await page.locator('img.drawn').waitFor();
  await lookAt(page, 'sign-up-code');
  const heard = await page.locator('audio').evaluate(async (audio) => {
    const answer = await fetch(audio.currentSrc || audio.querySelector('source')?.src || audio.src);
    const type = answer.headers.get('content-type');
    const { duration } = await new AudioContext().decodeAudioData(await answer.arrayBuffer());
    return { status: answer.status, type, duration };
  });
  assert.equal(heard.status, 200);
  assert.match(heard.type, /^audio\//);
  assert.ok(heard.duration > 2, `${heard.duration} s are too short for a code`);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('without script a code from a picture does; the whole way is plain forms', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: 'de-DE', viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  await page.goto(`${server.address}/console/sign-up`);
  await keepPicture(page, 'console-sign-up-no-script-phone-light');
  await page.getByRole('link', { name: 'Stattdessen einen Code aus einem Bild eintippen' }).click();
  await page.getByLabel('E-Mail-Adresse').fill('bob@oil.example');
  await page.getByLabel('Name der Firma').fill('Öl & Co');
  assert.ok(await page.locator('img.drawn').evaluate((image) => image.decode().then(() => image.naturalWidth > 100)), 'the code is drawn');
  await page.getByLabel('Die Zeichen im Bild').fill('falsch');
  await page.getByRole('button', { name: 'Link zusenden' }).click();
  await page.getByText('Das war nicht der Code').first().waitFor();
  assert.equal(await page.getByLabel('Name der Firma').inputValue(), 'Öl & Co');
  await keepPicture(page, 'console-sign-up-code-phone-light');
  await page.getByLabel('Die Zeichen im Bild').fill(codeOf(server.data, await page.locator('[name=code_id]').inputValue()));
  await page.getByRole('button', { name: 'Link zusenden' }).click();
  await page.getByRole('heading', { name: 'Sehen Sie in Ihre E-Mails' }).waitFor();
  const letter = await mail.letter();
  assert.match(letter.text, /eröffnet es, einmal, in den nächsten 24 Stunden/);
  await page.goto(linkIn(letter));
  await page.getByRole('button', { name: 'Konto eröffnen' }).click();
  await page.locator('#new_password').fill(PASSWORD);
  await page.locator('#again').fill(PASSWORD);
  await page.locator('main button').click();
  await page.locator('main form button').click();
  const key = (await page.locator('code.told').textContent()).trim();
  await page.locator('#code').fill(totp(key));
  await page.locator('main form button.main').click();
  await page.locator('main a.button').click();
  await page.goto(`${server.address}/console/tenants`);
  assert.equal(await page.locator('tbody tr').count(), 1);
  assert.equal(await page.locator('td code').textContent(), '150002');
  await context.close();
});

test('those who run the server extend, suspend and activate by buttons', async () => {
  const page = await newVisitor(browser);
  await setUp(page, server.link());
  await page.goto(`${server.address}/console/tenants`);
  const row = page.locator('tr', { hasText: '150001' });
  const before = await row.locator('time').textContent();
  await row.getByRole('link', { name: 'Edit' }).click();
  await lookAt(page, 'trial');
  await page.getByRole('button', { name: 'Extend the trial by 30 days' }).click();
  await page.getByText('is saved.').waitFor();
  await page.getByRole('button', { name: 'Suspend' }).click();
  await page.getByRole('button', { name: 'End the suspension' }).waitFor();
  await page.goto(`${server.address}/console/tenants`);
  await row.getByText('suspended').waitFor();
  const later = await row.locator('time').textContent();
  assert.equal((new Date(later.replace(' UTC', 'Z').replace(' ', 'T')) - new Date(before.replace(' UTC', 'Z').replace(' ', 'T'))) / 86_400_000, 30);
  await row.getByRole('link', { name: 'Edit' }).click();
  await page.getByRole('button', { name: 'Activate (no trial)' }).click();
  await page.getByText('is saved.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Extend the trial by 30 days' }).count(), 0);
  await assertFits(page);
  await page.goto(`${server.address}/console/tenants`);
  await row.getByText('active', { exact: true }).waitFor();
  assert.deepEqual(page.complaints, []);
});
