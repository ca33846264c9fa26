// Ways to send a form that go past what browsers look at: novalidate, formnovalidate, and scripts.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { controlOf, formPage, openWorld, stateOf, untilState } from './support/world.mjs';

let world;
before(async () => { world = await openWorld(); });
after(() => world.close());
afterEach(async () => {
  world.mock.reset();
  for (const context of world.browser.contexts()) await context.close();
});

const element = (attributes = '') => `<ocapi-challenge public-id="shop" ${attributes}></ocapi-challenge>`;
const open = async (html) => {
  const page = await world.open(html);
  await untilState(page, 'ready');
  return page;
};
const unchecked = (attributes) => formPage(world.mock.address, element(attributes)).replace('<form', '<form novalidate');
const received = () => world.partner.received.length;

test('a form with novalidate is blocked until the challenge is valid, too', async () => {
  const page = await open(unchecked());
  const before = received();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.waitForTimeout(300);
  assert.equal(received(), before);
  assert.equal(await stateOf(page), 'ready');
  assert.equal(await page.evaluate(() => document.activeElement.localName), 'ocapi-challenge', 'it says where it is wanting');
  await controlOf(page).click();
  await untilState(page, 'valid');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.waitForSelector('#thanks');
  assert.match(world.partner.received.at(-1)['ocapi-challenge'], /^c\./);
});

test('a button with formnovalidate and a disabled element let the form go', async () => {
  const plain = formPage(world.mock.address);
  const draft = await open(plain.replace('</form>', '<button formnovalidate name="draft" value="1">Save</button></form>'));
  await draft.getByRole('button', { name: 'Save' }).click();
  await draft.waitForSelector('#thanks');
  assert.deepEqual(world.partner.received.at(-1), { message: 'Good morning', draft: '1' });

  const page = await open(formPage(world.mock.address, `<fieldset disabled>${element()}</fieldset>`).replace('<form', '<form novalidate'));
  await page.getByRole('button', { name: 'Send' }).click();
  await page.waitForSelector('#thanks');
  assert.deepEqual(world.partner.received.at(-1), { message: 'Good morning' });
});

test('a submission that the page takes into its own hands is left to it', async () => {
  const page = await open(unchecked());
  await page.evaluate(() => {
    document.addEventListener('submit', (event) => event.preventDefault(), { capture: true });
  });
  await page.getByRole('button', { name: 'Send' }).click();
  assert.equal(await page.evaluate(() => document.activeElement.localName), 'button');
});

test('with start="submit" a form with novalidate goes out when the work is done', async () => {
  const page = await open(unchecked('start="submit"'));
  await page.getByRole('button', { name: 'Send' }).click();
  await page.waitForSelector('#thanks');
  assert.match(world.partner.received.at(-1)['ocapi-challenge'], /^c\./);
});

test('with start="submit" requestSubmit() begins the work, and the form goes out with the button that it named', async () => {
  for (const named of [false, true]) {
    const html = formPage(world.mock.address, element('start="submit"')).replace('<button>', '<button name="by" value="hand">');
    const page = await open(html);
    await page.evaluate(() => document.forms[0].reportValidity());
    assert.equal(await stateOf(page), 'ready', 'a look at the validity begins nothing');
    await page.evaluate((name) => document.forms[0].requestSubmit(name ? document.querySelector('form button') : undefined), named);
    await page.waitForSelector('#thanks');
    const { by, 'ocapi-challenge': id } = world.partner.received.at(-1);
    assert.equal(by, named ? 'hand' : undefined);
    assert.match(id, /^c\./);
    await page.context().close();
  }
});

test('without start="submit" a form’s requestSubmit() stays the browser’s', async () => {
  const page = await open(formPage(world.mock.address));
  assert.equal(await page.evaluate(() => Object.hasOwn(document.forms[0], 'requestSubmit')), false);
});
