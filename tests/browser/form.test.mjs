// How the element lives in forms and pages that others wrote.
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

const element = (attributes = '') => `<ocapi-challenge public-id="shop" ${attributes}></ocapi-challenge>`;

async function confirmed(html, options) {
  const page = await world.open(html, options);
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'valid');
  return page;
}

test('a form that is sent twice goes out once', async () => {
  const page = await confirmed(formPage(world.mock.address, element(), '/slow'));
  const before = world.partner.received.length;
  await page.getByRole('button', { name: 'Send' }).dblclick({ noWaitAfter: true });
  await page.waitForSelector('#thanks');
  assert.equal(world.partner.received.length, before + 1);
});

test('when the page stays after sending, a second submission waits for another challenge', async () => {
  const page = await confirmed(formPage(world.mock.address, element(), '/nothing'), { timed: true });
  const before = world.partner.received.length;
  await page.getByRole('button', { name: 'Send' }).click();
  await untilState(page, 'used');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.waitForTimeout(200);
  assert.equal(world.partner.received.length, before + 1);
  await page.clock.fastForward(8_000);
  await untilState(page, 'ready');
  assert.equal(await valueOf(page), null);
  await controlOf(page).click();
  await untilState(page, 'valid');
  await page.getByRole('button', { name: 'Send' }).click();
  await untilState(page, 'used');
  while (world.partner.received.length < before + 2) await page.waitForTimeout(50);
  assert.equal(new Set(world.partner.received.slice(before).map((sent) => sent['ocapi-challenge'])).size, 2);
});

test('a page that sends by script and does not reset gets another challenge ready', async () => {
  const page = await confirmed(undefined, { timed: true });
  const first = await valueOf(page);
  await page.evaluate(() => document.forms[0].addEventListener('submit', (event) => {
    event.preventDefault();
    window.sent = new FormData(event.target).get('ocapi-challenge');
  }));
  await page.getByRole('button', { name: 'Send' }).click();
  assert.equal(await page.evaluate(() => window.sent), first);
  await page.clock.fastForward(3_000);
  // Nothing of this looks at the value, which would be a sign to the widget that it was taken.
  await page.waitForFunction(() => window.heard.filter((name) => name === '!valid').length === 2);
  assert.notEqual(await valueOf(page), first);
});

test('a submission that the page prevents before taking the value leaves the challenge alone', async () => {
  const page = await world.open(undefined, { timed: true });
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'valid');
  await page.evaluate(() => {
    document.forms[0].addEventListener('submit', (event) => event.preventDefault(), { once: true });
  });
  await page.getByRole('button', { name: 'Send' }).click();
  await page.clock.fastForward(20_000);
  assert.equal(await stateOf(page), 'valid');
  await page.clock.resume();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.waitForSelector('#thanks');
});

test('resetting the form begins again', async () => {
  const page = await confirmed();
  const first = await valueOf(page);
  await page.evaluate(() => document.forms[0].reset());
  await untilState(page, 'ready');
  assert.equal(await valueOf(page), null);
  await controlOf(page).click();
  await untilState(page, 'valid');
  assert.notEqual(await valueOf(page), first);
});

test('a label of the page works the control', async () => {
  const page = await world.open(formPage(world.mock.address, `<label>Prove it ${element()}</label>`));
  await untilState(page, 'ready');
  await page.getByText('Prove it').click({ position: { x: 3, y: 3 } });
  await untilState(page, 'valid');
  assert.equal(await widgetOf(page).evaluate((widget) => widget.labels.length), 1);
});

test('two widgets on a page do not know each other', async () => {
  const second = `<form method="post" action="/send" id="other">${element()}<button>Other</button></form>`;
  const page = await confirmed(formPage(world.mock.address).replace('</main>', `${second}</main>`));
  await untilState(page, 'ready', 1);
  assert.equal(await valueOf(page, 1), null);
  await controlOf(page, 1).click();
  await untilState(page, 'valid', 1);
  assert.notEqual(await valueOf(page, 0), await valueOf(page, 1));
  await page.getByRole('button', { name: 'Other' }).click();
  await page.waitForSelector('#thanks');
});

