// Offline codes in the app, from the enrolment to what the bank accepts over the ActivID protocol: one-time passwords, responses,
// signatures; two tabs, no network, mistakes of people, and that no secret is left where it could be read.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, afterEach, before, test } from 'node:test';
import { launchBrowser } from './support/browser.mjs';
import { enrol, newPhone, SECRET, shown, startBank } from './support/codes.mjs';
import { program } from './support/server.mjs';

let bank;
let browser;
before(async () => {
  [bank, browser] = await Promise.all([startBank(), launchBrowser()]);
});
after(async () => {
  await browser?.close();
  await bank?.close();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

const cardOf = (page, name) => page.locator('.codes .card', { hasText: name });
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const result = (page) => shown(page.locator('.result'));
const complaint = (page) => page.locator('.wrong:not(:empty)').first().textContent();

/** A phone with the device of one user. */
async function phoneOf(user, place = 'codes') {
  const phone = await newPhone(browser, bank.address);
  const page = await phone.tab(place);
  await enrol(page, bank.uris[user]);
  return { ...phone, page };
}

/** Answers a challenge on the page that is open. */
async function respond(page, challenge, pin) {
  await page.getByLabel('Challenge code').fill(challenge);
  if (pin !== undefined) await page.getByLabel('PIN of this code').fill(pin);
  await press(page, 'Generate response');
  return result(page);
}

/** Signs fields on the page that is open. */
async function sign(page, values, pin) {
  const fields = page.getByLabel(/^Field \d/);
  while (await fields.count() < values.length) await press(page, 'Add a field');
  while (await fields.count() > values.length) await press(page, 'Remove the last field');
  for (const [at, value] of values.entries()) await fields.nth(at).fill(value);
  if (pin !== undefined) await page.getByLabel('PIN of this code').fill(pin);
  await press(page, 'Get the code');
  return result(page);
}

test('a time-based code is accepted once, and the next one is shown beside it', async () => {
  const { page } = await phoneOf('time');
  const card = cardOf(page, 'ONLINEBANK');
  const code = await shown(card.locator('.now'));
  assert.match(code, /^\d{6}$/);
  assert.match(await shown(card.locator('.soft').last()), /^\d{6}$/);
  assert.match(await card.locator('.left').textContent(), /^\d+ s left$/);
  assert.equal(await bank.accepts('time', 'SYNCHRONOUS', code), true);
  assert.equal(await bank.accepts('time', 'SYNCHRONOUS', code), 'the user was not verified');
  await card.getByRole('button', { name: 'Copy the code of ONLINEBANK' }).click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^\d{6}$/);
  assert.deepEqual(page.complaints, []);
});

test('a time-based code changes when its step ends, and the one announced comes', async () => {
  const { context } = await newPhone(browser, bank.address);
  await context.clock.install({ time: new Date('2026-11-22T12:00:20Z') });
  const page = await context.newPage();
  await page.goto(`${bank.address}/app/#/codes`);
  await enrol(page, `otpauth://totp/Example:alice?secret=${SECRET}`);
  const card = cardOf(page, 'Example');
  const next = await shown(card.locator('.soft').last());
  await context.clock.runFor(11_000);
  await page.waitForFunction((wanted) => document.querySelector('.now [data-code]').dataset.code === wanted, next);
});

test('codes of a counter are accepted one after the other, and each press spends one', async () => {
  const { page } = await phoneOf('count');
  const card = cardOf(page, 'ONLINEBANK');
  const codes = [];
  for (let i = 0; i < 3; i++) {
    const before = codes.at(-1);
    await card.getByRole('button', { name: 'Next code of ONLINEBANK' }).click();
    await page.waitForFunction((last) => ![undefined, last].includes(document.querySelector('.now [data-code]')?.dataset.code), before ?? undefined);
    codes.push(await shown(card.locator('.now')));
  }
  assert.equal(new Set(codes).size, 3);
  for (const code of codes) assert.equal(await bank.accepts('count', 'SYNCHRONOUS', code), true);
  assert.equal(await bank.accepts('count', 'SYNCHRONOUS', codes[2]), 'the user was not verified');
});

test('two tabs never show one counter, however fast both are pressed', async () => {
  const { tab, page } = await phoneOf('count');
  const other = await tab();
  const codes = await Promise.all([page, other].map((one) => one.evaluate(async () => {
    const { codes: all, nextCode } = await import('/app/codes/vault.js');
    const [code] = await all();
    return (await Promise.all(Array.from({ length: 20 }, () => nextCode(code)))).map(({ counter }) => String(counter));
  })));
  assert.deepEqual(codes.flat().map(Number).sort((a, b) => a - b), Array.from({ length: 40 }, (_, i) => i));
  await Promise.all([page, other].map((one) => one.getByRole('button', { name: 'Next code of ONLINEBANK' }).click()));
  await Promise.all([page, other].map((one) => one.locator('.now [data-code]').waitFor()));
  assert.notEqual(await shown(page.locator('.now')), await shown(other.locator('.now')));
  await page.goto(`${bank.address}/app/#/code/1`);
  assert.match(await page.locator('.facts').textContent(), /Next counter42/);
});

test('a counter at its end gives its last code and no more', async () => {
  const { tab } = await newPhone(browser, bank.address);
  const page = await tab();
  await enrol(page, `otpauth://hotp/Example:alice?secret=${SECRET}&counter=18446744073709551615`);
  const next = cardOf(page, 'Example').getByRole('button', { name: 'Next code of Example' });
  await next.click();
  assert.match(await shown(page.locator('.now')), /^\d{6}$/);
  await next.click();
  await page.getByText('The counter has come to its end.').waitFor();
});

for (const [user, digits] of [['plain', 8], ['mobile', 6], ['timed', 6], ['counted', 8]]) {
  test(`responses to the bank's challenges are accepted: ${user}`, async () => {
    const { page } = await phoneOf(user);
    await page.getByRole('link', { name: 'Answer a challenge' }).click();
    for (let i = 0; i < 2; i++) {
      const code = await respond(page, await bank.challenge(user));
      assert.equal(code.length, digits);
      assert.equal(await bank.accepts(user, 'ASYNCHRONOUS', code), true);
    }
    assert.equal((await page.locator('.result [data-code]').textContent()).replace(/\s/g, ''), await result(page));
    assert.deepEqual(page.complaints, []);
  });
}

for (const [user, values] of [
  ['plain', ['AccountId1', 'TransactionId1', '10000']],
  ['counted', ['AccountId1', 'TransactionId1', '10000']],
  ['timed', ['Grüße an Zoë', '€ 5']],
  ['mobile', ['a', 'b', 'c', 'd', 'e']],
]) {
  test(`signatures are accepted for what was signed, and for nothing else: ${user}, ${values.length} fields`, async () => {
    const { page } = await phoneOf(user);
    await page.getByRole('link', { name: 'Sign a transaction' }).click();
    await page.getByLabel('Field 3').waitFor();
    assert.equal(await page.getByLabel(/^Field \d/).count(), 3);
    const code = await sign(page, values);
    const other = [...values.slice(0, -1), '20000'];
    assert.equal(await bank.accepts(user, 'SIGNING', code, bank.context(...other)), 'the user was not verified');
    assert.equal(await bank.accepts(user, 'SIGNING', code, bank.context(...values)), true);
  });
}

test('a suite with a PIN asks for it each time, and the wrong one gives a wrong code', async () => {
  const { page } = await phoneOf('hashed');
  await page.getByRole('link', { name: 'Answer a challenge' }).click();
  await page.getByLabel('Challenge code').fill('a'.repeat(40));
  await press(page, 'Generate response');
  assert.equal(await complaint(page), 'Enter the PIN.');
  assert.equal(await bank.accepts('hashed', 'ASYNCHRONOUS', await respond(page, await bank.challenge('hashed'), '0043')), 'the user was not verified');
  assert.equal(await page.getByLabel('PIN of this code').inputValue(), '');
  assert.equal(await bank.accepts('hashed', 'ASYNCHRONOUS', await respond(page, await bank.challenge('hashed'), '0042')), true);
  await page.goto(`${bank.address}/app/#/sign/1`);
  const values = ['DE00 1234', '12,50 €'];
  assert.equal(await bank.accepts('hashed', 'SIGNING', await sign(page, values, '0042'), bank.context(...values)), true);
  const kept = await page.evaluate(async () => JSON.stringify(await (await import('/app/codes/vault.js')).codes(), (_, one) => (typeof one === 'bigint' ? String(one) : one)));
  assert.ok(!/pin|0042/i.test(kept.replace(/PSHA\d+/g, '')), kept);
});

test('the fields have the names that the issuer gave them', async () => {
  const { tab } = await newPhone(browser, bank.address);
  const page = await tab();
  await enrol(page, `otpauth://ocra/Bank:1?secret=${SECRET}&signature_suite=OCRA-1:HOTP-SHA1-8:QA64&field=To+account&field=Amount+in+%E2%82%AC`);
  assert.equal(await page.getByRole('link', { name: 'Answer a challenge' }).count(), 0);
  await page.getByRole('link', { name: 'Sign a transaction' }).click();
  await page.getByLabel('To account').fill(' DE00 ');
  await press(page, 'Get the code');
  assert.equal(await complaint(page), 'Enter a value, or remove the field.');
  await page.getByLabel('Amount in €').fill('5');
  await page.keyboard.press('Enter');
  const made = await result(page);
  await page.getByLabel('To account').fill('DE0');
  assert.equal(await page.locator('.result').count(), 0, 'a code stays beside fields that it was not made of');
  await page.getByLabel('To account').fill('DE00');
  await press(page, 'Get the code');
  assert.equal(await result(page), made);
  await page.getByLabel('Amount in €').fill('5 é');
  await press(page, 'Get the code');
  assert.match(await complaint(page), /^Character 7 \(“é”\) cannot be used here/);
  for (let i = 0; i < 70; i++) await press(page, 'Add a field');
  assert.equal(await page.locator('form .field').count(), 64);
});

test('a challenge of the wrong length or with wrong characters is said to be one, and gaps are read over', async () => {
  const { page } = await phoneOf('plain', 'codes');
  await page.getByRole('link', { name: 'Answer a challenge' }).click();
  const attempt = async (text) => {
    await page.getByLabel('Challenge code').fill(text);
    await press(page, 'Generate response');
  };
  await attempt('078803841');
  assert.equal(await complaint(page), 'That is 9 characters; this code takes at most 8.');
  await attempt('0788O384');
  assert.equal(await complaint(page), 'Character 5 (“O”) is no digit. Only 0 to 9 can be entered here.');
  await attempt('  ');
  assert.equal(await complaint(page), 'There is nothing to compute with yet. Enter it first.');
  await attempt('0788 0384');
  const whole = await result(page);
  await attempt('0788038');
  await page.getByRole('dialog').getByText('You entered 7 characters. Challenges for this code usually have 8.').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await page.locator('.result').count(), 0);
  await press(page, 'Generate response');
  await page.getByRole('dialog').getByRole('button', { name: 'Generate anyway' }).click();
  assert.notEqual(await result(page), whole);
});

