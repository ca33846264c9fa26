// Tenants that ask phones, and phones that have the app: for the tests of linking and approvals.
//
// COUNTERSIGN_APP_FOLDER serves the app's files from a folder instead of from the program, so that a change need not be compiled in;
// there is no service worker then, and the tests that need one are skipped.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { program, run } from './server.mjs';

export const folder = process.env.COUNTERSIGN_APP_FOLDER;
export const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.webmanifest': 'application/manifest+json' };

/** By number: what is different about each. */
const TENANTS = {
  40007: ['Online Bank', 'pin = "server"'],
  40008: ['Teapot & Söhne', 'number_matching = true\n  pin = "server"'],
  40009: ['Strict Bank', 'pin = "tenant"\n  decline_word = "NO"'],
  40010: ['Quick Bank', 'pending_s = 4'],
};
const KINDS = { OK: ['AUTH_OK', 101], PIN: ['AUTH_PIN', 102], PIN_TAN: ['AUTH_PIN_TAN', 103], BIOMETRIC_OK: ['AUTH_BIOMETRIC_OK', 107], SET_PIN: ['SET_PIN', 105], FORGET: ['USER_FORGOT_PIN', 106], FALLBACK: ['FALLBACK', 108], DEVICE_INFO: ['DEVICE_INFO', 104] };

/** A server with these tenants, and `more` options; `ask` and `check` are what their servers do. */
export async function startBanks(...more) {
  const data = mkdtempSync(join(tmpdir(), 'countersign-app-'));
  const file = join(data, 'banks.toml');
  const tenants = Object.entries(TENANTS).map(([id, [name, lines]]) => `[[tenant]]
name = "T${id}"
display_name = "${name}"
  [tenant.okay]
  id = ${id}
  secret = "secret-of-${id}-that-is-long-enough-for-all"
  starts_per_5_min = 1000
  ${lines}
`);
  writeFileSync(file, tenants.join(''));
  execFileSync(program, ['--data', data, 'init'], { stdio: 'pipe' });
  execFileSync(program, ['--data', data, 'apply', file], { stdio: 'pipe' });
  const serve = (listen) => run(['--data', data, 'serve', '--listen', listen, ...more], /listening on (http:\/\/\S+)/);
  let running = await serve('127.0.0.1:0');
  const address = running.found[1];
  const sign = (id, fields) => createHash('sha256').update(fields.join('')).update(`secret-of-${id}-that-is-long-enough-for-all`).digest('base64');
  const post = async (path, body) => {
    const answer = await (await fetch(`${address}/gateway/${path}`, { method: 'POST', body: JSON.stringify(body) })).json();
    if (![0, -1].includes(answer.status.code) && path !== 'check') throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  return {
    address,
    /** Where phones open it: a name, for which browsers do WebAuthn. */
    app: `${address.replace('127.0.0.1', 'localhost')}/app/`,
    program: (...words) => execFileSync(program, ['--data', data, ...words], { encoding: 'utf8' }),
    link: async (user, id = 40007) => (await post('link', { tenantId: id, userExternalId: user, signature: sign(id, [id, user]) })).linkingCode,
    ask: async (user, kind = 'OK', { id = 40007, header = 'Authorization requested', text = 'Do you okay this transaction?' } = {}) => {
      const [type, number] = KINDS[kind];
      const info = { tenantId: id, userExternalId: user, type, sessionParams: { deviceData: 'isBioEnabled' }, signature: sign(id, [id, user, 'isBioEnabled', number]) };
      const asked = { tenantId: id, userExternalId: user, type, authParams: { guiHeader: header, guiText: text }, signature: sign(id, [id, user, header, text, number]) };
      const { sessionExternalId, matchNumber } = await post('auth', kind === 'DEVICE_INFO' ? info : asked);
      return { session: sessionExternalId, number: matchNumber };
    },
    check: async (session, id = 40007) => post('check', { tenantId: id, sessionExternalId: session, signature: sign(id, [id, session]) }),
    stop: () => running.stop(),
    startAgain: async () => { running = await serve(new URL(address).host); },
    close: async () => {
      await running.stop();
      rmSync(data, { recursive: true });
    },
  };
}

/** A phone: a browser profile of its own. What the browser complains about is kept in `complaints`; the service worker runs where `worker` says so. */
export async function newPhone(browser, { worker = false, ...options } = {}) {
  const context = await browser.newContext({ viewport: SIZES.phone, locale: 'en-GB', serviceWorkers: worker && !folder ? 'allow' : 'block', ...options });
  context.complaints = [];
  // Without its worker the app keeps no copy of itself, which takes seconds for each phone.
  if (!worker || folder) await context.addInitScript(() => { delete Navigator.prototype.serviceWorker; });
  if (folder) {
    await context.route('**/app/**', async (route) => {
      const path = new URL(route.request().url()).pathname.slice('/app/'.length) || 'index.html';
      const name = join(folder, path);
      if (!existsSync(name)) return route.continue();
      const headers = (await fetch(route.request().url())).headers;
      return route.fulfill({ body: readFileSync(name), contentType: TYPES[extname(name)], headers: { 'content-security-policy': headers.get('content-security-policy') ?? '' } });
    });
  }
  return context;
}

/** A tab of the phone, at a place of the app. */
export async function openApp(phone, bank, place = '') {
  const page = await phone.newPage();
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && phone.complaints.push(message.text()));
  page.on('pageerror', (error) => phone.complaints.push(String(error)));
  await page.goto(bank.app + place);
  await page.locator('main h1').waitFor();
  return page;
}

/** A phone that can verify its user, or pretends that the user gives up. */
export async function withFinger(page, verifies = true) {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options: {
    protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: verifies, automaticPresenceSimulation: true } });
  return { forgets: () => session.send('WebAuthn.clearCredentials', { authenticatorId }), verifies: (yes) => session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: yes }) };
}

/** Links a tab's phone to a user by typing the code. */
export async function linkByTyping(page, bank, user, id = 40007) {
  const code = await bank.link(user, id);
  await page.goto(`${bank.app}#/link`);
  await page.getByLabel('Linking code').fill(code);
  await page.getByRole('button', { name: 'Link', exact: true }).click();
  await page.getByRole('heading', { name: 'Linked' }).waitFor();
  await page.getByRole('link', { name: 'To the approvals' }).click();
  await page.getByRole('heading', { name: 'Approvals' }).waitFor();
}

/** Opens what waits, and waits until it can be approved. */
export async function openApproval(page, name = /./) {
  await page.locator('a.waiting', { hasText: name }).first().click();
  await page.locator('.question').waitFor();
}

export const button = (page, name) => page.getByRole('button', { name, exact: true });
export const title = (page, name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
