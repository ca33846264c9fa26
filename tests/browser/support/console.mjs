// A server whose console is used, and an administrator who signs in: for the tests of the console.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COLOURS, findings, keepPicture } from './browser.mjs';
import { program, run } from './server.mjs';

export const PASSWORD = 'four words that do not belong together';
export const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 900 } };

/** A server on a free port, with what `toml` describes, after the sub-commands in `first`; `link()` is a sign-in link of the first administrator. */
export async function startConsole(toml = '', first = []) {
  const data = mkdtempSync(join(tmpdir(), 'countersign-console-'));
  const call = (...words) => execFileSync(program, ['--data', data, ...words], { encoding: 'utf8' });
  call('init');
  if (toml) {
    const file = join(data, 'tenants.toml');
    writeFileSync(file, toml);
    call('apply', file);
  }
  first.forEach((words) => call(...words));
  const running = await run(['--data', data, 'serve', '--listen', '127.0.0.1:0'], /listening on (http:\/\/\S+)/);
  const address = running.found[1];
  return {
    address,
    data,
    call,
    link: () => address + /\/console\/link\/\S+/.exec(call('admin', 'password'))[0],
    close: async () => {
      await running.stop();
      rmSync(data, { recursive: true });
    },
  };
}

/** A browser of its own; what it complains about is kept in `complaints`. */
export async function newVisitor(browser, options = {}) {
  const context = await browser.newContext({ viewport: SIZES.desk, locale: 'en-GB', ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && page.complaints.push(message.text()));
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  return page;
}

/** The bytes that a text in base32 (RFC 4648) stands for. */
function base32(text) {
  const bits = [...text.replace(/[\s=]/g, '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/** What an authenticator app shows at a moment (RFC 6238), computed by other code than the server's. */
export function totp(key, at = Date.now()) {
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', base32(key)).update(step).digest();
  const from = mac.at(-1) & 15;
  return String((mac.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** The code before the present one, which the server takes too, and the present one: two that are good now, each once. */
export async function twoCodes(key) {
  const left = 30_000 - Date.now() % 30_000;
  // Towards the end of a step the earlier code could be too old on arrival.
  if (left < 12_000) await new Promise((resolve) => { setTimeout(resolve, left + 50); });
  const now = Date.now();
  return [totp(key, now - 30_000), totp(key, now)];
}

/**
 * Follows a sign-in link, chooses the password and sets the second factor up; gives the recovery codes.
 * @param {(key: string) => string[] | Promise<string[]>} [codesOf] the code to give, and the one for the next time, if it is soon:
 *     by default the present one, which stays good for half a minute at least
 */
export async function setUp(page, link, seen = async () => {}, codesOf = (key) => [totp(key)]) {
  await page.goto(link);
  await seen('link');
  await page.locator('main button').click();
  await page.locator('#new_password').fill(PASSWORD);
  await page.locator('#again').fill(PASSWORD);
  await seen('password');
  await page.locator('main button').click();
  await seen('factor');
  await page.locator('main form button').click();
  const key = (await page.locator('code.told').textContent()).trim();
  await seen('factor-key');
  const [code, next] = await codesOf(key);
  await page.locator('#code').fill(code);
  await page.locator('main form button.main').click();
  const recovery = await page.locator('.codes li').allTextContents();
  await seen('recovery');
  await page.locator('main a.button').click();
  await page.waitForURL('**/console/');
  return { next, recovery };
}

/** Signs in with the password; what is owed next is the code. */
export async function sendPassword(page, address, name = 'admin', password = PASSWORD) {
  await page.goto(`${address}/console/sign-in`);
  await page.locator('#login_name').fill(name);
  await page.locator('#password').fill(password);
  await page.locator('main button.main').click();
}

/** Looks at a page by day and by night, on a phone and on a desk: it fits, axe finds nothing. */
export async function lookAt(page, name) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await assertFits(page);
      const rules = colorScheme === 'dark' ? COLOURS : undefined;
      assert.deepEqual(await findings(page, rules), [], `${name} on a ${size}, ${colorScheme}`);
      await keepPicture(page, `console-${name}-${size}-${colorScheme}`);
    }
  }
  await page.setViewportSize(SIZES.desk);
  await page.emulateMedia({ colorScheme: 'light' });
}

/** A page fits its window: nothing is to be scrolled sideways. */
export async function assertFits(page) {
  // Before its style is there a page is laid out otherwise.
  await page.waitForLoadState('load');
  const { wide, parts } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth - innerWidth,
    parts: [...document.body.querySelectorAll('*')].filter((part) => part.getBoundingClientRect().right > innerWidth).map((part) => part.outerHTML.slice(0, 120)),
  }));
  assert.ok(wide <= 0, `${page.url()} is ${wide} points too wide: ${parts.slice(0, 5).join('\n')}`);
}
