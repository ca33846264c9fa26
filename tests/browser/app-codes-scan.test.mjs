// Enrolment by a QR code: through the camera, which here shows a film, and from a picture; without a camera, with one that is refused;
// that the camera is let go of; the browser's own reader; and that the reader in vendor/ is what its authors publish.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { folder } from './support/app.mjs';
import { launchBrowser } from './support/browser.mjs';
import { newPhone, qrFilm, qrPicture, shown, startBank } from './support/codes.mjs';
import { modules, root } from './support/modules.mjs';

const vendored = join(root, 'web/authenticator/vendor/qr');

let bank;
let films;
/** A browser whose camera shows the code of the customer `mobile`, and one without a camera. */
let seeing;
let blind;
before(async () => {
  films = mkdtempSync(join(tmpdir(), 'countersign-films-'));
  bank = await startBank();
  const film = join(films, 'code.y4m');
  writeFileSync(film, qrFilm(bank.uris.mobile));
  [seeing, blind] = await Promise.all([
    launchBrowser(['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${film}`], { whole: true }), launchBrowser([], { whole: true }),
  ]);
});
after(async () => {
  await Promise.all([seeing?.close(), blind?.close()]);
  await bank?.close();
  rmSync(films, { recursive: true });
});
afterEach(async () => {
  for (const browser of [seeing, blind]) for (const context of browser.contexts()) await context.close();
});

/** A phone on the screen that adds codes; what is opened and let go of is kept in `window.tracks`. */
async function enrolling(browser, { camera = false, script = () => {}, worker = false } = {}) {
  const { context, tab } = await newPhone(browser, bank.address, { worker });
  if (camera) await context.grantPermissions(['camera'], { origin: bank.address });
  await context.addInitScript(() => {
    window.tracks = [];
    const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
    if (open) navigator.mediaDevices.getUserMedia = async (wish) => {
      const stream = await open(wish);
      window.tracks.push(...stream.getTracks());
      return stream;
    };
  });
  await context.addInitScript(script);
  return tab('enrol');
}
const tracks = (page) => page.evaluate(() => window.tracks.map((track) => track.readyState));
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const status = (page) => page.locator('.scanner [role="status"]');

async function choose(page, file) {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), press(page, 'Choose a picture')]);
  await chooser.setFiles(file);
}

test('a code is enrolled through the camera, and its response is accepted', async () => {
  const page = await enrolling(seeing, { camera: true });
  assert.deepEqual(await tracks(page), [], 'the camera was opened before anybody asked for it');
  await press(page, 'Scan a QR code');
  await page.getByRole('heading', { name: 'Add this code?' }).waitFor();
  assert.match(await page.locator('.facts').textContent(), /ONLINEBANK.*mobile.*OCRA-1:HOTP-SHA1-6:QN08.*OCRA-1:HOTP-SHA1-8:QA64/);
  assert.deepEqual(await tracks(page), ['ended']);
  await press(page, 'Add');
  await page.getByRole('link', { name: 'Answer a challenge' }).click();
  await page.getByLabel('Challenge code').fill(await bank.challenge('mobile'));
  await press(page, 'Generate response');
  assert.equal(await bank.accepts('mobile', 'ASYNCHRONOUS', await shown(page.locator('.result'))), true);
  assert.deepEqual(page.complaints, []);
});

test('a code is enrolled from a picture, small or large', async () => {
  for (const [cell, user] of [[3, 'counted'], [16, 'hashed']]) {
    const page = await enrolling(blind);
    await press(page, 'Scan a QR code');
    await status(page).getByText('No camera could be opened.').waitFor();
    await choose(page, qrPicture(bank.uris[user], cell));
    await page.getByRole('heading', { name: 'Add this code?' }).waitFor();
    assert.match(await page.locator('.facts').textContent(), new RegExp(`Account${user}`));
  }
});