test('leading zeros of a response are kept', async () => {
  const { tab } = await newPhone(browser, bank.address);
  const page = await tab();
  await enrol(page, `otpauth://ocra/Bank:1?secret=${SECRET}&suite=OCRA-1:HOTP-SHA1-4:QN08`);
  const challenge = await page.evaluate(async () => {
    const { codes } = await import('/app/codes/vault.js');
    const [{ parseSuite }, { question }, { response }] = await Promise.all(['suite', 'question', 'response'].map((name) => import(`/app/codes/ocra/${name}.js`)));
    const [{ response: { suite: text, key } }] = await codes();
    const suite = parseSuite(text);
    for (let i = 10_000_000; ; i++) if ((await response(key, suite, { question: question(suite, String(i)) })).startsWith('00')) return String(i);
  });
  await page.getByRole('link', { name: 'Answer a challenge' }).click();
  assert.match(await respond(page, challenge), /^00\d\d$/);
});

test('everything works without a network', async () => {
  const { context, page } = await phoneOf('plain');
  await page.getByRole('link', { name: 'Answer a challenge' }).click();
  const challenge = await bank.challenge('plain');
  await context.setOffline(true);
  const code = await respond(page, challenge);
  await page.getByRole('link', { name: 'To the codes' }).click();
  await enrol(page, `otpauth://totp/Example:alice?secret=${SECRET}`);
  assert.match(await shown(cardOf(page, 'Example').locator('.now')), /^\d{6}$/);
  await context.setOffline(false);
  assert.equal(await bank.accepts('plain', 'ASYNCHRONOUS', code), true);
});

