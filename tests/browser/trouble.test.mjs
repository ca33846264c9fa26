// What a visitor goes through when something is wrong: wrong answers, expiry, limits, a server that is gone.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { controlOf, formPage, openWorld, stateOf, statusOf, untilState, valueOf, widgetOf } from './support/world.mjs';

let world;
before(async () => { world = await openWorld(); });
after(() => world.close());
afterEach(async () => {
  world.mock.reset();
  for (const context of world.browser.contexts()) await context.close();
});

const heard = (page) => page.evaluate(() => window.heard);
const element = (attributes) => `<ocapi-challenge ${attributes}></ocapi-challenge>`;

test('after a wrong answer the next challenge is taken without another request', async () => {
  world.mock.knobs.lie = 'invalid';
  const page = await world.open();
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'invalid');
  assert.equal(await statusOf(page), 'That was not right. Please try again.');
  assert.equal(await widgetOf(page).evaluate((widget) => widget.form.checkValidity()), false);
  await controlOf(page).click();
  await untilState(page, 'valid');
  assert.equal(world.mock.count('GET'), 1);
  assert.deepEqual((await heard(page)).filter((name) => name.startsWith('!')), ['!invalid', '!valid']);
});

test('after a wrong answer without a next challenge one is fetched', async () => {
  world.mock.knobs.lie = 'bare';
  const page = await world.open();
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'invalid');
  await controlOf(page).click();
  await untilState(page, 'valid');
  assert.equal(world.mock.count('GET'), 2);
});

/** A page whose time the test moves. */
async function timed() {
  const page = await world.open(undefined, { timed: true });
  await untilState(page, 'ready');
  return page;
}

test('a challenge that nobody answered is renewed as soon as somebody shows up', async () => {
  const page = await timed();
  const before = world.mock.count('GET');
  await page.clock.fastForward('05:01');
  await untilState(page, 'expired');
  assert.equal(await statusOf(page), 'Tick the box to confirm.', 'nothing was confirmed that could have expired');
  await page.clock.fastForward('01:00:00');
  assert.equal(world.mock.count('GET'), before, 'nobody is there');
  await page.getByLabel('Your message').click();
  await untilState(page, 'ready');
  assert.equal(world.mock.count('GET'), before + 1);
  await page.clock.fastForward('05:01');
  await untilState(page, 'expired');
  await controlOf(page).click();
  await untilState(page, 'valid');
});

test('a confirmation is renewed by itself before the server forgets it', async () => {
  const page = await timed();
  await controlOf(page).click();
  await untilState(page, 'valid');
  const first = await valueOf(page);
  await page.clock.fastForward('08:50');
  assert.equal(await valueOf(page), first);
  await page.clock.fastForward('00:15');
  await untilState(page, 'valid');
  const second = await valueOf(page);
  assert.notEqual(second, first);
  assert.equal(world.mock.challenges.get(second).state, 'valid');
  assert.ok((await heard(page)).includes('!expired'));
});

test('a confirmation is renewed three times without a visitor, and again when one shows up', async () => {
  const page = await timed();
  await controlOf(page).click();
  for (let i = 0; i < 3; i++) {
    await untilState(page, 'valid');
    await page.clock.fastForward('09:01');
  }
  await untilState(page, 'valid');
  const before = world.mock.count('GET');
  await page.clock.fastForward('09:01');
  await untilState(page, 'expired');
  assert.equal(await statusOf(page), 'The confirmation has expired and will be renewed.');
  assert.equal(await widgetOf(page).evaluate((widget) => widget.form.checkValidity()), false);
  await page.clock.fastForward('01:00:00');
  assert.equal(world.mock.count('GET'), before);
  await page.getByLabel('Your message').focus();
  await untilState(page, 'valid');
  assert.equal(world.mock.count('GET'), before + 1);
});

test('a challenge that expires while the browser works is replaced, and its successor solved', async () => {
  const page = await world.open();
  await untilState(page, 'ready');
  for (const challenge of world.mock.challenges.values()) challenge.expires = 0;
  await controlOf(page).click();
  await untilState(page, 'valid');
  assert.deepEqual(await heard(page), [
    'loading', 'ready', 'solving', 'checking', 'expired', '!expired', 'loading', 'solving', 'checking', 'valid', '!valid',
  ]);
});

test('a server that calls every challenge expired is not asked for ever', async () => {
  const page = await world.open();
  world.mock.knobs.life = -1000;
  await page.reload();
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'failed');
  assert.equal(world.mock.count('POST'), 3);
  world.mock.knobs.life = 300_000;
  await widgetOf(page).getByRole('button', { name: 'Try again' }).click();
  await untilState(page, 'valid');
});

test('a clock that is wrong by a year does no harm', async () => {
  for (const wrong of ['2020-01-01', '2035-01-01']) {
    const page = await world.open(undefined, { timed: wrong });
    await untilState(page, 'ready');
    await controlOf(page).click();
    await untilState(page, 'valid');
    assert.deepEqual(await heard(page), ['loading', 'ready', 'solving', 'checking', 'valid', '!valid']);
    await page.context().close();
  }
});

