// What a visitor goes through when all is well: the seed's steps 1 to 8 on a plain form.
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

test('the keyboard alone gets the form sent', async () => {
  const page = await world.open();
  await untilState(page, 'ready');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  assert.equal(await controlOf(page).evaluate((control) => control.matches(':focus-visible')), true);
  await page.keyboard.press('Space');
  await untilState(page, 'valid');
  assert.equal(await controlOf(page).getAttribute('aria-checked'), 'true');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#thanks');
  const sent = world.partner.received.at(-1);
  assert.equal(sent.message, 'Good morning');
  assert.match(sent['ocapi-challenge'], /^c\./);
  assert.equal(world.mock.challenges.get(sent['ocapi-challenge']).state, 'valid');
});

test('enter works like space on the control', async () => {
  const page = await world.open();
  await untilState(page, 'ready');
  await controlOf(page).focus();
  await page.keyboard.press('Enter');
  await untilState(page, 'valid');
});

test('the form is blocked until the challenge is valid', async () => {
  const page = await world.open();
  await untilState(page, 'ready');
  const before = world.partner.received.length;
  await page.getByRole('button', { name: 'Send' }).click();
  await page.waitForTimeout(300);
  assert.equal(world.partner.received.length, before);
  assert.equal(await page.locator('#thanks').count(), 0);
  assert.equal(await valueOf(page), null);
  assert.deepEqual(await widgetOf(page).evaluate((element) => [
    element.checkValidity(), element.validity.valueMissing, element.validationMessage, element.matches(':invalid'),
    document.activeElement === element,
  ]), [false, true, 'Please confirm that you are not a robot.', true, true]);
  await controlOf(page).click();
  await untilState(page, 'valid');
  assert.equal(await widgetOf(page).evaluate((element) => element.form.checkValidity()), true);
  assert.equal(await valueOf(page), await widgetOf(page).evaluate((element) => element.value));
});

test('a strict policy on another origin has nothing to object to', async () => {
  for (const algorithm of ['PBKDF2/SHA-256', 'ARGON2ID']) {
    world.mock.knobs.algorithm = algorithm;
    const page = await world.open();
    await untilState(page, 'ready');
    await controlOf(page).click();
    await untilState(page, 'valid');
    assert.deepEqual(page.complaints, []);
    assert.equal(await page.locator('iframe').count(), 0, 'the frame goes when the work is done');
  }
});

test('the states follow each other, and each is told once', async () => {
  world.mock.knobs.most = 600;
  const page = await world.open();
  await untilState(page, 'ready');
  await widgetOf(page).evaluate((element) => {
    window.spoken = [];
    const status = element.shadowRoot.querySelector('[role=status]');
    new MutationObserver(() => status.ariaLive === 'polite' && window.spoken.push(status.textContent))
      .observe(status, { childList: true, characterData: true, subtree: true });
  });
  await controlOf(page).click();
  await untilState(page, 'valid');
  assert.deepEqual(await page.evaluate(() => window.heard), ['loading', 'ready', 'solving', 'checking', 'valid', '!valid']);
  assert.deepEqual(await page.evaluate(() => window.spoken), [
    'Your browser is solving a small task. This takes a few seconds.', 'Checking…', 'Confirmed.',
  ]);
});

test('progress shows while the browser works', async () => {
  Object.assign(world.mock.knobs, { cost: 30_000, least: 200, most: 201 });
  const page = await world.open();
  await untilState(page, 'ready');
  await controlOf(page).click();
  const bar = widgetOf(page).getByRole('progressbar', { name: 'Progress' });
  await bar.waitFor();
  const first = await bar.evaluate((element) => element.value);
  const [second, state] = await (await page.waitForFunction((before) => {
    const widget = document.querySelector('ocapi-challenge');
    const { value } = widget.shadowRoot.querySelector('progress');
    return value > before && [value, widget.state];
  }, first, { polling: 20 })).jsonValue();
  assert.equal(state, 'solving');
  assert.ok(second < 1, `${first} then ${second}`);
  await untilState(page, 'valid');
  assert.equal(await bar.count(), 0);
});

test('a plain http page without WebCrypto has its challenge solved in a frame of the server', async () => {
  const page = await world.open(formPage(world.mock.address), { host: 'plain.example' });
  const frames = [];
  page.on('frameattached', (frame) => frames.push(frame));
  assert.equal(await page.evaluate(() => window.isSecureContext || typeof crypto.subtle !== 'undefined'), false);
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'valid');
  assert.equal(frames.length, 1);
  assert.equal(await page.locator('iframe').count(), 0);
  assert.deepEqual(page.complaints, []);
});

