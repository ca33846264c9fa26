// The kinds that ask the visitor when something is wrong, and where they stand in pages: expiry, limits, languages, other ways.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { ASKING } from './support/puzzles.mjs';
import { controlOf, formPage, openWorld, stateOf, statusOf, untilState, valueOf, widgetOf } from './support/world.mjs';

let world;
before(async () => { world = await openWorld(); });
after(() => world.close());
afterEach(async () => {
  world.mock.reset();
  for (const context of world.browser.contexts()) await context.close();
});

const heard = (page) => page.evaluate(() => window.heard.splice(0));
const newest = () => [...world.mock.challenges.values()].at(-1);
const button = (page, name) => widgetOf(page).getByRole('button', { name, exact: true });
const codeOf = (page) => widgetOf(page).getByRole('textbox', { name: 'Code' });
const element = (attributes = '') => `<ocapi-challenge public-id="shop" ${attributes}></ocapi-challenge>`;
const pageWith = (attributes) => formPage(world.mock.address, element(attributes));

/** A page whose site asks for a code, with the question there; `timed` if the test moves the time. */
async function asked({ html = pageWith(), timed = false, kind = 'text', kinds = [...ASKING, 'pow'] } = {}) {
  Object.assign(world.mock.knobs, { kind, kinds });
  const page = await world.open(html, { timed });
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'asking');
  await heard(page);
  return page;
}

async function solve(page) {
  await codeOf(page).fill(newest().right);
  await codeOf(page).press('Enter');
}

test('a question that expires under somebody’s hands is replaced, and it says why', async () => {
  const page = await asked({ timed: true });
  await codeOf(page).fill('34');
  await page.clock.fastForward('05:01');
  await page.waitForFunction(() => window.heard.at(-1) === 'asking');
  assert.deepEqual(await heard(page), ['expired', '!expired', 'loading', 'asking']);
  assert.equal(await statusOf(page), 'Too much time has passed. Here is another one.');
  assert.equal(await codeOf(page).evaluate((field) => field.matches(':focus') && field.value === ''), true);
  await solve(page);
  await untilState(page, 'valid');
});

test('a question that expires while nobody is at it waits for somebody, and then takes the focus from nobody', async () => {
  const page = await asked({ timed: true });
  await page.getByLabel('Your message').focus();
  const before = world.mock.count('GET');
  await page.clock.fastForward('05:01');
  await untilState(page, 'expired');
  assert.equal(await codeOf(page).count(), 0);
  await page.clock.fastForward('01:00:00');
  assert.equal(world.mock.count('GET'), before);
  await page.keyboard.type('!');
  await untilState(page, 'asking');
  assert.equal(await page.getByLabel('Your message').evaluate((input) => input === document.activeElement), true);
  await solve(page);
  await untilState(page, 'valid');
});

test('a confirmation that expires asks again when somebody shows up, not before', async () => {
  const page = await asked({ timed: true });
  await solve(page);
  await untilState(page, 'valid');
  await page.clock.fastForward('09:01');
  await untilState(page, 'expired');
  assert.equal(await valueOf(page), null);
  await page.getByLabel('Your message').focus();
  await untilState(page, 'asking');
  assert.equal(await statusOf(page), 'Too much time has passed. Here is another one.');
});

test('an old challenge is not put before a person who would not have the time for it', async () => {
  Object.assign(world.mock.knobs, { kind: 'text', kinds: ['text'] });
  const page = await world.open(undefined, { timed: true });
  await untilState(page, 'ready');
  const before = world.mock.count('GET');
  await page.clock.fastForward('03:00');
  await controlOf(page).click();
  await untilState(page, 'asking');
  assert.equal(world.mock.count('GET'), before + 1);
  assert.equal(await statusOf(page), 'Please solve this task, or choose another way below.');
});

test('an answer that comes too late for the server is asked anew', async () => {
  const page = await asked();
  newest().expires = 0;
  await codeOf(page).fill('late');
  await codeOf(page).press('Enter');
  await page.waitForFunction(() => window.heard.at(-1) === 'asking');
  assert.deepEqual(await heard(page), ['checking', 'expired', '!expired', 'loading', 'asking']);
  assert.equal(await codeOf(page).evaluate((field) => field.matches(':focus')), true);
  await solve(page);
  await untilState(page, 'valid');
});