test('a code is named, renamed and removed, in all tabs', async () => {
  const { tab } = await newPhone(browser, bank.address);
  const [page, other] = [await tab(), await tab()];
  await enrol(page, bank.uris.time, 'My bank');
  await cardOf(other, 'My bank').waitFor();
  await cardOf(page, 'My bank').getByRole('link', { name: 'Details of My bank' }).click();
  await page.getByLabel('Your name for it').fill('<b>The</b> bank');
  await press(page, 'Save the name');
  await cardOf(other, '<b>The</b> bank').waitFor();
  await press(page, 'Remove this code');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await other.locator('.codes .card').count(), 1);
  await press(page, 'Remove this code');
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await other.getByText('No codes yet').waitFor();
  await page.goto(`${bank.address}/app/#/respond/1`);
  await page.getByText('This code is no longer on this phone.').waitFor();
});

test('a key that another tab has removed gives no code', async () => {
  const { page, tab } = await phoneOf('counted', 'codes');
  await page.getByRole('link', { name: 'Answer a challenge' }).click();
  await page.getByLabel('Challenge code').fill('ABCDEFGHJK');
  const other = await tab();
  await other.evaluate(async () => (await import('/app/codes/vault.js')).forget(1));
  await press(page, 'Generate response');
  assert.equal(await complaint(page), 'This code is no longer on this phone.');
});

