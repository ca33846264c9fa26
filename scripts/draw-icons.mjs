// Draws the app's icons from their SVG, in Chromium: node scripts/draw-icons.mjs
// Run it after changing a drawing in web/authenticator/icons/; a browser test compares what is there with what it would draw.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, root } from '../tests/browser/support/modules.mjs';

const folder = join(root, 'web/authenticator/icons');
/** Each picture: the drawing, and how many points a side has. */
export const ICONS = [
  ['icon-192.png', 'icon.svg', 192], ['icon-512.png', 'icon.svg', 512], ['maskable-512.png', 'maskable.svg', 512],
  ['monochrome-512.png', 'monochrome.svg', 512], ['badge-96.png', 'monochrome.svg', 96],
];

/** The picture of a drawing, as a PNG with a background that lets through what is behind it. */
export async function draw(browser, svg, side) {
  const page = await browser.newPage({ viewport: { width: side, height: side } });
  try {
    const drawing = readFileSync(join(folder, svg)).toString('base64');
    await page.setContent(`<style>html, body { margin: 0; background: none } img { display: block; width: ${side}px; height: ${side}px }</style><img src="data:image/svg+xml;base64,${drawing}">`);
    await page.locator('img').evaluate((image) => image.decode());
    return await page.screenshot({ omitBackground: true });
  } finally {
    await page.close();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const browser = await chromium.launch({ executablePath: process.env.COUNTERSIGN_CHROMIUM ?? '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--disable-gpu'] });
  for (const [png, svg, side] of ICONS) writeFileSync(join(folder, png), await draw(browser, svg, side));
  await browser.close();
}
