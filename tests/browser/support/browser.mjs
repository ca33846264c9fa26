// The browser that the tests drive, and how a page is looked at: by axe, and as a picture where somebody wants pictures.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { axeSource, chromium } from './modules.mjs';

const WHOLE = '/usr/bin/chromium';
/** The same browser without a window of its own, which does the same work in half the time (Debian's chromium-headless-shell). */
const SHELL = '/usr/bin/chromium-headless-shell';

/** How long anything is waited for: much longer than it takes on a machine that does something else as well. */
export const PATIENCE_MS = 90_000;

/** A folder for pictures, which take as long as everything else together. */
const pictures = process.env.COUNTERSIGN_SCREENSHOTS;
if (pictures) mkdirSync(pictures, { recursive: true });

/**
 * @param {string[]} flags beside the usual ones
 * @param {{whole?: boolean}} [wishes] `whole` for what the shell has not: permissions, notifications, pages that are kept for going back;
 *     all else goes to the driver
 */
export async function launchBrowser(flags = [], { whole = false, ...options } = {}) {
  const executablePath = process.env.COUNTERSIGN_CHROMIUM ?? (!whole && existsSync(SHELL) ? SHELL : WHOLE);
  const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu', ...flags], timeout: PATIENCE_MS, ...options });
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (wishes) => {
    const context = await newContext(wishes);
    context.setDefaultTimeout(PATIENCE_MS);
    return context;
  };
  return browser;
}

/** Keeps a picture of the page as it is, if pictures are wanted. */
export async function keepPicture(page, name, options = { fullPage: true }) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), ...options });
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** The rules that can break where nothing but the colours has changed since all of them were asked. */
export const COLOURS = ['color-contrast'];

/** What axe finds on the page as it is, by all rules or by these. */
export async function findings(page, rules = RULES) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource);
  const { violations } = await page.evaluate((runOnly) => window.axe.run(document, { runOnly, resultTypes: ['violations'] }), rules);
  return violations.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map((node) => node.target).join(' ')}`);
}
