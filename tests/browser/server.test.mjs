// The widget against the true server: everything that it can be brought to say.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startDemo, startServer } from './support/server.mjs';
import { strictPolicy } from './support/partner.mjs';
import { controlOf, formPage, openWorld, stateOf, untilState, valueOf, widgetOf } from './support/world.mjs';

let world;
let server;
before(async () => {
  world = await openWorld();
  const origins = ['partner.localhost', 'plain.example'].map((host) => `http://${host}:${world.partner.port}`);
  server = await startServer(origins);
});
after(async () => {
  await world.close();
  await server.close();
});
afterEach(async () => {
  for (const context of world.browser.contexts()) await context.close();
});

const open = (html = formPage(server.address), options = {}) => world.open(html, { policy: strictPolicy(server.address), ...options });

async function confirmed(page) {
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'valid');
  return page;
}

test('the seed’s steps hold: the visitor confirms, the form is sent, and the website is told valid once', async () => {
  const page = await confirmed(await open());
  assert.deepEqual(page.complaints, []);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.waitForSelector('#thanks');
  const id = world.partner.received.at(-1)['ocapi-challenge'];
  assert.match(id, /^c\./);
  assert.equal(await server.check(id), 'valid');
  assert.equal(await server.check(id), 'consumed');
});

test('a plain http page without WebCrypto gets a valid challenge', async () => {
  const page = await open(undefined, { host: 'plain.example' });
  assert.equal(await page.evaluate(() => typeof crypto.subtle), 'undefined');
  await confirmed(page);
  assert.deepEqual(page.complaints, []);
  assert.equal(await server.check(await valueOf(page)), 'valid');
});

test('a wrong answer brings the next challenge, which is then solved', async () => {
  const page = await open();
  await untilState(page, 'ready');
  let spoilt = 0;
  await page.route(`${server.address}/ocapi/v2/challenge/c.*`, async (route) => {
    const body = route.request().postDataJSON();
    if (route.request().method() !== 'POST' || spoilt > 0) return route.continue();
    spoilt += 1;
    body.answer.derivedKey = body.answer.derivedKey.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    return route.continue({ postData: JSON.stringify(body) });
  });
  await controlOf(page).click();
  await untilState(page, 'invalid');
  await controlOf(page).click();
  await untilState(page, 'valid');
  assert.equal(spoilt, 1);
  assert.equal(await server.check(await valueOf(page)), 'valid');
});

test('a challenge that somebody else answered is replaced', async () => {
  const page = await open();
  await untilState(page, 'ready');
  let stolen = 0;
  await page.route(`${server.address}/ocapi/v2/challenge/c.*`, async (route) => {
    if (route.request().method() !== 'POST' || stolen > 0) return route.continue();
    stolen += 1;
    const wrong = await fetch(route.request().url(), {
      method: 'POST', headers: { 'Content-Type': 'application/json', Origin: new URL(page.url()).origin },
      body: JSON.stringify({ answer: { counter: 0, derivedKey: '00'.repeat(32) } }),
    });
    assert.equal((await wrong.json()).state, 'invalid');
    return route.continue();
  });
  await controlOf(page).click();
  await untilState(page, 'valid');
  assert.deepEqual(await page.evaluate(() => window.heard), [
    'loading', 'ready', 'solving', 'checking', 'expired', '!expired', 'loading', 'solving', 'checking', 'valid', '!valid',
  ]);
});

test('a page of another website gets no challenge, and says so', async (t) => {
  const page = await open(undefined, { host: 'stranger.localhost' });
  await untilState(page, ['misconfigured', 'unreachable']);
  t.diagnostic(`it is ${await stateOf(page)}`);
  assert.equal(await valueOf(page), null);
});

test('a public id that nobody has is said to be a mistake of the page', async () => {
  const page = await open(formPage(server.address, '<ocapi-challenge public-id="nobody"></ocapi-challenge>'));
  await untilState(page, 'misconfigured');
});

