// How the screens of offline codes look: no finding of axe, nothing that has to be scrolled sideways, every word there in every
// language; pictures of all of them in the folder COUNTERSIGN_SCREENSHOTS, if there is one.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SIZES as USUAL } from './support/app.mjs';
import { COLOURS, findings, keepPicture, launchBrowser } from './support/browser.mjs';
import { enrol, newPhone, qrFilm, SECRET, startBank } from './support/codes.mjs';

const SIZES = { ...USUAL, narrow: { width: 320, height: 640 } };
const HOSTILE = '<img src=x on' + 'error="document.title=1">‮gpj.exe​';

let bank;
let browser;
let folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-films-'));
  const film = join(folder, 'grey.y4m');
  writeFileSync(film, qrFilm(''));
  [bank, browser] = await Promise.all([startBank(), launchBrowser(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${film}`])]);
});
after(async () => {
  await browser?.close();
  await bank?.close();
  rmSync(folder, { recursive: true });
});

/** The screens, each with the way to it from a phone with all kinds of codes; by position, since the words differ by language. */
const SCREENS = {
  codes: (go) => go('codes'),
  'codes-pressed': async (go, page) => {
    await go('codes');
    await page.locator('.codes .card').nth(1).getByRole('button').first().click();
    await page.locator('.codes .card').nth(1).locator('[data-code]').waitFor();
  },
  code: (go) => go('code/3'),
  'code-remove': async (go, page) => {
    await go('code/1');
    await page.locator('button.bad').click();
    await page.getByRole('dialog').waitFor();
  },
  enrol: (go) => go('enrol'),
  'enrol-hand': async (go, page) => {
    await go('enrol');
    await page.locator('summary').click();
    await page.locator('select').first().selectOption('ocra');
    await page.locator('details form button').click();
    await page.locator('details .wrong:not(:empty)').waitFor();
  },
  'enrol-check': async (go, page) => {
    await go('enrol');
    await page.locator('form input').first().fill(`otpauth://ocra/Other:1?secret=${SECRET}&suite=OCRA-1:HOTP-SHA1-8:QN08&signature_suite=OCRA-1:HOTP-SHA1-8:C-QA64&signature_counter=0&field=Account&field=Amount`);
    await page.locator('form button').first().click();
    await page.locator('.facts').waitFor();
  },
  scanner: async (go, page) => {
    await go('enrol');
    await page.locator('button.main').first().click();
    await page.locator('.scanner.seeing').waitFor();
  },
  respond: async (go, page) => {
    await go('respond/3');
    await page.locator('.challenge').fill('07880384');
    await page.locator('form button[type="submit"]').click();
    await page.locator('.result').waitFor();
  },
  'respond-wrong': async (go, page) => {
    await go('respond/4');
    await page.locator('.challenge').fill('07880384x');
    await page.locator('form button[type="submit"]').click();
    await page.locator('.wrong:not(:empty)').waitFor();
  },
  sign: async (go, page) => {
    await go('sign/3');
    for (const [at, value] of ['AccountId1', 'TransactionId1', '10000'].entries()) await page.locator('form .field input').nth(at).fill(value);
    await page.locator('form button[type="submit"]').click();
    await page.locator('.result').waitFor();
  },
};

/** A phone with one code of each kind, and one with a hostile name. */
async function fullPhone(options) {
  const { context, tab } = await newPhone(browser, bank.address, { ...options, locale: 'en-GB' });
  await context.grantPermissions(['camera', 'clipboard-write'], { origin: bank.address });
  const page = await tab('codes');
  for (const user of ['time', 'count', 'plain', 'hashed']) await enrol(page, bank.uris[user]);
  await enrol(page, `otpauth://totp/${encodeURIComponent(HOSTILE)}:${encodeURIComponent('a'.repeat(80))}?secret=MZXW6YTBOI&period=60&digits=8`);
  const go = async (place) => {
    await page.goto(`${bank.address}/app/#/${place}`);
    await page.reload();
    await page.locator('h1').waitFor();
  };
  return { context, page, go };
}

/** Judges the whole page at once, as tall as it is: what lies behind the places at its foot can be scrolled out of there. */
async function judge(page, name, rules) {
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} has to be scrolled sideways`);
  const usual = page.viewportSize();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: usual.width, height: Math.max(usual.height, height) });
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))));
  await keepPicture(page, `app-${name}`, {});
  assert.deepEqual(await findings(page, rules), [], name);
  await page.setViewportSize(usual);
}

for (const [size, first, second] of [['phone', 'light', 'dark'], ['desk', 'light'], ['narrow', 'dark']]) {
  test(`the screens have no findings: ${size}, ${first}${second ? ` and ${second}` : ''}`, async () => {
    const { context, page, go } = await fullPhone({ viewport: SIZES[size] });
    const title = await page.title();
    await page.emulateMedia({ colorScheme: first });
    for (const [name, way] of Object.entries(SCREENS)) {
      await way(go, page);
      await judge(page, `${name}-${size}-${first}`);
      if (!second) continue;
      await page.emulateMedia({ colorScheme: second });
      await judge(page, `${name}-${size}-${second}`, COLOURS);
      await page.emulateMedia({ colorScheme: first });
    }
    await go('codes');
    assert.equal(await page.title(), title, 'a name was run');
    assert.equal(await page.locator('.codes img').count(), 0);
    assert.match(await page.locator('.codes .card').last().textContent(), /U\+202Egpj\.exeU\+200B/);
    assert.deepEqual(page.complaints, []);
    await context.close();
  });
}

test('a phone without codes says how to get one', async () => {
  const { context, tab } = await newPhone(browser, bank.address);
  const page = await tab('codes');
  await judge(page, 'codes-none-phone-light');
  assert.equal(await page.getByRole('link', { name: 'Add a code' }).count(), 1);
  await context.close();
});

for (const language of ['de', 'fr', 'es']) {
  test(`the screens are whole in another language: ${language}`, async () => {
    const { context, page, go } = await fullPhone({ viewport: SIZES.phone });
    await page.evaluate((tag) => localStorage.setItem('language', tag), language);
    for (const [name, way] of Object.entries(SCREENS)) {
      await way(go, page);
      assert.equal(await page.evaluate(() => document.documentElement.lang), language);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} has to be scrolled sideways`);
      const text = await page.locator('main').innerText();
      assert.doesNotMatch(text, /\{\w+\}|\b(?:codes?|enrol|respond|sign|scan|fault)[A-Z]\w+/, `${name}: a word is missing in ${text}`);
    }
    await context.close();
  });
}