test('the same key is not kept twice, and what is no enrolment is refused in words', async () => {
  const { page } = await phoneOf('count');
  await page.goto(`${bank.address}/app/#/enrol`);
  const paste = async (text) => {
    await page.getByLabel('Or paste the address').fill(text);
    await page.getByRole('button', { name: 'Go on' }).first().click();
  };
  await paste('https://example.com/');
  assert.equal(await complaint(page), 'This is no QR code for this app. The address has to begin with otpauth://.');
  assert.equal(await page.getByLabel('Or paste the address').inputValue(), '');
  await paste(bank.uris.count.replace('ONLINEBANK', 'Elsewhere'));
  await press(page, 'Add');
  await page.getByText('This code is already here, as “ONLINEBANK”.').waitFor();
});

test('a key is typed by hand, for each kind', async () => {
  const { tab } = await newPhone(browser, bank.address);
  const page = await tab('enrol');
  const byHand = async (kind, secret, more = {}) => {
    await page.goto(`${bank.address}/app/#/enrol`);
    await page.reload();
    await page.getByText('Type the key by hand').click();
    await page.getByLabel('Kind of code').selectOption({ label: kind });
    await page.getByLabel('Issuer', { exact: true }).fill('By: hand & more');
    await page.getByLabel('Account', { exact: true }).fill('a+b %41');
    await page.getByLabel('Key', { exact: true }).fill(secret);
    for (const [label, value] of Object.entries(more)) await page.getByLabel(label, { exact: true }).fill(value);
    await page.locator('details').getByRole('button', { name: 'Go on' }).click();
  };
  await byHand('Counts up', 'gezd gnbv');
  assert.match(await page.locator('.facts').textContent(), /By: hand & more.*a\+b %41.*Digits6.*Next counter0/);
  await press(page, 'Add');
  await cardOf(page, 'By: hand & more').waitFor();
  await byHand('Changes with time', SECRET, { Digits: '12' });
  assert.equal(await complaint(page), 'A code of 12 digits is not possible; 6 to 10 are.');
  await byHand('Answers challenges', SECRET, { 'Suite for challenges': 'OCRA-1:HOTP-SHA1-6:QX08' });
  assert.equal(await complaint(page), 'The suite is wrong from character 20 on, where it says “QX08”. Ask the issuer.');
  await byHand('Answers challenges', SECRET, { 'Suite for challenges': '', 'Suite for signatures': 'OCRA-1:HOTP-SHA1-8:C-QA64', 'Counter of signatures': '7' });
  await press(page, 'Add');
  await page.getByRole('link', { name: 'Sign a transaction' }).waitFor();
  assert.equal(await page.locator('.codes .card').count(), 2);
});

