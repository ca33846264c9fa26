// One browser, one partner's website and one challenge server for a test file, and what the tests say about a widget.
import assert from 'node:assert/strict';
import { launchBrowser } from './browser.mjs';
import { startMock } from './mock.mjs';
import { startPartner, strictPolicy } from './partner.mjs';

const FLAGS = [
  '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--host-resolver-rules=MAP *.example 127.0.0.1',
];

/** The page of the guides: a plain form, one script, one element. */
export const formPage = (base, element = '<ocapi-challenge public-id="shop"></ocapi-challenge>', action = '/send') => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Write to us</title>
<script src="${base}/ocapi.js" crossorigin="anonymous"></script>
<main><h1>Write to us</h1>
<form method="post" action="${action}">
<p><label>Your message <input name="message" value="Good morning" autocomplete="off"></label></p>
${element}
<p><button>Send</button></p>
</form></main></html>`;

/** @param {{whole?: boolean}} [wishes] `whole` for a browser that keeps pages for those who go back */
export async function openWorld({ whole = false } = {}) {
  const [mock, partner, browser] = await Promise.all([
    startMock(), startPartner(),
    launchBrowser(FLAGS, { whole, ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
  ]);
  let serial = 0;

  /**
   * Opens a page of the partner's, by default the form of the guides on an origin that counts as secure; `timed` if the
   * test moves its time, `scripts` to run before those of the page. What the browser complains about is kept in
   * `page.complaints`.
   */
  const open = async (html = formPage(mock.address), how = {}) => {
    const { host = 'partner.localhost', policy = strictPolicy(mock.address), timed = false, scripts = [], ...options } = how;
    const context = await browser.newContext(options);
    const page = await context.newPage();
    if (timed) await page.clock.install(timed === true ? {} : { time: new Date(timed) });
    for (const script of scripts) await page.addInitScript(script);
    page.complaints = [];
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && page.complaints.push(message.text()));
    page.on('pageerror', (error) => page.complaints.push(String(error)));
    await page.addInitScript(() => {
      window.heard = [];
      document.addEventListener('securitypolicyviolation', (event) => console.error(`violation: ${event.violatedDirective} ${event.blockedURI}`));
      for (const name of ['state', 'valid', 'invalid', 'expired', 'error']) {
        document.addEventListener(`ocapi-${name}`, (event) => window.heard.push(name === 'state' ? event.detail.state : `!${name}`));
      }
    });
    const path = `/page${++serial}`;
    partner.serve(path, html, policy);
    await page.goto(`http://${host}:${partner.port}${path}`);
    return page;
  };

  const close = async () => {
    await browser.close();
    mock.close();
    partner.close();
  };
  return { mock, partner, browser, open, close };
}

export const widgetOf = (page, at = 0) => page.locator('ocapi-challenge').nth(at);
export const controlOf = (page, at = 0) => widgetOf(page, at).getByRole('checkbox');
export const statusOf = (page, at = 0) => widgetOf(page, at).getByRole('status').textContent();
export const stateOf = (page, at = 0) => widgetOf(page, at).evaluate((element) => element.state);
export const valueOf = (page, at = 0) => widgetOf(page, at).evaluate((element) => new FormData(element.form).get(element.name));

/** Waits until the widget is in one of the states. */
export async function untilState(page, wanted, at = 0) {
  const states = [wanted].flat();
  try {
    await page.waitForFunction(
      ([all, i]) => all.includes(document.querySelectorAll('ocapi-challenge')[i]?.state), [states, at], { polling: 20 });
  } catch {
    assert.fail(`waited for ${states}, but it is ${await stateOf(page, at)} after ${await page.evaluate(() => window.heard)}`);
  }
}