test('every language has the same words with the same places for values', async () => {
  const { context, tab } = await newPhone(browser, bank.address);
  const page = await tab('codes');
  const shapes = await page.evaluate(() => Promise.all(['en', 'de', 'fr', 'es'].map(async (tag) => {
    const { default: words } = await import(`/app/words/${tag}/codes.js`);
    const { default: frame } = await import(`/app/words/${tag}/app.js`);
    const twice = Object.keys(words).filter((key) => key in frame);
    const shape = Object.entries(words).sort().map(([key, word]) => [key, typeof word, [...new Set(JSON.stringify(word).match(/\{\w+\}/g))].sort().join()]);
    return { twice, shape };
  })));
  for (const { twice, shape } of shapes) {
    assert.deepEqual(shape, shapes[0].shape);
    assert.deepEqual(twice, []);
  }
  await context.close();
});

test('the keyboard alone adds a code and answers a challenge, and the response is announced', async () => {
  const { context, tab } = await newPhone(browser, bank.address);
  const page = await tab('enrol');
  await page.getByLabel('Or paste the address').focus();
  await page.keyboard.insertText(bank.uris.plain);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Add this code?' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H2');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Answer a challenge' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Answer a challenge' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.type('07880384');
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: /^Response: (\d ){7}\d$/ }).waitFor();
  await context.close();
});
