// A bank whose customers make codes on the phone, and a phone that has the app: for the tests of offline codes and of the scanner.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newPhone as newProfile } from './app.mjs';
import { modules } from './modules.mjs';
import { program, run } from './server.mjs';

const require = createRequire(join(modules, 'anything.js'));
const drawing = require('qrcode-generator');

export const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

/** Authenticators of one user each, named after the user. */
const DEVICES = [
  ['time', 'kind = "totp"'],
  ['count', 'kind = "hotp"\n    digits = 8'],
  ['plain', 'kind = "ocra"'],
  ['mobile', 'kind = "ocra"\n    product = "MobileID"'],
  ['counted', 'kind = "ocra"\n    suite = "OCRA-1:HOTP-SHA256-8:C-QA10"\n    signature_suite = "OCRA-1:HOTP-SHA256-8:C-QA64"'],
  ['hashed', 'kind = "ocra"\n    suite = "OCRA-1:HOTP-SHA512-8:QH40-PSHA256"\n    signature_suite = "OCRA-1:HOTP-SHA1-8:C-QH64-PSHA1"\n    pin = "0042"'],
  ['timed', 'kind = "ocra"\n    suite = "OCRA-1:HOTP-SHA1-6:QN08-T1M"\n    signature_suite = "OCRA-1:HOTP-SHA1-8:QH40-T1M"'],
];

/** A server with one user for each device; `uris` are what `apply --show-secrets` printed, by user. */
export async function startBank() {
  const data = mkdtempSync(join(tmpdir(), 'countersign-codes-'));
  const file = join(data, 'bank.toml');
  const users = DEVICES.map(([name, lines]) => `  [[tenant.user]]
  login_name = "${name}"
  external_id = "${name}"
    [[tenant.user.authenticator]]
    serial = "${name}"
    device_id = "${name}"
    policies = ["${name === 'hashed' ? 'AT_FIELDS' : 'AT_CUSTOTP'}"]
    secret = { generate = true }
    ${lines}
`);
  writeFileSync(file, `[[tenant]]
name = "ONLINEBANK"
display_name = "Online Bank"
  [[tenant.client]]
  id = "spl-api"
  secret = "a-secret-of-the-portal-that-only-tests-know"
  grants = ["client_credentials", "password"]
  protocols = ["activid", "dualshield"]
  [[tenant.policy]]
  code = "AT_CUSTOTP"
  max_failures = 100
  [[tenant.policy]]
  code = "AT_FIELDS"
${users.join('')}`);
  execFileSync(program, ['--data', data, 'init'], { stdio: 'pipe' });
  const applied = JSON.parse(execFileSync(program, ['--data', data, '--json', 'apply', file, '--show-secrets'], { encoding: 'utf8' }));
  const uris = Object.fromEntries(applied.generated.map(({ serial, secret }) => [serial, secret]));
  const running = await run(['--data', data, 'serve', '--listen', '127.0.0.1:0'], /listening on http:\/\/127\.0\.0\.1:(\d+)/);
  const address = `http://localhost:${running.found[1]}`;
  const close = async () => {
    await running.stop();
    rmSync(data, { recursive: true });
  };
  return { address, uris, ...portal(address), close };
}