test('pictures that are gone bring another challenge, and not for ever', async () => {
  Object.assign(world.mock.knobs, { kind: 'classification', kinds: ['classification'], pictureRefusal: 410 });
  const page = await world.open();
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'failed');
  assert.equal(world.mock.count('GET'), 3);
  world.mock.knobs.pictureRefusal = null;
  await button(page, 'Try again').click();
  await untilState(page, 'asking');
});

test('a picture that is none, and a question without pictures, end in a plain failure with a way on', async () => {
  for (const spoil of [(made) => { made.shown.images = []; }, (made) => { for (const file of made.files.values()) file.bytes = Buffer.from('no'); }]) {
    Object.assign(world.mock.knobs, { kind: 'text', kinds: ['text'] });
    const { mint } = world.mock;
    world.mock.mint = async (...given) => {
      const shown = await mint(...given);
      if (shown.kind === 'text') {
        const made = world.mock.challenges.get(shown.id);
        spoil(made);
        shown.images = made.shown.images;
      }
      return shown;
    };
    try {
      const page = await world.open();
      await untilState(page, 'ready');
      await controlOf(page).click();
      await untilState(page, 'failed');
      await widgetOf(page).getByRole('button', { name: /^Without a puzzle/ }).click();
      await untilState(page, 'valid');
    } finally {
      world.mock.mint = mint;
    }
  }
});

test('too many answers: what was typed stays, it waits as long as told, and the way without a puzzle is open', async () => {
  const page = await asked({ timed: true });
  world.mock.knobs.retryAfter = 30;
  await codeOf(page).fill(newest().right);
  await codeOf(page).press('Enter');
  await untilState(page, 'limited');
  assert.equal(await statusOf(page), 'Too many requests. This goes on by itself in a moment.');
  assert.equal(await codeOf(page).inputValue(), newest().right);
  assert.equal(await button(page, 'Check').getAttribute('aria-disabled'), 'true');
  for (const name of ['Check', 'Another one']) await button(page, name).click({ force: true });
  assert.equal(await stateOf(page), 'limited');
  world.mock.knobs.retryAfter = null;
  await page.clock.fastForward(31_000);
  await untilState(page, 'valid');
  assert.equal(world.mock.count('POST'), 2);

  const other = await asked();
  world.mock.knobs.retryAfter = 30;
  await solve(other);
  await untilState(other, 'limited');
  world.mock.knobs.retryAfter = null;
  await widgetOf(other).getByRole('button', { name: /^Without a puzzle/ }).click();
  await untilState(other, 'valid');
});

test('a server that goes away takes nothing with it: the same answer is delivered on demand', async () => {
  const page = await asked();
  world.mock.knobs.down = true;
  await solve(page);
  await untilState(page, 'unreachable');
  assert.match(await statusOf(page), /cannot be reached/);
  assert.equal(await button(page, 'Try again').evaluate((retry) => retry.matches(':focus')), true, 'the focus is not lost');
  world.mock.knobs.down = false;
  await page.keyboard.press('Enter');
  await untilState(page, 'valid');
  assert.equal(world.mock.count('GET'), 1);
});

test('a wrong answer without a next challenge brings another one of the series', async () => {
  const page = await asked();
  const [[id]] = [...world.mock.challenges].slice(-1);
  world.mock.knobs.lie = 'bare';
  await solve(page);
  await page.waitForFunction(() => window.heard.at(-1) === 'asking');
  assert.equal(world.mock.requests.at(-1).query.after, id);
  assert.equal(await statusOf(page), 'That was not right. Here is another one.');
  await solve(page);
  await untilState(page, 'valid');
});

test('a series that the server does not know any more is begun anew', async () => {
  const page = await asked();
  world.mock.challenges.clear();
  await button(page, 'Another one').click();
  await page.waitForFunction(() => window.heard.at(-1) === 'asking');
  assert.equal(world.mock.requests.at(-1).query.after, undefined);
  await solve(page);
  await untilState(page, 'valid');
});

