// The kind `text` against the true server: its picture, its sound, and the ways on.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { lookAt, PLAIN } from './support/looks.mjs';
import { axeSource } from './support/modules.mjs';
import { strictPolicy } from './support/partner.mjs';
import { startServer } from './support/server.mjs';
import { controlOf, formPage, openWorld, stateOf, untilState, valueOf, widgetOf } from './support/world.mjs';

let world;
let server;
before(async () => {
  world = await openWorld();
  server = await startServer([`http://partner.localhost:${world.partner.port}`], { kinds: ['text'] });
});
after(async () => {
  await world.close();
  await server.close();
});
afterEach(async () => {
  for (const context of world.browser.contexts()) await context.close();
});

const element = (attributes) => `<ocapi-challenge public-id="shop" ${attributes}></ocapi-challenge>`;
const policy = () => `${strictPolicy(server.address)}; media-src ${server.address}`;
const button = (page, name) => widgetOf(page).getByRole('button', { name });

async function asked(kind, lang = 'en', options = {}) {
  const page = await world.open(formPage(server.address, element(`kind="${kind}" lang="${lang}"`)), { policy: policy(), ...options });
  await untilState(page, 'ready');
  await controlOf(page).focus();
  await page.keyboard.press('Space');
  await untilState(page, 'asking');
  return page;
}

/** Waits for the next question after a wrong answer. */
const untilNext = (page) => page.waitForFunction(() => window.heard.includes('!invalid') && window.heard.at(-1) === 'asking');

test('text: the code is drawn and spoken in four languages; a wrong one brings the next, and pow is the way out', async () => {
  const spoken = new Set();
  for (const lang of ['en', 'fr', 'de', 'es']) {
    const page = await asked('text', lang);
    const sound = page.waitForResponse((response) => new URL(response.url()).pathname.endsWith('/audio'));
    await widgetOf(page).locator('.question, [part=question]').getByRole('button').first().click();
    spoken.add(new URL((await sound).url()).searchParams.get('lang'));
    await page.waitForFunction(() => document.querySelector('ocapi-challenge').shadowRoot.querySelector('audio')?.duration > 2);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  }
  assert.deepEqual([...spoken], ['en', 'fr', 'de', 'es']);

  const page = await asked('text');
  await page.keyboard.type('nothing');
  await page.keyboard.press('Enter');
  await untilNext(page);
  await button(page, /^Without a puzzle/).click();
  await untilState(page, 'valid');
  assert.equal(await server.check(await valueOf(page)), 'valid');
});

test('text: the right code, typed as a person reads it, confirms the form', async () => {
  const page = await asked('text');
  const created = page.waitForResponse((response) => /\/challenge\/shop\?/.test(response.url()));
  await button(page, 'Another one').click();
  const { id } = await (await created).json();
  const code = server.codeOf(id);
  assert.match(code, /^[3479hjluwxy]{6}$/);
  await page.waitForFunction(() => window.heard.filter((event) => event === 'asking').length === 2);
  await page.keyboard.type(`${code.slice(0, 3).toUpperCase()} ${code.slice(3)}`);
  await page.keyboard.press('Enter');
  await untilState(page, 'valid');
  assert.equal(await valueOf(page), id);
  assert.equal(await server.check(id), 'valid');
  assert.equal(await server.check(id), 'consumed');
  assert.deepEqual(page.complaints, []);
});

test('text as the true server draws it', async () => {
  const page = await asked('text', 'en', { policy: null, scripts: [axeSource] });
  const { 'light-phone': light, 'dark-desk': dark } = PLAIN;
  await lookAt(page, 'server-text', { 'light-phone': light, 'dark-desk': dark });
  assert.equal(await stateOf(page), 'asking');
});
