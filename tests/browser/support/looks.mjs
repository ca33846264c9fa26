// How a page looks: on a phone and on a desk, in light and dark, inspected by axe, and kept as pictures in the folder
// COUNTERSIGN_SCREENSHOTS, if there is one, for somebody to look at.
import assert from 'node:assert/strict';
import { COLOURS, findings, keepPicture } from './browser.mjs';
import { axeSource } from './modules.mjs';
import { formPage } from './world.mjs';

const SIZES = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 800 } };
const usual = { colorScheme: 'light', forcedColors: 'none', reducedMotion: 'no-preference' };

/** A phone and a desk, light and dark. */
export const PLAIN = Object.fromEntries(['light', 'dark'].flatMap((colorScheme) => Object.entries(SIZES).map(
  ([size, viewport]) => [`${colorScheme}-${size}`, { viewport, media: { ...usual, colorScheme } }])));

/** What people set who see or move otherwise: 1280 by 1024 at 400 %, narrower still, colours of their own, no motion. */
export const SPECIAL = {
  zoom: { viewport: { width: 320, height: 256 }, media: usual },
  narrow: { viewport: { width: 180, height: 600 }, media: usual },
  forced: { viewport: SIZES.phone, media: { ...usual, forcedColors: 'active' } },
  'forced-dark': { viewport: SIZES.phone, media: { ...usual, forcedColors: 'active', colorScheme: 'dark' } },
  still: { viewport: SIZES.phone, media: { ...usual, reducedMotion: 'reduce' } },
};

const style = `<style>:root { color-scheme: light dark; font-family: sans-serif; } body { margin: 1rem; }
input, button { font: inherit; max-inline-size: 100%; box-sizing: border-box; }</style>`;

/** A state that passes by itself stays while it is looked at: what would end it takes eight seconds or more. */
const hold = `(() => {
  const { setTimeout } = window;
  window.setTimeout = (task, wait, ...rest) => (wait >= 8000 ? 0 : setTimeout(task, wait, ...rest));
})();`;

/** @returns a function that opens the form of the guides with axe in it, styled like a website */
export const loader = (world) => async ({ element, timed = false, viewport = SIZES.desk } = {}) => world.open(
  formPage(world.mock.address, element).replace('<main>', `${style}<main>`),
  { policy: null, timed, viewport, scripts: timed ? [axeSource] : [hold, axeSource] });

/** Looks at one page in one way after another: axe, a picture, nothing that has to be scrolled sideways, and what `check` says. */
export async function lookAt(page, name, looks, check = () => {}) {
  for (const [look, { viewport, media }] of Object.entries(looks)) {
    await page.setViewportSize(viewport);
    await page.emulateMedia(media);
    const rules = media.colorScheme === 'dark' ? COLOURS : undefined;
    assert.deepEqual(await findings(page, rules), [], `${name} ${look}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true, `${name} ${look} sticks out`);
    await check(look);
    await keepPicture(page, `ocapi-${name}-${look}`);
  }
}
