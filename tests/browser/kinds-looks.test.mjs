// The kinds that ask the visitor as they look and sound to a screen reader: on a phone and on a desk, in light and dark, zoomed,
// with colours of one's own, in four languages, from right to left. The pictures are kept for somebody to look at.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { loader, lookAt, PLAIN, SPECIAL } from './support/looks.mjs';
import { ASKING } from './support/puzzles.mjs';
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

async function asked(kind, options) {
  Object.assign(world.mock.knobs, { kind, kinds: [...ASKING, 'pow'] });
  const page = await load(options);
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'asking');
  return page;
}

/** What can be pressed or filled in is large enough for a finger, and stands within the window's width. */
async function holdTargets(page) {
  const targets = await widgetOf(page).evaluate((widget) => Array.from(
    widget.shadowRoot.querySelectorAll('.tile, button, input[type=text]'),
    (target) => ({ ...target.getBoundingClientRect().toJSON(), name: target.textContent || target.className })));
  const width = await page.evaluate(() => document.documentElement.clientWidth);
  for (const target of targets.filter((one) => one.height > 0)) {
    assert.ok(target.height >= 44 && target.width >= 44, `${target.name}: ${target.width} by ${target.height}`);
    assert.ok(target.left >= 0 && target.right <= width, `${target.name} from ${target.left} to ${target.right} of ${width}`);
  }
}

for (const kind of ASKING) {
  test(`${kind}: axe finds nothing, and fingers find everything`, async () => {
    const page = await asked(kind);
    await lookAt(page, kind, PLAIN, () => holdTargets(page));
    await lookAt(page, kind, SPECIAL, async (look) => {
      await holdTargets(page);
      if (look !== 'still') return;
      assert.equal(await widgetOf(page).evaluate((widget) => widget.shadowRoot.getAnimations({ subtree: true }).length), 0);
    });
    assert.equal(await stateOf(page), 'asking');
  });

  test(`${kind}: axe finds nothing while something is wanting, chosen, or held back`, async () => {
    const page = await asked(kind);
    const looks = { 'light-phone': PLAIN['light-phone'], 'dark-desk': PLAIN['dark-desk'], forced: SPECIAL.forced, zoom: SPECIAL.zoom };
    await widgetOf(page).getByRole('button', { name: 'Check' }).click();
    await widgetOf(page).getByRole('alert').waitFor();
    await lookAt(page, `${kind}-wanting`, looks);
    if (kind === 'classification') {
      for (const at of [0, 4]) await widgetOf(page).locator('.tile').nth(at).click();
    } else {
      for (const field of await widgetOf(page).getByRole('textbox').all()) await field.fill('something');
    }
    if (kind === 'text') {
      await widgetOf(page).getByRole('button', { name: 'Listen' }).click();
      await widgetOf(page).locator('audio').waitFor();
    }
    await lookAt(page, `${kind}-filled`, looks, () => holdTargets(page));
    world.mock.knobs.retryAfter = 120;
    await widgetOf(page).getByRole('button', { name: 'Check' }).click();
    await untilState(page, 'limited');
    await lookAt(page, `${kind}-limited`, looks);
  });

  test(`${kind}: in four languages every word is in the language, and every field has a name`, async () => {
    const said = new Map();
    for (const lang of ['en', 'fr', 'de', 'es']) {
      const page = await asked(kind, { element: `<ocapi-challenge public-id="shop" lang="${lang}"></ocapi-challenge>` });
      await lookAt(page, `${kind}-${lang}`, { 'light-phone': PLAIN['light-phone'] });
      const words = await widgetOf(page).evaluate((widget) => {
        const root = widget.shadowRoot;
        const nameOf = (input) => input.ariaLabel ?? input.labels[0]?.textContent;
        return [
          ...Array.from(root.querySelectorAll('legend, p, button, .field span'), (one) => !one.closest('[hidden]') && one.textContent),
          ...Array.from(root.querySelectorAll('input'), nameOf), ...Array.from(root.querySelectorAll('canvas'), (one) => one.ariaLabel),
        ].filter(Boolean);
      });
      assert.equal(await widgetOf(page).evaluate((widget) => widget.shadowRoot.querySelector('legend').lang), lang);
      assert.equal(world.mock.requests.at(-1).query.lang, lang);
      said.set(lang, words);
      await page.context().close();
    }
    const counts = [...said.values()].map((words) => words.length);
    assert.equal(new Set(counts).size, 1, `as many words in each language: ${counts}`);
    // Two words are the same in some of the languages.
    const shared = [...said.values()].flatMap((words) => [...new Set(words)])
      .filter((word, i, all) => all.indexOf(word) !== i && !/^(Code|Text(e|o)? \d.*|Image \d.*)$/.test(word));
    assert.deepEqual(shared, []);
  });

  test(`${kind}: from right to left nothing falls out of its place`, async () => {
    const element = '<div dir="rtl"><ocapi-challenge public-id="shop" lang="de"></ocapi-challenge></div>';
    const page = await asked(kind, { element });
    await lookAt(page, kind, { rtl: PLAIN['light-phone'] }, () => holdTargets(page));
    const [check, other] = await widgetOf(page).evaluate((widget) => Array.from(
      widget.shadowRoot.querySelectorAll('.ways button'), (one) => one.getBoundingClientRect().left));
    assert.ok(check > other, 'the first button stands to the right');
  });
}

test('what is chosen is told otherwise than by colour, and what has the focus is seen', async () => {
  const page = await asked('classification');
  const box = widgetOf(page).getByRole('checkbox').first();
  await box.focus();
  await page.keyboard.press('Space');
  assert.equal(await box.isChecked(), true);
  const looks = await box.evaluate((input) => {
    const picture = getComputedStyle(input.nextElementSibling);
    return { outline: picture.outlineStyle, width: parseFloat(picture.outlineWidth), tick: getComputedStyle(input).appearance };
  });
  assert.deepEqual(looks, { outline: 'solid', width: 3, tick: 'auto' });
});

test('a question that is taller than the window begins at its first line', async () => {
  Object.assign(world.mock.knobs, { kind: 'classification', kinds: ['classification'] });
  const page = await load({ viewport: { width: 320, height: 256 } });
  await untilState(page, 'ready');
  await controlOf(page).focus();
  await page.keyboard.press('Space');
  await untilState(page, 'asking');
  const seen = await widgetOf(page).evaluate((widget) => {
    const input = widget.shadowRoot.activeElement.getBoundingClientRect();
    return input.top >= 0 && input.bottom <= window.innerHeight;
  });
  assert.equal(seen, true, 'the field with the focus is in sight');
});
