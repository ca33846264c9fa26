// Every state as it looks, in light and dark, on a phone and on a desk: without findings of axe, and kept as pictures.
// One page a state is looked at in every way, since to reach the state takes longer than to look.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { loader, lookAt, PLAIN, SPECIAL } from './support/looks.mjs';
import { controlOf, openWorld, stateOf, untilState, widgetOf } from './support/world.mjs';

let world;
let load;
before(async () => {
  world = await openWorld();
  load = loader(world);
});
after(() => world.close());
afterEach(async () => {
  world.mock.reset();
  for (const context of world.browser.contexts()) await context.close();
});

const click = async (page) => {
  await untilState(page, 'ready');
  await controlOf(page).click();
};

/** How to get a page into a state; `load` opens it. */
const STATES = {
  loading: async (load) => {
    world.mock.knobs.delay = 60_000;
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
    await page.waitForFunction(() => document.querySelector('ocapi-challenge').shadowRoot.querySelector('progress').value > 0);
    return page;
  },
  checking: async (load) => {
    const page = await load();
    await untilState(page, 'ready');
    world.mock.knobs.delay = 60_000;
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
    const page = await load({ timed: true });
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

for (const [state, reach] of Object.entries(STATES)) {
  test(`axe finds nothing while the widget is ${state}`, async () => {
    const wanted = state === 'focus' ? 'ready' : state;
    const page = await reach(load);
    await untilState(page, wanted);
    await lookAt(page, state, PLAIN, async () => {
      const box = await controlOf(page).boundingBox();
      assert.ok(box.height >= 44 && box.width >= 44, `the control is ${box.width} by ${box.height}`);
      assert.equal(await stateOf(page), wanted, 'it is what was looked at');
    });
  });
}

for (const state of ['solving', 'valid', 'unreachable']) {
  test(`it can be used at 400 % zoom, with forced colours and without motion while it is ${state}`, async () => {
    const page = await STATES[state](load);
    await untilState(page, state);
    await lookAt(page, state, SPECIAL, async (look) => {
      assert.equal(await stateOf(page), state);
      if (look !== 'still') return;
      assert.equal(await widgetOf(page).evaluate((widget) => widget.shadowRoot.getAnimations({ subtree: true }).length), 0);
    });
  });

  test(`it can be read from right to left while it is ${state}`, async () => {
    const element = '<div dir="rtl"><ocapi-challenge public-id="shop" lang="de"></ocapi-challenge></div>';
    const page = await STATES[state](() => load({ element }));
    await untilState(page, state);
    await lookAt(page, state, { rtl: PLAIN['light-phone'] });
    const [mark, label] = await widgetOf(page).evaluate((widget) => ['.mark', '#label'].map(
      (part) => widget.shadowRoot.querySelector(part).getBoundingClientRect().left));
    assert.ok(mark > label, 'the mark stands to the right of the label');
  });
}
