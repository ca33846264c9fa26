// The kinds that ask about images against the true server, with corpora imported by its own command.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';
import { isShape, shapes, texts, textOn } from './support/corpora.mjs';
import { lookAt, PLAIN } from './support/looks.mjs';
import { axeSource } from './support/modules.mjs';
import { strictPolicy } from './support/partner.mjs';
import { startServer } from './support/server.mjs';
import { controlOf, formPage, openWorld, stateOf, untilState, valueOf, widgetOf } from './support/world.mjs';

let world;
let server;
let corpora;
before(async () => {
  world = await openWorld();
  corpora = [shapes(), texts()];
  server = await startServer([`http://partner.localhost:${world.partner.port}`], { kinds: ['classification', 'transcription'], corpora });
});
after(async () => {
  await world.close();
  await server.close();
  for (const { folder } of corpora) rmSync(folder, { recursive: true });
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

/** The shade of each picture at a place from 0 to 1. */
const shades = (page, x, y) => widgetOf(page).evaluate((widget, [across, down]) => Array.from(
  widget.shadowRoot.querySelectorAll('canvas'), (canvas) => canvas.getContext('2d').getImageData(
    Math.floor(canvas.width * across), Math.floor(canvas.height * down), 1, 1).data[0]), [x, y]);

/** Answers by keyboard, from the first field on. */
const solvers = {
  classification: async (page) => {
    const wanted = /(circle|square|triangle)/.exec(await widgetOf(page).locator('legend').textContent())[0];
    for (const shade of await shades(page, 0.5, 0.55)) {
      if (isShape(wanted, shade)) await page.keyboard.press('Space');
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
  },
  transcription: async (page) => {
    for (const shade of await shades(page, 0.99, 0.98)) {
      await page.keyboard.type(textOn(shade));
      await page.keyboard.press('Enter');
    }
  },
};

/** Waits for the next question after a wrong answer. */
const untilNext = (page) => page.waitForFunction(() => window.heard.includes('!invalid') && window.heard.at(-1) === 'asking');

for (const [kind, solve] of Object.entries(solvers)) {
  test(`${kind}: the keyboard alone gets a challenge that is told valid once`, async () => {
    const page = await asked(kind);
    await solve(page);
    await untilState(page, 'valid');
    assert.deepEqual(page.complaints, []);
    const id = await valueOf(page);
    assert.equal(await server.check(id), 'valid');
    assert.equal(await server.check(id), 'consumed');
  });

  test(`${kind}: a wrong answer brings the next question, whose right answer counts`, async () => {
    const page = await asked(kind);
    if (kind === 'classification') await page.keyboard.press('Space');
    else await page.keyboard.type('something else altogether');
    await button(page, 'Check').click();
    await untilNext(page);
    await solve(page);
    await untilState(page, 'valid');
    assert.equal(await server.check(await valueOf(page)), 'valid');
  });
}

test('a series of pictures shows none twice', async () => {
  const page = await asked('classification');
  const seen = new Set();
  for (let i = 0; i < 2; i++) {
    const shown = await widgetOf(page).evaluate((widget) => Array.from(widget.shadowRoot.querySelectorAll('canvas'), (canvas) => canvas.toDataURL()));
    for (const picture of shown) {
      assert.ok(!seen.has(picture), 'it was there before');
      seen.add(picture);
    }
    await page.evaluate(() => { window.heard.length = 0; });
    await button(page, 'Another one').click();
    await page.waitForFunction(() => window.heard.at(-1) === 'asking');
  }
});

test('each kind as the true server draws it', async () => {
  for (const kind of ['classification', 'transcription']) {
    const page = await asked(kind, 'en', { policy: null, scripts: [axeSource] });
    const { 'light-phone': light, 'dark-desk': dark } = PLAIN;
    await lookAt(page, `server-${kind}`, { 'light-phone': light, 'dark-desk': dark });
    assert.equal(await stateOf(page), 'asking');
  }
});