test('session information goes into the response, and is refused where it is none', async () => {
  const { tab } = await newPhone(browser, bank.address);
  const page = await tab();
  const suite = 'OCRA-1:HOTP-SHA256-8:QN08-S004';
  await enrol(page, `otpauth://ocra/Bank:1?secret=${SECRET}&suite=${suite}`);
  await page.getByRole('link', { name: 'Answer a challenge' }).click();
  await page.getByLabel('Challenge code').fill('12345678');
  for (const wrong of ['', 'abc', 'zz', '0102030405']) {
    await page.getByLabel('Session information').fill(wrong);
    await press(page, 'Generate response');
    assert.equal(await complaint(page), 'The session information is hexadecimal, two characters a byte, at most 4 bytes.');
  }
  await page.getByLabel('Session information').fill('AB cd:01');
  await press(page, 'Generate response');
  const words = ['token', 'ocra', '--suite', suite, '--key-hex', Buffer.from('12345678901234567890').toString('hex'), '--question', '12345678', '--session-hex', 'abcd01'];
  assert.equal(await result(page), execFileSync(program, words, { encoding: 'utf8' }).trim());
});

test('five hundred codes are kept and no more, and a name has at most sixty characters', async () => {
  const { tab } = await newPhone(browser, bank.address);
  const page = await tab();
  const faults = await page.evaluate(async (secret) => {
    const { enrol: add, codes, rename } = await import('/app/codes/vault.js');
    const { change, valueOf } = await import('/app/frame/store.js');
    const { parseUri } = await import('/app/codes/otpauth.js');
    const uri = (name) => parseUri(`otpauth://totp/${name}?secret=${secret}`);
    const refusal = (act) => act.then(() => null, ({ key, values }) => [key, values]);
    const id = await add(uri('first'));
    const [first] = await codes();
    await change('codes', async (at) => {
      for (let i = 1; i < 500; i++) await valueOf(at('codes').add({ ...first, id: 1000 + i }));
    });
    return [
      await refusal(add(uri('more'))), (await codes()).length, await refusal(rename(id, '😀'.repeat(60))), await refusal(rename(id, 'a'.repeat(61))),
      (await codes())[0].name.length,
    ];
  }, SECRET);
  assert.deepEqual(faults, [['faultTooMany', { max: 500 }], 500, null, ['faultNameLong', { max: 60 }], 120]);
});

test('an address of digits goes to the screen that links a phone', async () => {
  const { tab } = await newPhone(browser, bank.address);
  const page = await tab('enrol');
  await page.getByLabel('Or paste the address').fill('980565');
  await page.getByRole('button', { name: 'Go on' }).first().click();
  await page.waitForURL(/#\/link/);
});

test('a secret is nowhere to be read once it is enrolled', async () => {
  const { page } = await phoneOf('time');
  const secret = new URL(bank.uris.time).searchParams.get('secret');
  const places = await page.evaluate(async () => {
    const { codes } = await import('/app/codes/vault.js');
    const [code] = await codes();
    const inputs = [...document.querySelectorAll('input, textarea')].map((input) => input.value).join();
    return {
      texts: [document.documentElement.outerHTML, inputs, location.href, JSON.stringify(history.state), JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })].join('\n'),
      key: [code.key.extractable, code.key.type], members: Object.keys(code).sort(),
    };
  });
  assert.ok(!places.texts.includes(secret));
  assert.deepEqual(places.key, [false, 'secret']);
  assert.deepEqual(places.members, ['account', 'digits', 'id', 'issuer', 'key', 'kind', 'name', 'period']);
});