test('the server goes and comes back, and the visitor goes on', async () => {
  const page = await open();
  await untilState(page, 'ready');
  await server.stop();
  await controlOf(page).click();
  await untilState(page, 'unreachable');
  await page.getByRole('button', { name: 'Send' }).click();
  assert.equal(await page.locator('#thanks').count(), 0);
  await server.startAgain();
  await widgetOf(page).getByRole('button', { name: 'Try again' }).click();
  await untilState(page, 'valid');
  assert.equal(await server.check(await valueOf(page)), 'valid');
});

test('two widgets on a page get challenges of their own', async () => {
  const two = formPage(server.address).replace('</main>', '<form><ocapi-challenge public-id="shop"></ocapi-challenge></form></main>');
  const page = await confirmed(await open(two));
  await untilState(page, 'ready', 1);
  await controlOf(page, 1).click();
  await untilState(page, 'valid', 1);
  for (const at of [0, 1]) assert.equal(await server.check(await valueOf(page, at)), 'valid');
});

test('under attack the challenge is Argon2id, and is solved in the server’s frame', async (t) => {
  const origin = `http://partner.localhost:${world.partner.port}`;
  const issue = async () => (await fetch(`${server.address}/ocapi/v2/challenge/shop`, { headers: { Origin: origin } })).json();
  const answer = (id) => fetch(`${server.address}/ocapi/v2/challenge/${id}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', Origin: origin },
    body: JSON.stringify({ answer: { counter: 0, derivedKey: '00'.repeat(32) } }),
  });
  for (let i = 0; i < 230; i++) {
    const { id, parameters } = await issue();
    if (parameters.algorithm === 'ARGON2ID') break;
    await answer(id);
  }
  assert.equal((await issue()).parameters.algorithm, 'ARGON2ID');
  const page = await open();
  let frames = 0;
  page.on('frameattached', () => { frames += 1; });
  await untilState(page, 'ready');
  const began = Date.now();
  await controlOf(page).click();
  await untilState(page, 'valid');
  t.diagnostic(`solved in ${Date.now() - began} ms`);
  assert.equal(frames, 1);
  assert.deepEqual(page.complaints, []);
  assert.equal(await server.check(await valueOf(page)), 'valid');
});

test('too many challenges under attack: the true server’s 429 is waited for', async () => {
  const page = await open();
  await untilState(page, ['ready', 'limited']);
  const origin = new URL(page.url()).origin;
  for (let i = 0; i < 70; i++) {
    const response = await fetch(`${server.address}/ocapi/v2/challenge/shop`, { headers: { Origin: origin } });
    if (response.status === 429) break;
  }
  await page.reload();
  await untilState(page, 'limited');
  const told = await widgetOf(page).evaluate((widget) => parseInt(widget.shadowRoot.querySelector('.count').textContent, 10));
  assert.ok(told >= 1 && told <= 60, `${told} s`);
  assert.equal(await stateOf(page), 'limited');
});

test('the demo’s website takes a form that the keyboard alone filled in, once', async () => {
  const demo = await startDemo();
  try {
    const page = await world.open('', {});
    await page.goto(`${demo.website}/`);
    await untilState(page, 'ready');
    await page.getByLabel('Your name').focus();
    await page.keyboard.type('Ada');
    await page.keyboard.press('Tab');
    await page.keyboard.type('A teapot, please');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await untilState(page, 'valid');
    const sent = await valueOf(page);
    await page.keyboard.press('Tab');
    const answered = page.waitForResponse((response) => response.request().method() === 'POST' && response.url() === `${demo.website}/`);
    await page.keyboard.press('Enter');
    assert.equal((await answered).status(), 200);
    await page.waitForSelector('ocapi-challenge', { state: 'detached' });
    await page.waitForLoadState();
    await page.goBack({ waitUntil: 'commit' });
    await page.waitForSelector('ocapi-challenge');
    await untilState(page, 'ready');
    assert.equal(await valueOf(page), null);
    const again = await fetch(`${demo.website}/`, { method: 'POST', body: new URLSearchParams({ 'ocapi-challenge': sent }) });
    assert.equal(again.status, 403);
    assert.deepEqual(page.complaints.filter((text) => !text.includes('403')), []);
  } finally {
    await demo.close();
  }
});
