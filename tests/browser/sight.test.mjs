// When the first challenge is fetched: as soon as somebody may see the element or asks for it, and not before.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { controlOf, formPage, openWorld, stateOf, untilState, valueOf, widgetOf } from './support/world.mjs';

let world;
before(async () => { world = await openWorld(); });
after(() => world.close());
afterEach(async () => {
  world.mock.reset();
  for (const context of world.browser.contexts()) await context.close();
});

/** A page whose element is far below what the window shows. */
const footer = (attributes = '') => formPage(world.mock.address, `${'<p>Text</p>'.repeat(200)}
  <ocapi-challenge public-id="shop" ${attributes}></ocapi-challenge>`);

async function unseen(html) {
  const page = await world.open(html);
  await page.waitForTimeout(400);
  assert.equal(await stateOf(page), 'idle');
  assert.equal(world.mock.requests.length, 0);
  assert.equal(await valueOf(page), null);
  return page;
}

test('a form at the foot of a page asks for nothing before somebody scrolls there, and once then', async () => {
  const page = await unseen(footer());
  const scroll = (to) => page.evaluate((y) => window.scrollTo(0, y), to);
  await scroll(100_000);
  await untilState(page, 'ready');
  await scroll(0);
  await page.waitForTimeout(200);
  await scroll(100_000);
  await page.waitForTimeout(200);
  assert.equal(world.mock.count('GET'), 1);
});

test('a form in a closed dialog asks for nothing before it opens', async () => {
  const page = await unseen(formPage(world.mock.address).replace('<form', '<dialog><form').replace('</form>', '</form></dialog>'));
  await page.evaluate(() => document.querySelector('dialog').showModal());
  await untilState(page, 'ready');
  assert.equal(world.mock.count('GET'), 1);
});

test('solve(), a click and start="load" do not wait to be seen', async () => {
  const solved = await unseen(footer());
  assert.match(await widgetOf(solved).evaluate((widget) => widget.solve()), /^c\./);
  assert.equal(world.mock.count('GET'), 1);
  world.mock.reset();
  const clicked = await unseen(footer());
  await widgetOf(clicked).evaluate((widget) => widget.shadowRoot.querySelector('button').click());
  await untilState(clicked, 'valid');
  await untilState(await world.open(footer('start="load"')), 'valid');
});

test('focus is enough', async () => {
  const page = await unseen(footer());
  await page.evaluate(() => document.querySelector('ocapi-challenge').shadowRoot.querySelector('button').focus({ preventScroll: true }));
  await untilState(page, 'ready');
  assert.equal(await page.evaluate(() => window.scrollY), 0);
  world.mock.reset();
  const other = await unseen(footer('start="focus"'));
  await other.getByLabel('Your message').focus();
  await untilState(other, 'valid');
});

test('a reset of a form that nobody has seen asks for nothing, and neither does an element that was taken out', async () => {
  const page = await unseen(footer());
  await page.evaluate(() => document.forms[0].reset());
  await widgetOf(page).evaluate((widget) => {
    widget.remove();
    document.forms[0].append(widget);
  });
  await page.waitForTimeout(200);
  assert.equal(world.mock.requests.length, 0);
  await controlOf(page).click();
  await untilState(page, 'valid');
});

test('where a browser cannot tell what is seen, the challenge is fetched at once', async () => {
  const page = await unseen(footer());
  await page.addInitScript(() => { delete window.IntersectionObserver; });
  await page.reload();
  await untilState(page, 'ready');
});
