// The demo's website whose customers sign in by grid, phone, card or sent code: each way to its end by hand, without scripts where
// there need be none, replays, and how it looks, kept as pictures in the folder COUNTERSIGN_SCREENSHOTS.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { COLOURS, findings, keepPicture, launchBrowser } from './support/browser.mjs';
import { startDemo } from './support/server.mjs';

const LABELS = 'ABCDEFGHJKMNPRSTUVWXYZ';
const ARROWS = { up: [-1, 0], down: [1, 0], left: [0, -1], right: [0, 1] };
const KEYS = { up: 'ArrowUp', down: 'ArrowDown', left: 'ArrowLeft', right: 'ArrowRight' };

let demo;
let browser;
before(async () => {
  [demo, browser] = await Promise.all([startDemo(), launchBrowser()]);
});
after(async () => {
  await browser?.close();
  await demo?.close();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

/** A page of the website; what the browser complains about is kept in `page.complaints`. */
async function open(path, options = {}) {
  const page = await (await browser.newContext(options)).newPage();
  page.complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && page.complaints.push(message.text()));
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  await page.goto(`${demo.dualWebsite}${path}`);
  return page;
}
/** A refusal is told with HTTP 403, which the browser notes; it may complain of nothing else. */
const complaints = (page) => page.complaints.filter((text) => !/status of 403/.test(text));
const press = (page, name) => page.getByRole('button', { name }).click();
const says = (page, text) => page.locator('.verdict', { hasText: text }).waitFor();

async function grid(page) {
  await press(page, 'Show me a grid');
  await page.locator('#grid').waitFor();
}
/** The steps of the demo's customer, as the page tells them to a screen reader. */
const steps = async (page) => (await page.locator('.steps .unseen').allTextContents()).map((text) => text.replace(/, $/, '').split(' and '));
/** What is read along the path from a cell. */
async function passcode(page, [row, column] = [4, 10]) {
  const cells = await page.locator('#grid tbody tr').evaluateAll((rows) => rows.map((one) => [...one.querySelectorAll('td')].map((cell) => cell.textContent)));
  let read = cells[row][column];
  for (const step of await steps(page)) {
    for (const part of step) [row, column] = [(row + ARROWS[part][0] + 10) % 10, (column + ARROWS[part][1] + 22) % 22];
    read += cells[row][column];
  }
  return read;
}
async function answer(page, text) {
  await page.locator('#otp').fill(text);
  await page.locator('form', { has: page.locator('#otp') }).getByRole('button').click();
}

test('a grid is solved by the keyboard alone, and the form is taken once', async () => {
  const page = await open('/gridgo');
  await page.getByLabel('Login name').focus();
  await page.keyboard.press('Enter');
  await page.locator('#grid[role=grid]').waitFor();
  const path = await steps(page);
  assert.ok(path.length >= 6);
  // Tab from the last link of the head leads into the grid, to its first cell.
  await page.getByRole('link', { name: 'Code', exact: true }).focus();
  await page.keyboard.press('Tab');
  const here = () => page.evaluate(() => document.activeElement.tagName === 'TD' ? document.activeElement.textContent : '?');
  let read = await here();
  for (const step of path) {
    for (const part of step) await page.keyboard.press(KEYS[part]);
    read += await here();
  }
  assert.equal(read, await passcode(page, [0, 0]));
  await page.keyboard.press('Tab');
  await page.getByLabel('Your passcode').focus();
  await page.keyboard.type(read.toUpperCase());
  await page.keyboard.press('Enter');
  await says(page, 'You are in');
  await press(page, 'Send the same form again');
  await says(page, 'Not a second time');
  assert.deepEqual(complaints(page), []);
});

test('the arrow keys go over the edges, and Home and End to the ends', async () => {
  const page = await open('/gridgo');
  await grid(page);
  const place = () => page.evaluate(() => [document.activeElement.parentElement.rowIndex - 1, document.activeElement.cellIndex - 1]);
  await page.locator('#grid td[tabindex="0"]').focus();
  for (const [key, where] of [['ArrowUp', [9, 0]], ['ArrowLeft', [9, 21]], ['ArrowDown', [0, 21]], ['ArrowRight', [0, 0]], ['End', [0, 21]],
    ['ArrowDown', [1, 21]], ['Home', [1, 0]], ['Control+End', [9, 21]], ['Control+Home', [0, 0]]]) {
    await page.keyboard.press(key);
    assert.deepEqual(await place(), where, key);
  }
  assert.equal(await page.locator('#grid td[tabindex="0"]').count(), 1);
});

test('a wrong passcode brings another grid, which takes the right one', async () => {
  const page = await open('/gridgo');
  await grid(page);
  const first = await page.locator('#grid tbody').textContent();
  await answer(page, '0000000');
  await says(page, /That was not it\. Each challenge takes one answer, right or wrong\. \d tries are left\. Here is another grid\./);
  assert.notEqual(await page.locator('#grid tbody').textContent(), first);
  await answer(page, await passcode(page));
  await says(page, 'You are in');
});

test('everything works without scripts', async () => {
  const page = await open('/gridgo', { javaScriptEnabled: false });
  await grid(page);
  assert.equal(await page.locator('#keys').isVisible(), false);
  await answer(page, await passcode(page, [9, 21]));
  await says(page, 'You are in');
});

test('the flow of a payment is walked by hand, with the digits of the account', async () => {
  const page = await open('/mobileid');
  await press(page, 'Get the digits');
  await page.getByText('Enter the digit as shown onto the MobileID app:').waitFor();
  await page.getByText('These digits were generated based on the payee account number.').waitFor();
  await page.getByText('Please verify and never enter digits that are unknown to you.').waitFor();
  assert.equal(await page.locator('.large').textContent(), '07880384');
  assert.equal(await page.locator('mark').textContent(), '0788 0384');
  const phone = page.frameLocator('iframe');
  await phone.getByLabel('Challenge Code').fill('07880384');
  await phone.getByRole('button', { name: 'Generate Response' }).click();
  await answer(page, await phone.getByRole('status').textContent());
  await says(page, 'The payment is confirmed');
  await press(page, 'Send the same form again');
  await says(page, 'Not a second time');
  assert.deepEqual(complaints(page), []);
});

test('the digits of a whole payment or of no payment are others each time', async () => {
  for (const [account, select] of [['4000 0788 0384', 'all'], ['', 'account']]) {
    const seen = new Set();
    for (let turn = 0; turn < 2; turn++) {
      const page = await open('/mobileid');
      await page.getByLabel('Payee’s account number').fill(account);
      await page.getByLabel('What the digits are made of').selectOption(select);
      await press(page, 'Get the digits');
      seen.add(await page.locator('.large').textContent());
    }
    assert.equal(seen.size, 2);
  }
});

test('a card is read off, and a code is taken from the mailbox', async () => {
  const page = await open('/gridid');
  await press(page, 'Ask me for cells');
  const cells = await page.locator('.large .cell').allTextContents();
  assert.equal(cells.length, 4);
  const card = await open('/card');
  const rows = await card.locator('table.card tbody tr').evaluateAll((all) => all.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent)));
  await answer(page, cells.map((cell) => rows[Number(cell[1])][LABELS.indexOf(cell[0])]).join(' '));
  await says(page, 'You are in');
  const code = await open('/t-pass');
  await press(code, 'Send me a code');
  await code.getByText('A code is on its way').waitFor();
  let sent;
  for (let tries = 0; !sent && tries < 100; tries++) {
    sent = /\b\d{6}\b/.exec(await (await fetch(`${demo.dualWebsite}/mailbox/messages`)).text())?.[0];
    await code.waitForTimeout(100);
  }
  await answer(code, sent);
  await says(code, 'You are in');
  await press(code, 'Send the same form again');
  await code.locator('.verdict.bad').waitFor();
});

