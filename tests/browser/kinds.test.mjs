// The kinds of challenge that ask the visitor: to choose pictures, to copy text, to type a code.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { strictPolicy } from './support/partner.mjs';
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
const focused = (page) => widgetOf(page).evaluate((widget) => {
  const element = widget.shadowRoot.activeElement;
  return element?.ariaLabel ?? element?.labels?.[0]?.textContent ?? element?.textContent ?? null;
});
/** What has the focus when a question comes. */
const FIRST = { classification: 'Image 1 of 9', transcription: 'Text 1', text: 'Code' };

/** A page whose site asks by that kind, with the visitor's click done and the question there. */
async function asked(kind, html = formPage(world.mock.address), options = {}) {
  Object.assign(world.mock.knobs, { kind, kinds: [...ASKING, 'pow'] });
  const page = await world.open(html, options);
  await untilState(page, 'ready');
  await controlOf(page).click();
  await untilState(page, 'asking');
  return page;
}

/** Fills in an answer by keyboard, beginning at the first field; the right one if nothing else is said. */
async function type(page, answer = newest().right) {
  if (typeof answer === 'string') return page.keyboard.type(answer);
  if (!Array.isArray(answer)) {
    await page.keyboard.type(answer[1]);
    await page.keyboard.press('Tab');
    return page.keyboard.type(answer[2]);
  }
  const last = Math.max(...answer.map(Number));
  for (let id = 1; id <= last; id++) {
    if (answer.includes(String(id))) await page.keyboard.press('Space');
    if (id < last) await page.keyboard.press('Tab');
  }
  return undefined;
}

/** From a field to the button that hands the answer in. */
async function handIn(page) {
  for (let i = 0; i < 12 && await focused(page) !== 'Check'; i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
}

const WRONG = { classification: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], transcription: { 1: 'no', 2: 'no' }, text: 'nothing' };

for (const kind of ASKING) {
  test(`${kind}: the keyboard alone gets the form sent, under a policy that allows the server and nothing more`, async () => {
    Object.assign(world.mock.knobs, { kind, kinds: [kind] });
    const page = await world.open();
    await untilState(page, 'ready');
    await page.getByLabel('Your message').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await untilState(page, 'asking');
    assert.equal(await focused(page), FIRST[kind]);
    assert.equal(await widgetOf(page).locator('.control').isVisible(), false, 'the question stands in place of the box');
    await type(page);
    await handIn(page);
    await untilState(page, 'valid');
    assert.equal(await focused(page), 'I am not a robot', 'the focus is not lost');
    assert.equal(await controlOf(page).getAttribute('aria-checked'), 'true');
    assert.deepEqual(await heard(page), ['loading', 'ready', 'loading', 'asking', 'checking', 'valid', '!valid']);
    assert.deepEqual(page.complaints, []);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#thanks');
    assert.equal(world.mock.challenges.get(world.partner.received.at(-1)['ocapi-challenge']).state, 'valid');
  });

  test(`${kind}: a wrong answer brings the next question, with the focus in it and a word about it`, async () => {
    const page = await asked(kind);
    await widgetOf(page).evaluate((widget) => {
      window.spoken = [];
      const status = widget.shadowRoot.querySelector('[role=status]');
      new MutationObserver(() => status.ariaLive === 'polite' && window.spoken.push(status.textContent))
        .observe(status, { childList: true, characterData: true, subtree: true });
    });
    await heard(page);
    const first = newest();
    await type(page, WRONG[kind]);
    await handIn(page);
    await page.waitForFunction(() => window.heard.at(-1) === 'asking');
    assert.deepEqual(await heard(page), ['checking', '!invalid', 'loading', 'asking']);
    assert.equal(await focused(page), FIRST[kind]);
    assert.deepEqual(await page.evaluate(() => window.spoken), ['Checking…', 'That was not right. Here is another one.']);
    assert.notEqual(newest(), first);
    assert.equal(world.mock.count('GET'), 1, 'the next one came with the answer');
    assert.equal(await valueOf(page), null);
    await type(page);
    await handIn(page);
    await untilState(page, 'valid');
  });

  test(`${kind}: without the puzzle the browser works, and the form can be sent`, async () => {
    const page = await asked(kind);
    const others = widgetOf(page).getByRole('button', { name: /^Without a puzzle/ });
    assert.equal(await others.evaluate((element) => element.parentElement.querySelector('button') === element), true, 'it comes first');
    await others.focus();
    await page.keyboard.press('Enter');
    await untilState(page, 'valid');
    assert.equal(newest().kind, 'pow');
    assert.equal(await focused(page), 'I am not a robot');
    assert.equal(await widgetOf(page).getByRole('group').count(), 0);
    assert.match(await valueOf(page), /^c\./);
  });

  test(`${kind}: another one of the same series is there for the asking`, async () => {
    const page = await asked(kind);
    const [[id]] = [...world.mock.challenges].slice(-1);
    await button(page, 'Another one').click();
    await page.waitForFunction(() => window.heard.join().endsWith('loading,asking') && window.heard.length > 4);
    assert.deepEqual(world.mock.requests.at(-1).query, { lang: 'en', after: id });
    assert.equal(await focused(page), FIRST[kind]);
    assert.equal(await statusOf(page), 'Please solve this task, or choose another way below.');
    await type(page);
    await handIn(page);
    await untilState(page, 'valid');
  });

  test(`${kind}: nothing is sent while nothing is filled in, and it says what is wanting`, async () => {
    const page = await asked(kind);
    await button(page, 'Check').click();
    const wanting = { classification: /at least one picture/, transcription: /at least one picture/, text: /Type the code/ };
    assert.match(await widgetOf(page).getByRole('alert').textContent(), wanting[kind]);
    assert.equal(await focused(page), FIRST[kind]);
    assert.equal(world.mock.count('POST'), 0);
    await type(page);
    assert.equal(await widgetOf(page).getByRole('alert').count(), 0, 'what is no longer so is not said');
    await handIn(page);
    await untilState(page, 'valid');
  });
}

