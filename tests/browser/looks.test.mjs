// Every state as it looks, in light and dark, on a phone and on a desk: without findings of axe, and kept as pictures in
// target/screenshots/ (COUNTERSIGN_SCREENSHOTS elsewhere) for somebody to look at.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { axeSource, root } from './support/modules.mjs';
import { controlOf, formPage, openWorld, untilState, widgetOf } from './support/world.mjs';

const pictures = process.env.COUNTERSIGN_SCREENSHOTS ?? join(root, 'target/screenshots');
const SIZES = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 800 } };

let world;
before(async () => {
  mkdirSync(pictures, { recursive: true });
  world = await openWorld();
});
after(() => world.close());
afterEach(async () => {
  world.mock.reset();
  for (const context of world.browser.contexts()) await context.close();
});

const style = `<style>:root { color-scheme: light dark; font-family: sans-serif; } body { margin: 1rem; }
input, button { font: inherit; max-inline-size: 100%; box-sizing: border-box; }</style>`;
const styled = (element) => formPage(world.mock.address, element).replace('<main>', `${style}<main>`);
const click = async (page) => {
  await untilState(page, 'ready');
  await controlOf(page).click();
};

/** How to get a page into a state; `page` is fresh and not loaded yet. */
const STATES = {
  loading: async (load) => {
    world.mock.knobs.delay = 5000;
    return load();
  },
  ready: async (load) => load(),
  focus: async (load) => {
    const page = await load();
    await untilState(page, 'ready');
    await page.getByLabel('Your message').focus();
    await page.keyboard.press('Tab');
    return page;
  },
  solving: async (load) => {
    Object.assign(world.mock.knobs, { cost: 300_000, most: 100_000 });
    const page = await load();
    await click(page);
    await page.waitForTimeout(400);
    return page;
  },
  checking: async (load) => {
    const page = await load();
    await untilState(page, 'ready');
    world.mock.knobs.delay = 5000;
    await controlOf(page).click();
    return page;
  },
  valid: async (load) => {
    const page = await load();
    await click(page);
    return page;
  },
  used: async (load) => {
    const page = await load();
    await click(page);
    await untilState(page, 'valid');
    await page.evaluate(() => { document.forms[0].action = '/nothing'; });
    await page.getByRole('button', { name: 'Send' }).click();
    return page;
  },
  invalid: async (load) => {
    world.mock.knobs.lie = 'invalid';
    const page = await load();
    await click(page);
    return page;
  },
  expired: async (load) => {
    const page = await load({ clock: true });
    await click(page);
    for (let i = 0; i < 4; i++) {
      await untilState(page, 'valid');
      await page.clock.fastForward('09:01');
    }
    return page;
  },
  limited: async (load) => {
    world.mock.knobs.retryAfter = 120;
    return load();
  },
  unreachable: async (load) => {
    world.mock.knobs.down = true;
    return load();
  },
  failed: async (load) => {
    world.mock.knobs.algorithm = 'SCRYPT';
    const page = await load();
    await click(page);
    return page;
  },
  misconfigured: async (load) => load({ element: '<ocapi-challenge public-id="unknown"></ocapi-challenge>' }),
};

async function inspect(page, name) {
  const findings = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map((node) => node.target).join(' ')}`);
  });
  assert.deepEqual(findings, [], name);
}

/** Opens the page in a context of the given looks, with axe in it. */
const loader = (options) => async ({ element, clock } = {}) => {
  const page = await world.open('<!doctype html><html lang="en"><title>Nothing yet</title>', { ...options, policy: null });
  if (clock) await page.clock.install();
  await page.addInitScript(axeSource);
  world.partner.serve('/looks', styled(element));
  await page.goto(`http://partner.localhost:${world.partner.port}/looks`);
  return page;
};

for (const [state, reach] of Object.entries(STATES)) {
  test(`axe finds nothing while the widget is ${state}`, async () => {
    for (const colorScheme of ['light', 'dark']) {
      for (const [size, viewport] of Object.entries(SIZES)) {
        const page = await reach(loader({ viewport, colorScheme }));
        await untilState(page, state === 'focus' ? 'ready' : state);
        await inspect(page, `${state}, ${colorScheme}, ${size}`);
        await page.screenshot({ path: join(pictures, `ocapi-${state}-${colorScheme}-${size}.png`) });
        const box = await controlOf(page).boundingBox();
        assert.ok(box.height >= 44 && box.width >= 44, `the control is ${box.width} by ${box.height}`);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true, 'nothing sticks out');
        await page.context().close();
        world.mock.reset();
      }
    }
  });
}

test('it can be used at 400 % zoom, from right to left, with forced colours and without motion', async () => {
  const looks = {
    zoom: { viewport: { width: 320, height: 256 } },
    narrow: { viewport: { width: 180, height: 600 } },
    forced: { viewport: SIZES.phone, forcedColors: 'active' },
    'forced-dark': { viewport: SIZES.phone, forcedColors: 'active', colorScheme: 'dark' },
    still: { viewport: SIZES.phone, reducedMotion: 'reduce' },
  };
  for (const [name, options] of Object.entries(looks)) {
    for (const state of ['solving', 'valid', 'unreachable']) {
      const page = await STATES[state](loader(options));
      await untilState(page, state);
      await inspect(page, `${name} ${state}`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true, `${name} ${state} sticks out`);
      await page.screenshot({ path: join(pictures, `ocapi-${name}-${state}.png`) });
      if (name === 'still') {
        assert.equal(await widgetOf(page).evaluate((widget) => widget.shadowRoot.getAnimations({ subtree: true }).length), 0);
      }
      await page.context().close();
      world.mock.reset();
    }
  }
  for (const state of ['solving', 'valid', 'unreachable']) {
    const page = await STATES[state](async () => {
      const load = loader({ viewport: SIZES.phone });
      const opened = await load({ element: '<div dir="rtl"><ocapi-challenge public-id="shop" lang="de"></ocapi-challenge></div>' });
      return opened;
    });
    await untilState(page, state);
    await page.screenshot({ path: join(pictures, `ocapi-rtl-${state}.png`) });
    const [mark, label] = await widgetOf(page).evaluate((widget) => ['.mark', '#label'].map(
      (part) => widget.shadowRoot.querySelector(part).getBoundingClientRect().left));
    assert.ok(mark > label, 'the mark stands to the right of the label');
    await page.context().close();
    world.mock.reset();
  }
});