test('hostile names are shown and do nothing, and no other website can send a form', async () => {
  const page = await open('/gridgo');
  await page.getByLabel('Login name').fill('<img src=x on' + 'error="document.title=1">"\u202e');
  await press(page, 'Show me a grid');
  await says(page, 'Nobody is called that here');
  assert.equal(await page.locator('main img').count(), 0);
  assert.deepEqual(complaints(page), []);
  const post = (site) => fetch(`${demo.dualWebsite}/gridgo/ask`, { method: 'POST', headers: { 'Sec-Fetch-Site': site, 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'user=myTestUser2' });
  const foreign = await post('cross-site');
  assert.equal(foreign.status, 403);
  assert.match(await foreign.text(), /another website/);
  assert.equal((await post('same-origin')).status, 200);
  const policy = foreign.headers.get('content-security-policy');
  assert.ok(policy.includes("default-src 'none'") && policy.includes("script-src 'self';") && !policy.includes('unsafe'), policy);
});

const LOOKS = { phone: { width: 360, height: 740 }, zoomed: { width: 320, height: 256 }, desk: { width: 1280, height: 800 } };
const PAGES = {
  start: ['/', async () => {}],
  grid: ['/gridgo', async (page) => { await grid(page); await page.locator('.pocket summary').click(); }],
  wrong: ['/gridgo', async (page) => { await grid(page); await answer(page, await passcode(page)); await press(page, 'Send the same form again'); await says(page, 'Not a second'); await page.locator('.wire summary').last().click(); }],
  pay: ['/mobileid', async (page) => { await press(page, 'Get the digits'); await page.frameLocator('iframe').getByLabel('Challenge Code').waitFor(); }],
  begin: ['/mobileid', async () => {}],
  cells: ['/gridid', async (page) => press(page, 'Ask me for cells')],
  card: ['/card', async () => {}],
};
for (const [look, viewport] of Object.entries(LOOKS)) {
  test(`it has no findings and no sideways scrolling, in light and in dark: ${look}`, async () => {
    for (const [name, [path, reach]] of Object.entries(PAGES)) {
      const page = await open(path, { viewport });
      await reach(page);
      for (const [colorScheme, rules] of [['light'], ['dark', COLOURS]]) {
        await page.emulateMedia({ colorScheme });
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} sticks out`);
        if (name === 'grid') {
          const [inner, outer] = await page.locator('.scroll').evaluate((frame) => [frame.scrollWidth, frame.clientWidth]);
          assert.ok(inner <= outer, `the grid is ${inner} wide in ${outer}`);
        }
        await keepPicture(page, `dual-${name}-${look}-${colorScheme}`);
        assert.deepEqual(await findings(page, rules), [], name);
      }
      await page.context().close();
    }
  });
}