test('what is no picture, and a picture without a code, is said to be that', async () => {
  const page = await enrolling(blind);
  await press(page, 'Scan a QR code');
  // What is said of the camera comes first, or it would take the place of what is said of the picture.
  await status(page).getByText('No camera could be opened.').waitFor();
  await choose(page, { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
  await status(page).getByText('This file is no picture').waitFor();
  await choose(page, { name: 'a.png', mimeType: 'image/png', buffer: await page.screenshot() });
  await status(page).getByText('No QR code was found in this picture.').waitFor();
  await choose(page, qrPicture('https://example.com/'));
  await page.getByText('This is no QR code for this app.').waitFor();
});

test('a camera that the user refuses leaves the picture as the way', async () => {
  const page = await enrolling(seeing);
  await press(page, 'Scan a QR code');
  await status(page).getByText('The browser does not let this app use the camera.').waitFor();
  await choose(page, qrPicture(bank.uris.time));
  await page.getByRole('heading', { name: 'Add this code?' }).waitFor();
});

test('the app starts and reads a picture without a network', { skip: folder && 'there is no service worker' }, async () => {
  const page = await enrolling(blind, { worker: true });
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.context().setOffline(true);
  await page.reload();
  await press(page, 'Scan a QR code');
  await choose(page, qrPicture(bank.uris.time));
  await press(page, 'Add');
  assert.match(await shown(page.locator('.now')), /^\d{6}$/);
});

/** A camera that shows nothing that can be read, so that the scanner stays open. */
const nothingToSee = () => {
  CanvasRenderingContext2D.prototype.drawImage = () => {};
};

test('the camera is let go of when scanning is given up, the screen left or the app put into the background', async () => {
  const page = await enrolling(seeing, { camera: true, script: nothingToSee });
  const scanning = async () => {
    await press(page, 'Scan a QR code');
    await status(page).getByText('Point the camera at the QR code.').waitFor();
    assert.equal((await tracks(page)).at(-1), 'live');
  };
  const released = () => page.waitForFunction(() => window.tracks.every((track) => track.readyState === 'ended'));
  await scanning();
  await press(page, 'Cancel');
  await released();
  assert.equal(await page.locator('.scanner').count(), 0);
  await scanning();
  const hide = (state) => page.evaluate((value) => Object.defineProperty(document, 'visibilityState', { value, configurable: true }), state);
  await hide('hidden');
  await released();
  await hide('visible');
  await page.waitForFunction(() => window.tracks.at(-1).readyState === 'live');
  await page.goto(`${bank.address}/app/#/codes`);
  await released();
});

test('the browser’s own reader is asked first, and one that does not work is passed over', async () => {
  const own = await enrolling(blind, { script: () => {
    window.BarcodeDetector = class {
      static async getSupportedFormats() { return ['qr_code']; }
      async detect() { return [{ rawValue: 'otpauth://totp/Own:reader?secret=AAAAAAAA' }]; }
    };
  } });
  await press(own, 'Scan a QR code');
  await choose(own, qrPicture(bank.uris.time));
  assert.match(await own.locator('.facts').textContent(), /Own.*reader/);
  for (const broken of [
    () => { window.BarcodeDetector = class { static async getSupportedFormats() { return ['qr_code']; } async detect() { throw new Error('no service'); } }; },
    () => { window.BarcodeDetector = class { static async getSupportedFormats() { return ['ean_13']; } async detect() { return [{ rawValue: 'wrong' }]; } }; },
  ]) {
    const page = await enrolling(blind, { script: broken });
    await press(page, 'Scan a QR code');
    await choose(page, qrPicture(bank.uris.time));
    assert.match(await page.locator('.facts').textContent(), /ONLINEBANK.*time/);
  }
});

test('the reader in vendor is what its authors publish, and the list of its files is right', () => {
  const listed = readFileSync(join(vendored, 'SOURCE.txt'), 'utf8');
  const { version } = JSON.parse(readFileSync(join(modules, 'qr/package.json'), 'utf8'));
  assert.match(listed, new RegExp(`^Package: qr ${version.replaceAll('.', '\\.')},`, 'm'));
  const files = readdirSync(vendored).filter((name) => name !== 'SOURCE.txt').sort();
  const sums = listed.matchAll(/^([0-9a-f]{64}) {2}(\S+)$/gm);
  assert.deepEqual(Array.from(sums, ([, sum, name]) => [name, sum]), files.map((name) => {
    const bytes = readFileSync(join(vendored, name));
    assert.ok(bytes.equals(readFileSync(join(modules, 'qr', name))), `${name} is not the one of qr ${version}`);
    return [name, createHash('sha256').update(bytes).digest('hex')];
  }));
});