test('explicit rendering puts an element into the page and returns it', async () => {
  const page = await world.open(formPage(world.mock.address, '<div id="here"></div>'));
  const told = await page.evaluate(async (base) => {
    const widget = window.ocapi.render('#here', { publicId: 'shop', base: `${base}/`, lang: 'fr', theme: 'dark', name: 'captcha' });
    const id = await widget.solve();
    return [
      window.ocapi.version, widget.parentElement.id, widget.lang, widget.value === id,
      new FormData(document.forms[0]).get('captcha') === id, widget.form === document.forms[0],
    ];
  }, world.mock.address);
  assert.deepEqual(told, ['1.0.0', 'here', 'fr', true, true, true]);
  assert.match(await page.evaluate(() => {
    try { window.ocapi.render('#nowhere', { publicId: 'shop' }); } catch (error) { return error.message; }
    return '';
  }), /nothing matches #nowhere/);
  assert.match(await page.evaluate(() => {
    try { window.ocapi.render('#here', {}); } catch (error) { return error.message; }
    return '';
  }), /publicId is missing/);
});

test('solve() is rejected when it cannot go on', async () => {
  const page = await world.open();
  await untilState(page, 'ready');
  world.mock.knobs.down = true;
  const outcome = () => widgetOf(page).evaluate((widget) => widget.solve().then(() => 'solved', (error) => error.message));
  assert.equal(await outcome(), 'unreachable');
  world.mock.knobs.down = false;
  assert.equal(await outcome(), 'solved');
  const missing = await world.open(formPage(world.mock.address, '<ocapi-challenge></ocapi-challenge>'));
  await untilState(missing, 'misconfigured');
  assert.match(await widgetOf(missing).evaluate((widget) => widget.solve().catch((error) => error.message)), /earlier/);
});

test('solve() ends when the form was sent, the element moves, goes, or is reset', async () => {
  const page = await confirmed(formPage(world.mock.address, element(), '/nothing'));
  await page.getByRole('button', { name: 'Send' }).click();
  await untilState(page, 'used');
  const sent = world.partner.received.at(-1)['ocapi-challenge'];
  const id = await widgetOf(page).evaluate((widget) => widget.solve());
  assert.ok(id.startsWith('c.') && id !== sent, `${id} after ${sent}`);

  const told = await widgetOf(page).evaluate(async (widget) => {
    const outcome = (act) => {
      widget.reset();
      const promise = widget.solve().then(() => 'solved', (error) => `${error instanceof Error} ${error.message}`);
      act();
      return promise;
    };
    const { form } = widget;
    const outcomes = [
      await outcome(() => form.prepend(widget)),
      await outcome(() => widget.reset()),
      await outcome(() => widget.remove()),
    ];
    return [...outcomes, await widget.solve().catch((error) => error.message)];
  });
  assert.deepEqual(told, [
    'solved', 'true the challenge was reset', 'true the element was removed from the document', 'the element is not in a document',
  ]);
});

test('the script may stand in the head or at the end, twice, deferred, and under a versioned path', async () => {
  const { address } = world.mock;
  const tag = `<script src="${address}/ocapi.js" crossorigin="anonymous"></script>`;
  const plain = formPage(address);
  const versioned = `<script src="${address}/ocapi/1.0.0/ocapi.js" crossorigin="anonymous"></script>`;
  for (const html of [
    plain.replace(tag, '').replace('</main>', `</main>${tag}`), plain.replace(tag, tag + tag), plain.replace(tag, tag + versioned),
    plain.replace(tag, tag.replace('<script', '<script defer')), plain.replace(tag, tag.replace('<script', '<script async')),
    plain.replace(tag, versioned), plain.replace(tag, tag.replace('<script', '<script type="module"')),
  ]) {
    const page = await confirmed(html);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  }
});

test('a disabled fieldset disables the control and asks for nothing', async () => {
  const page = await confirmed(formPage(world.mock.address, `<fieldset>${element()}</fieldset>`));
  await page.evaluate(() => { document.querySelector('fieldset').disabled = true; });
  assert.equal(await controlOf(page).evaluate((control) => control.disabled), true);
  assert.deepEqual(await widgetOf(page).evaluate((widget) => [widget.willValidate, new FormData(widget.form).has('ocapi-challenge')]), [false, false]);
  await page.evaluate(() => { document.querySelector('fieldset').disabled = false; });
  assert.equal(await controlOf(page).evaluate((control) => control.disabled), false);
  assert.match(await valueOf(page), /^c\./);
});

/** Takes the element out, and puts it back: by two calls, as frameworks do. */
/** Moves the element; gives the state it has at that moment. To read its value would make it a taken one. */
const move = (page) => page.evaluate(() => {
  const widget = document.querySelector('ocapi-challenge');
  const place = widget.parentElement;
  widget.remove();
  place.prepend(widget);
  return widget.state;
});

test('an element that is taken out and put back keeps a valid challenge that nobody has read', async () => {
  const page = await confirmed();
  const requests = world.mock.count('GET');
  await move(page);
  await page.waitForTimeout(200);
  assert.equal(await stateOf(page), 'valid');
  assert.match(await valueOf(page), /^c\./);
  await move(page);
  await untilState(page, 'ready');
  assert.equal(await valueOf(page), null, 'it was read, and may be on its way');
  assert.equal(world.mock.count('GET'), requests + 1);
});

test('an element that is taken out at work and put back begins again', async () => {
  Object.assign(world.mock.knobs, { cost: 20_000, least: 1900, most: 2000 });
  const page = await world.open();
  await untilState(page, 'ready');
  await controlOf(page).click();
  assert.equal(await stateOf(page), 'solving');
  Object.assign(world.mock.knobs, { cost: 300, least: 0, most: 60 });
  assert.notEqual(await move(page), 'valid');
  await untilState(page, 'valid');
  assert.deepEqual(await page.evaluate(() => window.heard), [
    'loading', 'ready', 'solving', 'loading', 'solving', 'checking', 'valid', '!valid',
  ]);
});

test('an element that is moved after its form was sent does not offer the challenge again', async () => {
  const page = await confirmed(formPage(world.mock.address, element(), '/nothing'));
  await page.getByRole('button', { name: 'Send' }).click();
  await untilState(page, 'used');
  const sent = world.partner.received.at(-1)['ocapi-challenge'];
  const answers = world.mock.count('POST');
  await move(page);
  await untilState(page, 'ready');
  assert.equal(world.mock.count('POST'), answers, 'the visitor is asked first');
  await controlOf(page).click();
  await untilState(page, 'valid');
  assert.notEqual(await valueOf(page), sent);
});

test('a change of the site or the server fetches another challenge, a change of the theme does not', async () => {
  const page = await confirmed();
  const requests = world.mock.count('GET');
  await widgetOf(page).evaluate((widget) => { widget.setAttribute('theme', 'dark'); widget.setAttribute('name', 'proof'); });
  assert.match(await valueOf(page), /^c\./);
  assert.equal(world.mock.count('GET'), requests);
  await widgetOf(page).evaluate((widget) => widget.setAttribute('public-id', 'shop2'));
  await untilState(page, 'ready');
  assert.equal(world.mock.count('GET'), requests + 1);
  assert.equal(world.mock.requests.at(-1).path, '/ocapi/v2/challenge/shop2');
});