test('every kind leads to every other, and back; one that the script does not know is not offered', async () => {
  const kinds = [...ASKING, 'riddle', 'pow'];
  const page = await asked({ kind: 'classification', kinds });
  assert.equal(await button(page, 'riddle').count(), 0);
  const names = { transcription: 'Copy text from a picture', text: 'Type a code', classification: 'Choose pictures' };
  for (const [kind, name] of Object.entries(names)) {
    await button(page, name).click();
    await page.waitForFunction(() => window.heard.at(-1) === 'asking');
    await heard(page);
    assert.equal(newest().kind, kind);
    assert.equal(await button(page, name).count(), 0, 'what is there is not offered');
    assert.equal(await widgetOf(page).evaluate((widget) => widget.shadowRoot.activeElement?.localName), 'input');
  }
});

test('the choice of a visitor to go without puzzles lasts for the page', async () => {
  const page = await asked({ html: formPage(world.mock.address, element(), '/nothing') });
  await widgetOf(page).getByRole('button', { name: /^Without a puzzle/ }).click();
  await untilState(page, 'valid');
  await page.evaluate(() => document.forms[0].reset());
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'valid');
  assert.equal(newest().kind, 'pow');
});

test('before the box is ticked the way without a puzzle is there, too', async () => {
  Object.assign(world.mock.knobs, { kind: 'text', kinds: ['text'] });
  const page = await world.open();
  await untilState(page, 'ready');
  assert.equal(world.mock.pictures.length, 0, 'no picture is fetched for somebody who may not want it');
  await widgetOf(page).getByRole('button', { name: /^Without a puzzle/ }).click();
  await untilState(page, 'valid');
});

test('sending the form while the question is open leads to the question', async () => {
  const page = await asked();
  const before = world.partner.received.length;
  await page.getByLabel('Your message').press('Enter');
  await page.waitForFunction(() => document.activeElement?.localName === 'ocapi-challenge');
  assert.equal(await codeOf(page).evaluate((field) => field.matches(':focus')), true);
  assert.equal(await widgetOf(page).evaluate((widget) => widget.validationMessage), 'Please solve the task in the confirmation first.');
  assert.equal(world.partner.received.length, before);
});

test('with start="submit" the question comes with the sending, and the form goes out after a wrong and a right answer', async () => {
  Object.assign(world.mock.knobs, { kind: 'text', kinds: ['text'] });
  const page = await world.open(pageWith('start="submit"'));
  await untilState(page, 'ready');
  await page.getByRole('button', { name: 'Send' }).click();
  await untilState(page, 'asking');
  assert.equal(await codeOf(page).evaluate((field) => field.matches(':focus')), true);
  await codeOf(page).fill('wrong');
  await codeOf(page).press('Enter');
  await page.waitForFunction(() => window.heard.includes('!invalid') && window.heard.at(-1) === 'asking');
  await solve(page);
  await page.waitForSelector('#thanks');
  assert.equal(world.mock.challenges.get(world.partner.received.at(-1)['ocapi-challenge']).state, 'valid');
});

test('with start="load" the question comes by itself, and leaves the focus alone', async () => {
  Object.assign(world.mock.knobs, { kind: 'text', kinds: ['text'] });
  const page = await world.open(pageWith('start="load"'));
  await page.getByLabel('Your message').focus();
  await untilState(page, 'asking');
  assert.equal(await page.evaluate(() => document.activeElement.localName), 'input');
  assert.equal(await page.evaluate(() => document.activeElement.name), 'message');
});

test('somebody who writes on while the question loads is not taken from it', async () => {
  Object.assign(world.mock.knobs, { kind: 'text', kinds: ['text'] });
  const page = await world.open();
  await untilState(page, 'ready');
  world.mock.knobs.delay = 300;
  await controlOf(page).click();
  await page.getByLabel('Your message').focus();
  await untilState(page, 'asking');
  assert.equal(await page.evaluate(() => document.activeElement.name), 'message');
});

test('solve() waits for the visitor, through wrong answers', async () => {
  const page = await asked();
  await widgetOf(page).evaluate((widget) => { window.solved = widget.solve(); });
  await codeOf(page).fill('wrong');
  await codeOf(page).press('Enter');
  await page.waitForFunction(() => window.heard.includes('!invalid') && window.heard.at(-1) === 'asking');
  await solve(page);
  assert.match(await page.evaluate(() => window.solved), /^c\./);
});

