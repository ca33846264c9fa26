// Going back to a page whose form was sent, in a browser that keeps such pages.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { controlOf, openWorld, untilState, valueOf } from './support/world.mjs';

let world;
before(async () => { world = await openWorld({ whole: true }); });
after(() => world.close());
afterEach(async () => {
  world.mock.reset();
  for (const context of world.browser.contexts()) await context.close();
});

async function confirmed() {
  const page = await world.open();
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'valid');
  return page;
}

test('going back never offers a challenge that was sent, whether the browser kept the page or not', async () => {
  for (const kept of [true, false]) {
    const page = await confirmed();
    await page.evaluate((keep) => {
      window.same = true;
      if (!keep) window.addEventListener('unload', () => {});
    }, kept);
    const sent = await valueOf(page);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.waitForSelector('#thanks');
    await page.goBack({ waitUntil: 'commit' });
    await page.waitForSelector('ocapi-challenge');
    assert.equal(await page.evaluate(() => window.same === true), kept);
    assert.equal(await valueOf(page), null, 'at once, not after a while');
    await untilState(page, 'ready');
    await controlOf(page).click();
    await untilState(page, 'valid');
    assert.notEqual(await valueOf(page), sent);
    await page.context().close();
  }
});

test('going back offers no challenge that form.submit() sent, which makes no event', async () => {
  const page = await confirmed();
  await page.evaluate(() => { window.same = true; });
  const before = world.partner.received.length;
  await page.evaluate(() => document.forms[0].submit());
  await page.waitForSelector('#thanks');
  const sent = world.partner.received[before]['ocapi-challenge'];
  assert.match(sent, /^c\./);
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForSelector('ocapi-challenge');
  assert.equal(await page.evaluate(() => window.same), true, 'the browser kept the page');
  assert.equal(await valueOf(page), null);
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'valid');
  assert.notEqual(await valueOf(page), sent);
});
