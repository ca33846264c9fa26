// Every screen of the app about accounts and approvals as it looks, in light and dark, on a phone and on a desk: without findings of
// axe, and kept as pictures in the folder COUNTERSIGN_SCREENSHOTS, if there is one, for somebody to look at.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { button, linkByTyping, newPhone, openApp, openApproval, SIZES, startBanks, title, withFinger } from './support/app.mjs';
import { COLOURS, findings, keepPicture, launchBrowser } from './support/browser.mjs';

let bank;
let browser;
before(async () => { [bank, browser] = await Promise.all([startBanks(), launchBrowser()]); });
after(async () => {
  await browser?.close();
  await bank?.close();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

let serial = 0;
const place = (name) => async (page) => page.goto(`${bank.app}#/${name}`);
/** A question that waits on an open screen. */
const asked = (kind, more) => async (page, user) => {
  await bank.ask(user, kind, more);
  await openApproval(page);
};
const TEXT = { header: 'Authorise payment', text: 'To: ACME Teapots Ltd\nIBAN: DE02 1203 0000 0000 2020 51\nAmount: 1,250.00 EUR\nReference: invoice 2026-0042' };

/** How to get to each screen; the phone is linked to a user of its own before. */
const SCREENS = {
  approvals: async (page, user) => {
    await linkByTyping(page, bank, user, 40009);
    await bank.ask(user, 'OK', TEXT);
    await bank.ask(user, 'OK', { id: 40009, header: 'Sign-in', text: 'Do you sign in to Strict Bank from Chrome on Windows?' });
    await page.locator('a.waiting').nth(1).waitFor();
  },
  nothing: async () => {},
  approval: asked('OK', TEXT),
  long: asked('OK', { header: 'Terms of a standing order', text: 'A line of the terms.\n'.repeat(60) }),
  hidden: asked('OK', { header: 'Pay 10\u202E0001\u202C EUR', text: 'to AC\u200BME, مرحبا' }),
  'set-pin': asked('SET_PIN', { header: 'A new PIN', text: 'For approvals in this app.' }),
  number: async (page, user) => {
    await linkByTyping(page, bank, user, 40008);
    await bank.ask(user, 'OK', { id: 40008, ...TEXT });
    await openApproval(page, 'Teapot');
  },
  biometrics: async (page, user) => {
    await withFinger(page);
    await asked('BIOMETRIC_OK', TEXT)(page, user);
    await page.getByText('To approve, the phone asks').waitFor();
  },
  'no-biometrics': async (page, user) => {
    await asked('BIOMETRIC_OK', TEXT)(page, user);
    await page.getByText('This phone or browser cannot').waitFor();
  },
  device: async (page, user) => {
    await asked('DEVICE_INFO')(page, user);
    await page.getByText('This is told').waitFor();
  },
  'not-me': async (page, user) => {
    await asked('OK', TEXT)(page, user);
    await button(page, 'This was not me').click();
  },
  approved: async (page, user) => {
    await asked('OK', TEXT)(page, user);
    await button(page, 'Approve').click();
    await title(page, 'Approved');
  },
  declined: async (page, user) => {
    await asked('OK', TEXT)(page, user);
    await button(page, 'Decline').click();
    await title(page, 'Declined');
  },
  history: async (page, user) => {
    await SCREENS.approved(page, user);
    await page.getByRole('link', { name: 'To the approvals' }).click();
    await SCREENS.declined(page, user);
    await place('history')(page);
    await page.locator('summary').last().click();
  },
  link: place('link'),
  'link-wrong': async (page) => {
    await place('link')(page);
    await page.getByLabel('Linking code').fill('1');
    await button(page, 'Link').click();
  },
  linked: async (page, user) => {
    await place('link')(page);
    await page.getByLabel('Linking code').fill(await bank.link(user, 40008));
    await button(page, 'Link').click();
    await title(page, 'Linked');
  },
  accounts: place('accounts'),
  account: async (page) => {
    await place('accounts')(page);
    await page.locator('a.card').click();
    await button(page, 'Unlink this phone').waitFor();
  },
  gone: async (page, user) => {
    const other = await openApp(await newPhone(browser), bank);
    await linkByTyping(other, bank, user);
    await other.context().close();
    await page.getByRole('link', { name: 'See what to do' }).click();
    await button(page, 'Remove from this phone').waitFor();
  },
  lost: place('lost'),
  settings: async (page) => {
    await withFinger(page);
    await place('settings')(page);
    await page.getByText('Language of the app').waitFor();
  },
};

async function inspect(page, name, rules) {
  await page.mouse.move(0, 0);
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))));
  // With all of it in sight: what lies under the places' bar can be scrolled out from there.
  const usual = page.viewportSize();
  await page.setViewportSize({ ...usual, height: Math.max(usual.height, await page.evaluate(() => document.documentElement.scrollHeight)) });
  // Forced colours are the system's, which axe does not always see.
  const forced = await page.evaluate(() => matchMedia('(forced-colors: active)').matches);
  assert.deepEqual((await findings(page, rules)).filter((found) => !(forced && found.startsWith('color-contrast '))), [], name);
  await page.setViewportSize(usual);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} sticks out`);
  const small = await page.evaluate(() => [...document.querySelectorAll('button, a.button, a.card, nav a, select, input:not([type="checkbox"])')]
    .filter((control) => control.checkVisibility() && control.getBoundingClientRect().height < 43.5).map((control) => control.outerHTML.slice(0, 80)));
  assert.deepEqual(small, [], `${name}: lower than 44 points`);
  await keepPicture(page, `app-${name}`);
}

for (const [screen, reach] of Object.entries(SCREENS)) {
  test(`${screen}: no findings, nothing sticks out, light and dark, phone and desk`, async () => {
    await Promise.all(Object.entries(SIZES).map(async ([size, viewport]) => {
      const user = `looks ${++serial}`;
      const worker = ['settings', 'linked'].includes(screen);
      const page = await openApp(await newPhone(browser, { viewport, worker }), bank);
      await linkByTyping(page, bank, user);
      await reach(page, user);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await inspect(page, `${screen}-${size}-${colorScheme}`, colorScheme === 'dark' ? COLOURS : undefined);
      }
    }));
  });
}

test('welcome: what a new phone shows', async () => {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark']) {
      const page = await openApp(await newPhone(browser, { viewport, colorScheme }), bank);
      await page.getByRole('link', { name: 'Link this phone' }).waitFor();
      await inspect(page, `welcome-${size}-${colorScheme}`);
      await page.context().close();
    }
  }
});

test('it can be used at 400 % zoom, with forced colours, without motion, and in every language', async () => {
  const looks = {
    zoom: { viewport: { width: 320, height: 256 } }, narrow: { viewport: { width: 320, height: 640 } },
    forced: { forcedColors: 'active' }, 'forced-dark': { forcedColors: 'active', colorScheme: 'dark' }, still: { reducedMotion: 'reduce' },
  };
  for (const [name, options] of Object.entries(looks)) {
    const user = `looks ${++serial}`;
    const page = await openApp(await newPhone(browser, options), bank);
    await linkByTyping(page, bank, user);
    await SCREENS['set-pin'](page, user);
    await inspect(page, `${name}-set-pin`);
    if (name === 'still') assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    await page.goto(`${bank.app}#/settings`);
    await title(page, 'Settings');
    await inspect(page, `${name}-settings`);
    await page.context().close();
  }
  for (const locale of ['de-DE', 'fr-FR', 'es-ES']) {
    const page = await openApp(await newPhone(browser, { locale, viewport: { width: 320, height: 640 } }), bank, '#/settings');
    assert.equal(await page.locator('html').getAttribute('lang'), locale.slice(0, 2));
    await inspect(page, `${locale}-settings`);
    for (const name of ['link', 'lost', 'accounts', 'approvals']) {
      await page.goto(`${bank.app}#/${name}`);
      await page.waitForTimeout(100);
      await inspect(page, `${locale}-${name}`);
    }
    await page.context().close();
  }
});
