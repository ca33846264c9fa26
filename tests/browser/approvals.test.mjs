// The demo's website whose customers approve on a phone: every way a session ends, hostile texts, forged callbacks, and how it
// looks, kept as pictures in the folder COUNTERSIGN_SCREENSHOTS.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { COLOURS, PATIENCE_MS, findings, keepPicture, launchBrowser } from './support/browser.mjs';
import { startDemo } from './support/server.mjs';

const HOSTILE = '<img src=x on' + 'error="document.title=1">\u202Egpj.exe\u200b';
const SIZES = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 800 } };

let demo;
let browser;
let folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-phones-'));
  [demo, browser] = await Promise.all([startDemo(), launchBrowser()]);
});
after(async () => {
  await browser?.close();
  await demo?.close();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

/** The page about a user; what the browser complains about is kept in `page.complaints`. */
async function open(user, options = {}) {
  const page = await (await browser.newContext(options)).newPage();
  page.complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && page.complaints.push(message.text()));
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  await page.goto(`${demo.okayWebsite}/?user=${encodeURIComponent(user)}`);
  return page;
}

/** Runs a command that the page shows, as somebody who pastes it into a shell. */
const paste = async (page, label) => {
  const text = await page.getByRole('group', { name: label, exact: true }).textContent();
  execFileSync('sh', ['-c', text], { cwd: folder, stdio: 'pipe', timeout: PATIENCE_MS });
};
const state = (page, wanted) => page.waitForFunction((text) => document.getElementById('state').textContent.includes(text), wanted);
const entry = (page, wanted) => page.locator('#entries > li', { hasText: wanted }).first().waitFor();

async function linked(user, options) {
  const page = await open(user, options);
  await page.getByRole('button', { name: 'Get a linking code' }).click();
  await paste(page, 'Link a software phone');
  await entry(page, 'Callback 101, a phone was linked · ✓ verified');
  return page;
}

async function ask(page, label, texts = {}) {
  await page.getByLabel('What the phone asks for').selectOption({ label });
  for (const [name, text] of Object.entries(texts)) await page.getByLabel(name, { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Ask the phone' }).click();
  await state(page, 'Waiting').catch(async (error) => { throw new Error(`${label}: ${await page.locator('#state').textContent()}`, { cause: error }); });
}

test('every kind of question is asked, answered, watched and called back', async () => {
  const page = await linked('every kind');
  for (const [label, command, end] of [
    ['Yes or no', 'Approve', 'Approved'],
    ['Yes or no', 'Decline', 'Declined (CANCEL)'],
    ['A new PIN', 'Approve, with 1234 as the new PIN', 'A new PIN was set'],
    ['A PIN', 'Approve', 'Approved with the PIN'],
    ['A PIN, then the number that this page shows', 'Approve', 'Approved with the PIN'],
    ['A PIN instead of biometrics', 'Approve', 'Approved with the PIN'],
    ['Biometrics', 'Approve', 'Approved, and the phone made sure by whom'],
    ['What the phone can do', 'Approve', 'The phone can: isBiometryEnabled=1;'],
    ['That the PIN be forgotten', 'Approve', 'The PIN was forgotten'],
  ]) {
    const before = await page.locator('#entries > li', { hasText: '✓ verified' }).count();
    await ask(page, label);
    await paste(page, command);
    await state(page, end);
    await page.waitForFunction((count) => [...document.querySelectorAll('#entries > li')]
      .filter((item) => item.textContent.includes('✓ verified')).length > count, before);
  }
  assert.deepEqual(page.complaints, []);
});

test('a refusal says what to do, and a pending question goes on being watched', async () => {
  const page = await open('nobody');
  await page.getByRole('button', { name: 'Ask the phone' }).click();
  await state(page, '101 UserNotLinked');
  assert.match(await page.locator('#detail').textContent(), /Link a phone first/);
  const busy = await linked('busy');
  await ask(busy, 'Yes or no');
  await busy.getByRole('button', { name: 'Ask the phone' }).click();
  await state(busy, '101 BadTenantSession');
  await paste(busy, 'Decline');
  await state(busy, 'Declined');
});

test('hostile texts are shown and do nothing', async () => {
  const page = await linked(HOSTILE);
  const title = await page.title();
  await ask(page, 'Yes or no', { Headline: HOSTILE, Text: `${HOSTILE}\n'; touch pasted; '` });
  await paste(page, 'Approve');
  await state(page, 'Approved');
  for (const item of await page.locator('#entries summary').all()) await item.click();
  assert.equal(await page.title(), title);
  assert.equal(await page.locator('#entries img').count(), 0);
  assert.match(await page.locator('#entries').textContent(), /\\u\{202e\}gpj\.exe\\u\{200b\}/);
  assert.deepEqual(page.complaints, []);
});

test('a forged callback is refused and shown as such, and no other website can ask', async () => {
  const page = await linked('forged');
  const post = (path, type, body) => fetch(`${demo.okayWebsite}/${path}`, { method: 'POST', headers: { 'Content-Type': type }, body: JSON.stringify(body) });
  const forged = { type: 102, userExternalId: 'forged', sessionExternalId: '1', authResult: { dataType: 103, data: 'OK' }, status: { code: 0, message: 'OK' }, signature: 'x' };
  assert.equal((await post('callback', 'application/json', forged)).status, 401);
  await entry(page, 'Something that calls itself a callback; it is not kept · ✗ refused');
  assert.equal((await post('link', 'text/plain', { user: 'forged' })).status, 415);
  const answer = await fetch(demo.okayWebsite);
  const policy = answer.headers.get('content-security-policy');
  assert.ok(policy.includes("default-src 'none'") && policy.includes("script-src 'self';") && policy.includes("frame-ancestors 'none'") && !policy.includes('unsafe'), policy);
});

test('the keyboard alone links and asks, and what happened is announced', async () => {
  const page = await open('keyboard');
  await page.getByLabel('User id').focus();
  const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
  await press('Tab', 'Tab', 'Enter');
  await page.getByText('The linking code is').waitFor();
  assert.match(await page.getByRole('status').filter({ hasText: 'The linking code is' }).textContent(), /(\d ){5}\d\./);
  await paste(page, 'Link a software phone');
  await page.getByRole('status').filter({ hasText: 'Callback 101, a phone was linked, signature verified' }).waitFor();
  await page.getByLabel('Text', { exact: true }).focus();
  await press('Tab', 'Enter');
  await page.getByRole('status').filter({ hasText: 'Waiting for the phone' }).waitFor();
});

for (const [size, viewport] of Object.entries(SIZES)) {
  test(`it has no findings and no sideways scrolling, in light and in dark: ${size}`, async () => {
    const page = await linked(size, { viewport });
    await ask(page, 'What the phone can do');
    await paste(page, 'Approve');
    await state(page, 'The phone can');
    await ask(page, 'Yes or no');
    await page.locator('#entries summary').nth(1).click();
    for (const [colorScheme, rules] of [['light'], ['dark', COLOURS]]) {
      await page.emulateMedia({ colorScheme });
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      await keepPicture(page, `approvals-${size}-${colorScheme}`);
      assert.deepEqual(await findings(page, rules), []);
    }
  });
}