/** What the bank's portal does over the ActivID protocol. */
function portal(address) {
  const form = (path, members, headers = {}) => fetch(`${address}/idp/ONLINEBANK/authn/${path}`, { method: 'POST', headers, body: new URLSearchParams(members) });
  let token;
  const bearer = async () => {
    token ??= (await (await form('token', { grant_type: 'client_credentials', client_id: 'spl-api', client_secret: 'a-secret-of-the-portal-that-only-tests-know' })).json()).access_token;
    return { Authorization: `Bearer ${token}` };
  };
  const policy = (user) => (user === 'hashed' ? 'AT_FIELDS' : 'AT_CUSTOTP');
  /** Whether a code is accepted; the answer's error where it is not. */
  const accepts = async (user, mode, password, more = {}) => {
    const answer = await form('token', { mode, password, grant_type: 'password', authType: policy(user), client_id: 'spl-api', username: user, ...more }, await bearer());
    const body = await answer.json();
    return body.access_token ? true : body.error_description;
  };
  /** A challenge for the user, as a portal shows it. */
  const challenge = async (user) => {
    const schema = 'urn:hid:scim:api:idp:2.0:Action';
    const answer = await fetch(`${address}/scim/ONLINEBANK/v2/Authenticator/.${policy(user)}`, {
      method: 'POST', headers: { ...await bearer(), 'Content-Type': 'application/scim+json' },
      body: JSON.stringify({ schemas: [schema], [schema]: { action: 'USER-CHALLENGE', attributes: [{ name: 'USER.EXTERNALID', value: user }] } }),
    });
    const { attributes } = await answer.json();
    return attributes.find(({ name }) => name === 'CHALLENGE').value;
  };
  /** The fields of a transaction, as a portal sends them. */
  const context = (...values) => ({ context: values.map((value, at) => `sign${at + 1}:${value}:false`).join(' ') });
  return { accepts, challenge, context };
}

/** A phone of its own, with nothing kept on it: `tab(place)` opens the app there; complaints of the browser are in `page.complaints`. */
export async function newPhone(browser, address, options = {}) {
  const context = await newProfile(browser, options);
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: address });
  const tab = async (place = 'codes') => {
    const page = await context.newPage();
    page.complaints = [];
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && page.complaints.push(message.text()));
    page.on('pageerror', (error) => page.complaints.push(String(error)));
    await page.goto(`${address}/app/#/${place}`);
    await page.locator('h1').waitFor();
    return page;
  };
  return { context, tab };
}

/** Adds a code by its URI, as somebody who pastes it. */
export async function enrol(page, uri, name = '') {
  await page.goto(page.url().replace(/#.*/, '#/enrol'));
  await page.getByLabel('Or paste the address').fill(uri);
  await page.getByRole('button', { name: 'Go on' }).first().click();
  await page.getByLabel('Your name for it').fill(name);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('heading', { name: 'Codes', exact: true }).waitFor();
}

/** The digits that an element shows. */
export const shown = (place) => place.locator('[data-code]').first().getAttribute('data-code');

/** The dark modules of a QR code, drawn by another program than the one that reads it here. */
export function modulesOf(text) {
  const code = drawing(0, 'M');
  code.addData(text, 'Byte');
  code.make();
  const side = code.getModuleCount();
  return { side, dark: (x, y) => x >= 0 && y >= 0 && x < side && y < side && code.isDark(y, x) };
}

/** A QR code as a picture in a file (GIF). */
export function qrPicture(text, cell = 6) {
  const code = drawing(0, 'M');
  code.addData(text, 'Byte');
  code.make();
  return { name: 'code.gif', mimeType: 'image/gif', buffer: Buffer.from(code.createDataURL(cell, 4 * cell).split(',')[1], 'base64') };
}

/** A film of 640 by 480 (Y4M) that shows the QR code, for a camera that is none; without a text it shows grey. */
export function qrFilm(text) {
  const [width, height] = [640, 480];
  const luma = Buffer.alloc(width * height, 150);
  if (text) {
    const { side, dark } = modulesOf(text);
    const cell = Math.floor(440 / (side + 8));
    const whole = cell * (side + 8);
    const [left, top] = [(width - whole) >> 1, (height - whole) >> 1];
    for (let y = 0; y < whole; y++) {
      for (let x = 0; x < whole; x++) {
        luma[(top + y) * width + left + x] = dark(Math.floor(x / cell) - 4, Math.floor(y / cell) - 4) ? 25 : 225;
      }
    }
  }
  const frame = [Buffer.from('FRAME\n'), luma, Buffer.alloc(width * height / 2, 128)];
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`), ...Array(5).fill(frame).flat()]);
}