test('a disabled fieldset disables the question, and an element that is taken out asks anew', async () => {
  const page = await asked({ html: formPage(world.mock.address, `<fieldset>${element()}</fieldset>`) });
  const inert = () => widgetOf(page).evaluate((widget) => widget.shadowRoot.querySelector('fieldset').closest('[inert]') !== null);
  await page.evaluate(() => { document.querySelector('fieldset').disabled = true; });
  assert.equal(await inert(), true);
  await page.evaluate(() => { document.querySelector('fieldset').disabled = false; });
  assert.equal(await inert(), false);
  await widgetOf(page).evaluate((widget) => { document.forms[0].prepend(widget); });
  await page.waitForFunction(() => window.heard.join().endsWith('loading,asking'));
  await solve(page);
  await untilState(page, 'valid');
});

test('the field’s name is the page’s choice for every kind', async () => {
  for (const kind of ASKING) {
    const page = await asked({ kind, html: pageWith('name="g-recaptcha-response"') });
    await widgetOf(page).getByRole('button', { name: /^Without a puzzle/ }).click();
    await untilState(page, 'valid');
    assert.match(await page.evaluate(() => new FormData(document.forms[0]).get('g-recaptcha-response')), /^c\./);
    await page.context().close();
  }
});

test('a server below a path has its pictures there, too', async () => {
  Object.assign(world.mock.knobs, { kind: 'text', kinds: ['text'] });
  const page = await world.open();
  const paths = [];
  await page.route(`${world.mock.address}/below/**`, (route) => {
    paths.push(new URL(route.request().url()).pathname);
    return route.continue({ url: route.request().url().replace('/below/', '/') });
  });
  await widgetOf(page).evaluate((widget, base) => widget.setAttribute('base', base), `${world.mock.address}/below/`);
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'asking');
  assert.ok(paths.some((path) => /^\/below\/ocapi\/v2\/challenge\/c\.[^/]+\/image\/1$/.test(path)), paths.join(' '));
});

test('a plain http page has its pictures and its sound', async () => {
  Object.assign(world.mock.knobs, { kind: 'text', kinds: ['text'] });
  const page = await world.open(undefined, { host: 'plain.example' });
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'asking');
  await page.evaluate(() => {
    const { start } = AudioBufferSourceNode.prototype;
    AudioBufferSourceNode.prototype.start = function begin() {
      window.sounded = this.buffer.duration;
      return start.call(this);
    };
  });
  await button(page, 'Listen to the code').click();
  await page.waitForFunction(() => window.sounded === 0.5);
  await solve(page);
  await untilState(page, 'valid');
});

test('a kind that the site lists no more after somebody chose it gives way to the page’s own', async () => {
  const page = await asked();
  world.mock.knobs.kinds = ['text', 'pow'];
  await button(page, 'Choose pictures').click();
  await page.waitForFunction(() => window.heard.at(-1) === 'asking');
  assert.equal(newest().kind, 'text');
  await solve(page);
  await untilState(page, 'valid');
});

test('an answer that the server cannot read is not sent again', async () => {
  const page = await asked();
  await page.route(`${world.mock.address}/ocapi/v2/challenge/c.*`, (route) => (route.request().method() === 'POST'
    ? route.fulfill({ status: 400, headers: { 'Access-Control-Allow-Origin': '*' }, json: { detail: 'the answer cannot be read' } })
    : route.continue()), { times: 1 });
  await codeOf(page).fill('what');
  await codeOf(page).press('Enter');
  await untilState(page, 'failed');
  await button(page, 'Try again').click();
  await untilState(page, 'asking');
  assert.equal(world.mock.count('GET'), 2);
  await solve(page);
  await untilState(page, 'valid');
});

test('pictures on a slow line are waited for longer than other answers, and not for ever', async () => {
  Object.assign(world.mock.knobs, { kind: 'text', kinds: ['text'] });
  const page = await world.open(undefined, { timed: true });
  await untilState(page, 'ready');
  world.mock.knobs.delay = 600_000;
  await controlOf(page).click();
  await untilState(page, 'loading');
  await page.clock.fastForward(50_000);
  assert.equal(await stateOf(page), 'loading');
  await page.clock.fastForward(11_000);
  await untilState(page, 'unreachable');
});