test('a server that is gone is said plainly, the form stays blocked, and a retry recovers', async () => {
  world.mock.knobs.down = true;
  const page = await world.open();
  await untilState(page, 'unreachable');
  assert.match(await statusOf(page), /cannot be reached/);
  const before = world.partner.received.length;
  await page.getByRole('button', { name: 'Send' }).click();
  await page.waitForTimeout(200);
  assert.equal(world.partner.received.length, before);
  assert.match(await widgetOf(page).evaluate((widget) => widget.validationMessage), /cannot be reached/);
  world.mock.knobs.down = false;
  const retry = widgetOf(page).getByRole('button', { name: 'Try again' });
  await retry.focus();
  await page.keyboard.press('Enter');
  await untilState(page, 'valid');
  assert.equal(await retry.count(), 0);
  assert.equal(await controlOf(page).evaluate((control) => control.matches(':focus')), true, 'the focus is not lost');
});

test('an answer that the server did not take is delivered again without being worked out again', async () => {
  const page = await world.open();
  await untilState(page, 'ready');
  world.mock.knobs.down = true;
  await controlOf(page).click();
  await untilState(page, 'unreachable');
  world.mock.knobs.down = false;
  await page.evaluate(() => { window.heard.length = 0; });
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await untilState(page, 'valid');
  assert.deepEqual(await heard(page), ['checking', 'valid', '!valid']);
  assert.equal(world.mock.count('GET'), 1);
});

test('a server that says nothing is given up after fifteen seconds', async () => {
  const page = await world.open();
  await page.clock.install();
  world.mock.knobs.delay = 60_000;
  await page.reload({ waitUntil: 'commit' });
  await untilState(page, 'loading');
  await page.clock.fastForward(14_000);
  assert.equal(await stateOf(page), 'loading');
  await page.clock.fastForward(1_500);
  await untilState(page, 'unreachable');
});

test('too many requests: it says so, waits as long as told, and goes on', async () => {
  const page = await timed();
  world.mock.knobs.retryAfter = 20;
  await controlOf(page).click();
  await untilState(page, 'limited');
  assert.equal(await statusOf(page), 'Too many requests. This goes on by itself in a moment.');
  assert.match(await widgetOf(page).evaluate((widget) => widget.shadowRoot.querySelector('.count').textContent), /^(20|19) s$/);
  world.mock.knobs.retryAfter = null;
  await page.clock.fastForward(15_000);
  assert.equal(await stateOf(page), 'limited');
  assert.equal(world.mock.count('POST'), 1);
  await page.clock.fastForward(5_500);
  await untilState(page, 'valid');
  assert.equal(world.mock.count('POST'), 2);
});

test('a site that does not exist is an error of the page, and is not asked again', async () => {
  const page = await world.open(formPage(world.mock.address, element('public-id="unknown"')));
  await untilState(page, 'misconfigured');
  assert.match(await statusOf(page), /not set up correctly/);
  await controlOf(page).click({ force: true });
  await page.waitForTimeout(100);
  assert.equal(world.mock.count('GET'), 1);
  const missing = await world.open(formPage(world.mock.address, element('')));
  await untilState(missing, 'misconfigured');
});

test('a refusal is told for what it is', async () => {
  for (const [refusal, when] of Object.entries({
    400: 'failed', 403: 'misconfigured', 404: 'misconfigured', 405: 'unreachable', 503: 'unreachable',
  })) {
    const page = await world.open();
    await untilState(page, 'ready');
    world.mock.knobs.refusal = Number(refusal);
    await controlOf(page).click();
    // A challenge that is not known any more is renewed, and that fails like the first.
    await untilState(page, when);
    assert.equal(await valueOf(page), null);
    await page.context().close();
    world.mock.reset();
  }
});

test('a kind that the script does not know is asked for again as proof of work', async () => {
  world.mock.knobs.kind = 'riddle';
  const page = await world.open();
  await untilState(page, 'ready');
  assert.equal(world.mock.count('GET'), 2);
  await controlOf(page).click();
  await untilState(page, 'valid');
});

test('parameters that cannot be worked out end in a plain failure', async () => {
  world.mock.knobs.algorithm = 'SCRYPT';
  const page = await world.open();
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'failed');
  assert.match(await statusOf(page), /did not work in this browser/);
});

test('a browser without what is needed is told so', async () => {
  const page = await world.open();
  await page.addInitScript(() => { delete HTMLElement.prototype.attachInternals; });
  await page.reload();
  assert.match(await page.getByRole('alert').textContent(), /browser is too old/);
  assert.equal(await page.locator('ocapi-challenge').evaluate((widget) => new FormData(widget.closest('form')).get('ocapi-challenge')), null);
});