/** What assistive technology is given of a question, between the status and the other ways. */
const HEARD = {
  classification: `- 'group "Choose all pictures that show: circle"':
  - text: "Choose all pictures that show: circle"
${Array.from({ length: 9 }, (_, i) => `  - checkbox "Image ${i + 1} of 9"`).join('\n')}
  - paragraph: To describe the pictures would give them away. If you cannot see them, take the way without a puzzle.`,
  transcription: `- group "Type the text that each image shows":
  - text: Type the text that each image shows
  - img "Text 1 of 2"
  - text: Text 1
  - textbox "Text 1"
  - img "Text 2 of 2"
  - text: Text 2
  - textbox "Text 2"
  - paragraph: Capitals do not matter. What cannot be read may be left empty.`,
  text: `- group "Type the characters that the image shows":
  - text: Type the characters that the image shows
  - img "Distorted characters"
  - button "Listen to the code"
  - text: Code
  - textbox "Code"
  - paragraph: Capitals and spaces do not matter.`,
};

test('what a screen reader is given has a name for everything, and none that tells what a picture shows', async () => {
  for (const kind of ASKING) {
    const page = await asked(kind);
    const given = await widgetOf(page).ariaSnapshot();
    assert.ok(given.startsWith(`- status: Please solve this task, or choose another way below.\n${HEARD[kind]}\n  - button "Check"\n`), given);
    assert.match(given, /- paragraph: "Another way:"\n- 'button "Without a puzzle: let the browser work"'\n/);
    await page.context().close();
  }
});

test('pictures are chosen and let go by a touch of the whole tile', async () => {
  const page = await asked('classification', undefined, { hasTouch: true, viewport: { width: 360, height: 740 } });
  const tiles = widgetOf(page).locator('.tile');
  for (const tile of await tiles.all()) {
    const { width, height } = await tile.boundingBox();
    assert.ok(width >= 44 && height >= 44, `${width} by ${height}`);
    await tile.tap({ position: { x: width - 8, y: height - 8 } });
  }
  const { right } = newest();
  for (const [i, tile] of (await tiles.all()).entries()) if (!right.includes(String(i + 1))) await tile.tap();
  await button(page, 'Check').tap();
  await untilState(page, 'valid');
});

test('enter goes from the first text to the second, and hands in after it; in a picture’s box it does neither', async () => {
  const page = await asked('transcription');
  await page.keyboard.type(newest().right[1]);
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'Text 2');
  assert.equal(await stateOf(page), 'asking');
  await page.keyboard.type(newest().right[2]);
  await page.keyboard.press('Enter');
  await untilState(page, 'valid');
  assert.equal(await page.locator('#thanks').count(), 0, 'the form is not sent by it');

  const pictures = await asked('classification');
  await pictures.keyboard.press('Space');
  await pictures.keyboard.press('Enter');
  assert.equal(await stateOf(pictures), 'asking');
});

test('a text that cannot be read may be left empty', async () => {
  const page = await asked('transcription');
  await page.keyboard.type(newest().right[1]);
  await button(page, 'Check').click();
  await untilState(page, 'valid');
  assert.equal(JSON.parse(world.mock.requests.at(-1).body).answer[2], '');
});

test('a code can be pasted, in capitals and with spaces, into a field that remembers nothing', async () => {
  const page = await asked('text');
  const field = widgetOf(page).getByRole('textbox', { name: 'Code' });
  assert.equal(await field.getAttribute('autocomplete'), 'off');
  const spaced = [...newest().right.toUpperCase()].join(' ');
  const source = page.getByLabel('Your message');
  await source.fill(spaced);
  await source.press('Control+A');
  await source.press('Control+C');
  await field.focus();
  await page.keyboard.press('Control+V');
  assert.equal(await field.inputValue(), spaced);
  await page.keyboard.press('Enter');
  await untilState(page, 'valid');
});

