// The stock ALTCHA widget, as npm has it, on a page of another origin, against the true server.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';
import { altchaLib, altchaPath } from './support/modules.mjs';
import { SECRET, startServer } from './support/server.mjs';
import { openWorld } from './support/world.mjs';

const widget = readFileSync(altchaPath, 'utf8').replaceAll('</script', '<\\/script');
let world;
let server;
before(async () => {
  world = await openWorld();
  server = await startServer([`http://partner.localhost:${world.partner.port}`], { kinds: ['pow', 'text'] });
});
after(async () => {
  await world.close();
  await server.close();
});
afterEach(async () => {
  for (const context of world.browser.contexts()) await context.close();
});

/** A page with the widget and nothing that was made for this server but an address. */
const formOf = (query, lang) => `<!doctype html>
<html lang="${lang}"><meta charset="utf-8"><title>Write to us</title><link rel="icon" href="data:,"><script>${widget}</script>
<form method="post" action="/send"><altcha-widget challenge="${server.address}/ocapi/altcha/shop/challenge?${query}"></altcha-widget>
<button id="send">Send</button></form></html>`;

/** Presses the widget's box, by keyboard: a picture lies over it. */
async function press(page) {
  await page.locator('altcha-widget input[type=checkbox]').focus();
  await page.keyboard.press('Space');
}

async function opened(query, lang = 'en') {
  const page = await world.open(formOf(query, lang), { policy: '', locale: lang });
  await press(page);
  return page;
}

const untilState = (page, wanted) => page.waitForFunction(
  (state) => document.querySelector('altcha-widget').getState() === state, wanted);
const carried = (page) => page.locator('input[name=altcha]').inputValue();

/** What the site's server is told of a payload. */
async function siteverify(payload) {
  const answer = await fetch(`${server.address}/ocapi/altcha/shop/siteverify`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ payload, secret: SECRET }),
  });
  return answer.json();
}

async function sent(page) {
  assert.deepEqual(page.complaints, []);
  await page.locator('#send').click();
  await page.waitForSelector('#thanks');
  return world.partner.received.at(-1).altcha;
}

const verified = { verified: true };
const not = (reason) => ({ verified: false, reason });

test('version 1 is solved, sent, and taken once', async () => {
  const page = await opened('v=1');
  await untilState(page, 'verified');
  const payload = await sent(page);
  assert.equal(await altchaLib.one.verifySolution(payload, SECRET), true);
  assert.deepEqual(await siteverify(payload), verified);
  assert.deepEqual(await siteverify(payload), not('ALREADY_USED'));
});

test('version 2 is solved, sent, and taken once', async () => {
  const page = await opened('v=2');
  await untilState(page, 'verified');
  const payload = await sent(page);
  const given = { ...JSON.parse(atob(payload)), deriveKey: altchaLib.deriveKey, hmacSignatureSecret: SECRET };
  assert.equal((await altchaLib.verifySolution(given)).verified, true);
  assert.deepEqual(await siteverify(payload), verified);
  assert.deepEqual(await siteverify(payload), not('ALREADY_USED'));
});

/** Waits for the code's image, and reads it as only a person or this server can. */
async function code(page) {
  await untilState(page, 'code');
  const image = page.locator('.altcha-code-challenge-image');
  await page.waitForFunction(() => document.querySelector('.altcha-code-challenge-image')?.naturalWidth > 0);
  assert.match(await image.getAttribute('src'), /^data:image\/png;base64,/);
  const payload = JSON.parse(atob(await carried(page)));
  const id = payload.challenge.parameters?.data.code ?? new URLSearchParams(payload.salt.split('?')[1]).get('code');
  return server.codeOf(id);
}

async function type(page, text) {
  await page.locator('.altcha-code-challenge input').fill(text);
  await page.locator('.altcha-code-challenge button[type=submit]').click();
}

for (const version of [1, 2]) {
  test(`the image code of version ${version} is typed, and its server signature is taken once`, async () => {
    const page = await opened(`v=${version}&code=true`);
    const read = await code(page);
    const half = await carried(page);
    assert.deepEqual(await siteverify(half), not('CODE_REQUIRED'), 'sent before the code was typed');
    await type(page, read);
    await untilState(page, 'verified');
    const payload = await sent(page);
    assert.notEqual(payload, half);
    const given = { payload: JSON.parse(atob(payload)), hmacSecret: SECRET };
    assert.equal((await altchaLib.verifyServerSignature(given)).verified, true);
    assert.deepEqual(await siteverify(payload), verified);
    assert.deepEqual(await siteverify(payload), not('ALREADY_USED'));
    assert.deepEqual(await siteverify(half), not('CODE_REQUIRED'));
    });
}

test('after a wrong code the widget asks for the next challenge, and what it holds meanwhile is worth nothing', async () => {
  const page = await opened('v=2&code=true');
  const first = await code(page);
  await type(page, first === '333333' ? '444444' : '333333');
  await untilState(page, 'error');
  const held = await page.evaluate(() => new FormData(document.forms[0]).get('altcha'));
  if (held) assert.deepEqual(await siteverify(held), not('CODE_REQUIRED'));
  await press(page);
  const second = await code(page);
  assert.notEqual(second, first);
  await type(page, second.toUpperCase());
  await untilState(page, 'verified');
  assert.deepEqual(await siteverify(await sent(page)), verified);
});

test('the code is heard in the language of the page', async () => {
  const page = await opened('v=2&code=true', 'fr');
  await code(page);
  const [heard] = await Promise.all([
    page.waitForResponse((response) => response.url().includes('/audio')),
    page.locator('.altcha-code-challenge button:not([type=submit])').first().click(),
  ]);
  const asked = new URL(heard.url());
  assert.match(asked.searchParams.get('language'), /^fr/);
  assert.ok([200, 206].includes(heard.status()), String(heard.status()));
  assert.match(heard.headers()['content-type'], /^audio\//);
  const bytes = async (language) => Buffer.from(await (await fetch(`${asked.origin}${asked.pathname}?lang=${language}`)).arrayBuffer());
  const [french, german] = [await bytes('fr'), await bytes('de')];
  assert.ok((await bytes(asked.searchParams.get('language'))).equals(french) && !german.equals(french));
  await page.waitForFunction(() => document.querySelector('audio')?.duration > 1);
  assert.equal(await page.evaluate(() => document.querySelector('audio').error), null);
});

test('a page of another origin than the site names gets an error and no challenge', async () => {
  const page = await world.open(formOf('v=2', 'en'), { policy: '', host: 'elsewhere.localhost' });
  await press(page);
  await untilState(page, 'error');
});