test('a plain http page whose policy keeps the frame out solves in slices and stays responsive', async () => {
  Object.assign(world.mock.knobs, { cost: 3000, least: 250, most: 251 });
  const policy = `default-src 'none'; script-src ${world.mock.address}; connect-src ${world.mock.address}`;
  const page = await world.open(formPage(world.mock.address), { host: 'plain.example', policy });
  assert.equal(await page.evaluate(() => window.isSecureContext || typeof crypto.subtle !== 'undefined'), false);
  await untilState(page, 'ready');
  await page.evaluate(() => {
    window.gaps = [];
    let last = performance.now();
    const frame = () => {
      if (document.querySelector('ocapi-challenge').state === 'solving') window.gaps.push(performance.now() - last);
      last = performance.now();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  await controlOf(page).click();
  await untilState(page, 'valid');
  const gaps = await page.evaluate(() => window.gaps.sort((a, b) => a - b));
  // The middle one, since a busy machine makes single frames late.
  assert.ok(gaps.length >= 10 && gaps[gaps.length >> 1] < 100, `${gaps.length} frames, ${gaps[gaps.length >> 1]} ms between them`);
});

test('an Argon2id challenge is solved in a frame of the server, with WebAssembly or without', async () => {
  for (const wasm of [true, false]) {
    world.mock.knobs.algorithm = 'ARGON2ID';
    world.mock.knobs.wasm = wasm;
    const page = await world.open();
    const frames = [];
    page.on('frameattached', (frame) => frames.push(frame));
    await untilState(page, 'ready');
    await controlOf(page).click();
    await untilState(page, 'valid');
    assert.equal(frames.length, 1);
  }
});

test('a policy that keeps the frame out ends in a plain failure', async () => {
  world.mock.knobs.algorithm = 'ARGON2ID';
  const policy = `default-src 'none'; script-src ${world.mock.address}; connect-src ${world.mock.address}`;
  const page = await world.open(formPage(world.mock.address), { policy });
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'failed');
  assert.equal(await page.locator('iframe').count(), 0);
});

test('each start attribute begins when it says', async () => {
  const element = (start) => `<ocapi-challenge public-id="shop" start="${start}"></ocapi-challenge>`;
  const load = await world.open(formPage(world.mock.address, element('load')));
  await untilState(load, 'valid');

  const focus = await world.open(formPage(world.mock.address, element('focus')));
  await untilState(focus, 'ready');
  await focus.waitForTimeout(200);
  assert.equal(await stateOf(focus), 'ready');
  await focus.getByLabel('Your message').focus();
  await untilState(focus, 'valid');

  const submit = await world.open(formPage(world.mock.address, element('submit')));
  await untilState(submit, 'ready');
  await submit.evaluate(() => document.forms[0].checkValidity());
  await submit.waitForTimeout(100);
  assert.equal(await stateOf(submit), 'ready', 'a look at the validity begins nothing');
  await submit.getByLabel('Your message').press('Enter');
  await submit.waitForSelector('#thanks');
  assert.match(world.partner.received.at(-1)['ocapi-challenge'], /^c\./);
});

test('it speaks the language that is nearest, and knows four', async () => {
  const said = async (html, options) => {
    const page = await world.open(html, options);
    await untilState(page, 'ready');
    return [await controlOf(page).textContent(), await statusOf(page)];
  };
  const base = world.mock.address;
  const own = (lang) => formPage(base, `<ocapi-challenge public-id="shop" lang="${lang}"></ocapi-challenge>`);
  assert.deepEqual(await said(own('fr')), ['Je ne suis pas un robot', 'Cochez la case pour confirmer.']);
  assert.deepEqual(await said(own('es-MX')), ['No soy un robot', 'Marque la casilla para confirmar.']);
  assert.deepEqual(await said(formPage(base).replace('lang="en"', 'lang="de-AT"')),
    ['Ich bin kein Roboter', 'Haken Sie das Kästchen an, um zu bestätigen.']);
  assert.equal((await said(formPage(base).replace('lang="en"', ''), { locale: 'fr-CH' }))[0], 'Je ne suis pas un robot');
  assert.equal((await said(formPage(base).replace('lang="en"', 'lang="ar" dir="rtl"'), { locale: 'en-GB' }))[0], 'I am not a robot');
});