/** Puts a text into a field that the page's own clipboard had: from a table, with a tab in it. */
async function paste(page, field, text) {
  await page.getByLabel('Your message').evaluate((source, pasted) => {
    source.addEventListener('copy', (event) => {
      event.clipboardData.setData('text/plain', pasted);
      event.preventDefault();
    }, { once: true });
  }, text);
  await page.getByLabel('Your message').focus();
  await page.keyboard.press('Control+C');
  await field.focus();
  await page.keyboard.press('Control+V');
  assert.equal(await field.inputValue(), text);
}

test('a tab in what is pasted is a space', async () => {
  const page = await asked('transcription');
  const [first, second] = ['Text 1', 'Text 2'].map((name) => widgetOf(page).getByRole('textbox', { name }));
  await paste(page, first, `\t${newest().right[1]}\u0007`);
  await paste(page, second, 'Le\tRoi');
  await page.keyboard.press('Enter');
  await untilState(page, 'valid');
  assert.deepEqual(JSON.parse(world.mock.requests.at(-1).body).answer, { 1: ` ${newest().right[1]} `, 2: 'Le Roi' });

  const code = await asked('text');
  await paste(code, widgetOf(code).getByRole('textbox', { name: 'Code' }), [...newest().right].join('\t'));
  await code.keyboard.press('Enter');
  await untilState(code, 'valid');
});

test('a series goes on where the visitor turns to another kind and back', async () => {
  const page = await asked('classification');
  const last = () => [...world.mock.challenges.keys()].at(-1);
  const turn = async (name, kind) => {
    await page.evaluate(() => { window.heard = []; });
    await button(page, name).click();
    await page.waitForFunction(() => window.heard.at(-1) === 'asking');
    assert.equal(newest().kind, kind);
    return world.mock.requests.at(-1).query;
  };
  const pictures = last();
  const first = await turn('Copy text from a picture', 'transcription');
  assert.deepEqual(first, { kind: 'transcription', lang: 'en' });
  const text = last();
  const back = await turn('Choose pictures', 'classification');
  assert.deepEqual(back, { kind: 'classification', lang: 'en', after: pictures });
  const again = await turn('Copy text from a picture', 'transcription');
  assert.deepEqual(again, { kind: 'transcription', lang: 'en', after: text });
});

/** Counts the sounds that the page begins, by whichever way. */
const countSounds = (page) => page.evaluate(() => {
  window.sounds = [];
  const { start } = AudioBufferSourceNode.prototype;
  AudioBufferSourceNode.prototype.start = function begin(...rest) {
    window.sounds.push(`script ${this.buffer.duration}`);
    return start.apply(this, rest);
  };
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function begin() {
    const playing = play.call(this);
    playing.then(() => window.sounds.push('player'), () => {});
    return playing;
  };
});

test('a code can be heard in the browser’s player, as often as one likes, and is silent after the answer', async () => {
  const policy = `${strictPolicy(world.mock.address)}; media-src ${world.mock.address}`;
  const page = await asked('text', undefined, { policy });
  await countSounds(page);
  const listen = button(page, 'Listen to the code');
  for (const times of [1, 2]) {
    await listen.click();
    await page.waitForFunction((n) => window.sounds.length === n, times);
    assert.equal(await focused(page), 'Listen to the code');
  }
  assert.deepEqual(await page.evaluate(() => window.sounds), ['player', 'player']);
  const player = widgetOf(page).locator('audio');
  assert.equal(await player.count(), 1);
  assert.equal(await player.evaluate((audio) => audio.controls && audio.duration > 0.4 && audio.crossOrigin === 'anonymous'), true);
  assert.ok(world.mock.pictures.at(-1).endsWith('/audio'));
  await player.evaluate((audio) => { window.player = audio; });
  await widgetOf(page).getByRole('textbox').fill(newest().right);
  await button(page, 'Check').click();
  await untilState(page, 'valid');
  assert.equal(await page.evaluate(() => window.player.paused), true);
  assert.deepEqual(page.complaints, []);
});

test('where the policy has no place for sound, the code can be heard nonetheless', async () => {
  const page = await asked('text');
  await countSounds(page);
  const listen = button(page, 'Listen to the code');
  for (const times of [1, 2]) {
    await listen.click();
    await page.waitForFunction((n) => window.sounds.length === n, times);
  }
  assert.deepEqual(await page.evaluate(() => window.sounds), ['script 0.5', 'script 0.5']);
  assert.equal(await widgetOf(page).locator('audio').count(), 0);
  assert.equal(world.mock.pictures.filter((path) => path.endsWith('/audio')).length, 1, 'it is fetched once');
});

test('a sound that cannot be had is said, and tried again on demand', async () => {
  const page = await asked('text');
  await countSounds(page);
  world.mock.knobs.pictureRefusal = 503;
  const listen = button(page, 'Listen to the code');
  await listen.click();
  await widgetOf(page).getByText('The sound cannot be played here.').waitFor();
  world.mock.knobs.pictureRefusal = null;
  await listen.click();
  await page.waitForFunction(() => window.sounds.length === 1);
});
