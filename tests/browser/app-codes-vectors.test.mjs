// What the app computes offline, in the browser: the published vectors of HOTP, TOTP and OCRA, the same random suites as the program's
// own `token`, questions of transactions, and the URIs that enrol.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.mjs';
import { newPhone, SECRET, startBank } from './support/codes.mjs';
import { root } from './support/modules.mjs';
import { program } from './support/server.mjs';

const vectors = JSON.parse(readFileSync(join(root, 'crates/oath/tests/vectors/oath.json'), 'utf8'));

let bank;
let browser;
let page;
before(async () => {
  [bank, browser] = await Promise.all([startBank(), launchBrowser()]);
  page = await (await newPhone(browser, bank.address)).tab();
  await page.evaluate(async () => {
    const names = ['base32', 'fault', 'hotp', 'mac', 'ocra/question', 'ocra/response', 'ocra/suite', 'otpauth', 'totp', 'transaction'];
    const parts = await Promise.all(names.map((name) => import(`/app/codes/${name}.js`)));
    window.codes = Object.assign({}, ...parts);
    window.bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    window.hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  });
});
after(async () => {
  await browser?.close();
  await bank?.close();
});

/** Computes in the page what the OCRA row asks: data input and response. */
const ocra = (rows) => page.evaluate(async (asked) => {
  const { parseSuite, question, questionPair, hashPin, dataInput, response, importKey, timeStepAt } = window.codes;
  return Promise.all(asked.map(async (row) => {
    const suite = parseSuite(row.suite);
    const key = await importKey(suite.algorithm, window.bytesOf(row.key));
    const input = {
      question: row.pair ? questionPair(suite, ...row.pair) : question(suite, row.question),
      counter: row.counter === undefined ? undefined : BigInt(row.counter),
      pinHash: row.pin === undefined ? undefined : await hashPin(suite, row.pin),
      session: row.session === undefined ? undefined : window.bytesOf(row.session),
      timeStep: row.step === undefined ? row.ms && timeStepAt(suite, row.ms) : BigInt(row.step),
    };
    return { data: window.hexOf(dataInput(suite, input)), code: await response(key, suite, input) };
  }));
}, rows);

test('HOTP gives the codes of RFC 4226, appendix D, with six, eight and ten digits', async () => {
  assert.equal(vectors.hotp.length, 10);
  const made = await page.evaluate((rows) => Promise.all(rows.map(async (row) => {
    const key = await window.codes.importKey('SHA1', window.bytesOf(row.key_hex));
    return Promise.all([6, 8, 10].map((digits) => window.codes.hotp(key, BigInt(row.counter), digits)));
  })), vectors.hotp);
  assert.deepEqual(made, vectors.hotp.map((row) => [row.expected6, row.derived8, String(row.truncated_decimal).padStart(10, '0')]));
});

test('TOTP gives the codes of RFC 6238, appendix B', async () => {
  assert.equal(vectors.totp.length, 18);
  const made = await page.evaluate((rows) => Promise.all(rows.map(async (row) => {
    const key = await window.codes.importKey(row.algorithm, window.bytesOf(row.key_hex));
    const { step, endsMs } = window.codes.stepAt(row.unix_time * 1000 + 999, row.timestep);
    const [eight, six] = await Promise.all([8, 6].map((digits) => window.codes.totp(key, step, digits)));
    return [eight, six, step.toString(16).toUpperCase().padStart(16, '0'), endsMs > row.unix_time * 1000 + 999];
  })), vectors.totp);
  assert.deepEqual(made, vectors.totp.map((row) => [row.expected8, row.derived6, row.counter_hex, true]));
});

test('OCRA gives every hashed byte and every response of RFC 6287, appendix C: one-way, mutual, signatures', async () => {
  const rows = vectors.ocra_rfc;
  assert.equal(rows.length, 70);
  const made = await ocra(rows.map((row) => ({
    suite: row.suite, key: row.key_hex, question: row.question, counter: row.counter ?? undefined, pin: row.pin ?? undefined, step: row.timesteps ?? undefined,
    pair: row.role?.endsWith('-computes') ? [row.question.slice(0, 8), row.question.slice(8)] : undefined,
  })));
  assert.ok(rows.some((row) => row.role === 'server-computes') && rows.some((row) => row.role === 'client-computes'));
  assert.deepEqual(made, rows.map((row) => ({ data: row.datainput_hex, code: row.expected })));
});

const pick = (...all) => all[randomInt(all.length)];
/** A random row whose suite has any of the members. */
function randomRow() {
  const kind = pick('A', 'N', 'H');
  const max = randomInt(4, 65);
  const [counted, pinned, timed] = [pick(true, false), pick(true, false), pick(true, false)];
  const session = pick(0, 0, randomInt(1, 513));
  const alphabet = { A: ' !"#$%&\'()*+,./0123456789:;<=>?@AZ[]^_`az{|}~', N: '0123456789', H: '0123456789abcdefABCDEF' }[kind];
  const unit = pick(['S', 60], ['M', 60], ['H', 49]);
  const suite = `OCRA-1:HOTP-${pick('SHA1', 'SHA256', 'SHA512')}-${randomInt(4, 11)}:${counted ? 'C-' : ''}Q${kind}${String(max).padStart(2, '0')}`
    + `${pinned ? `-P${pick('SHA1', 'SHA256', 'SHA512')}` : ''}${session ? `-S${String(session).padStart(3, '0')}` : ''}${timed ? `-T${randomInt(1, unit[1])}${unit[0]}` : ''}`;
  return {
    suite, key: randomBytes(randomInt(1, 150)).toString('hex'), question: Array.from({ length: randomInt(1, max + 1) }, () => pick(...alphabet)).join(''),
    counter: counted ? String(randomBytes(8).readBigUInt64BE()) : undefined, pin: pinned ? pick('0', '0042', 'ünïcode 🔑') : undefined,
    session: session ? randomBytes(randomInt(1, session + 1)).toString('hex') : undefined, ms: timed ? randomInt(0, 4_000_000_000) * 1000 : undefined,
  };
}

test('random suites of the whole grammar give the codes that the program gives', async () => {
  const rows = Array.from({ length: 60 }, randomRow);
  const made = await ocra(rows);
  for (const [at, row] of rows.entries()) {
    const words = ['token', 'ocra', '--suite', row.suite, '--key-hex', row.key, '--question', row.question];
    if (row.counter) words.push('--counter', row.counter);
    if (row.pin) words.push('--pin', row.pin);
    if (row.session) words.push('--session-hex', row.session);
    if (row.ms !== undefined) words.push('--time', String(row.ms / 1000));
    assert.equal(made[at].code, execFileSync(program, words, { encoding: 'utf8' }).trim(), JSON.stringify(row));
  }
});

/** The faults that these texts have, by their keys; `null` where there is none. */
const faults = (of, texts) => page.evaluate(([name, all]) => all.map((text) => {
  try {
    window.codes[name](text);
    return null;
  } catch (error) {
    return error instanceof window.codes.Fault ? [error.key, error.values] : String(error);
  }
}), [of, texts]);

test('a suite that breaks the grammar is refused where it does', async () => {
  const broken = [
    ['', 1], ['OCRA-1:HOTP-SHA1', 17], ['OCRA-2:HOTP-SHA1-6:QN08', 6], ['OCRA-1:HOTP-MD5-6:QN08', 13], ['OCRA-1:HOTP-SHA1-0:QN08', 18], ['OCRA-1:HOTP-SHA1-3:QN08', 18],
    ['OCRA-1:HOTP-SHA1-11:QN08', 18], ['OCRA-1:HOTP-SHA1-06:QN08', 18], ['OCRA-1:HOTP-SHA1-6:QX08', 20], ['OCRA-1:HOTP-SHA1-6:QN03', 20], ['OCRA-1:HOTP-SHA1-6:QN65', 20],
    ['OCRA-1:HOTP-SHA1-6:Q', 20], ['OCRA-1:HOTP-SHA1-6:C', 20], ['OCRA-1:HOTP-SHA1-6:QN08-P', 26], ['OCRA-1:HOTP-SHA1-6:QN08-PMD5', 26], ['OCRA-1:HOTP-SHA1-6:QN08-S000', 26],
    ['OCRA-1:HOTP-SHA1-6:QN08-S513', 26], ['OCRA-1:HOTP-SHA1-6:QN08-S64', 26], ['OCRA-1:HOTP-SHA1-6:QN08-T0M', 26], ['OCRA-1:HOTP-SHA1-6:QN08-T60M', 26], ['OCRA-1:HOTP-SHA1-6:QN08-T49H', 26],
    ['OCRA-1:HOTP-SHA1-6:QN08-T1M-PSHA1', 27], ['OCRA-1:HOTP-SHA1-6:QN08-', 24], ['OCRA-1:HOTP-SHA1-6:QN08\n', 20], ['ocra-1:HOTP-SHA1-6:QN08', 1],
  ];
  const found = await faults('parseSuite', broken.map(([text]) => text));
  for (const [at, [text, place]] of broken.entries()) {
    assert.equal(found[at]?.[0], 'faultSuite', text);
    assert.ok(found[at][1].at >= place - 1 && found[at][1].at <= place + 1, `${text}: ${JSON.stringify(found[at])}`);
    assert.throws(() => execFileSync(program, ['token', 'ocra', '--suite', text, '--key-hex', '00', '--question', '1'], { stdio: 'pipe' }), undefined, text);
  }
  assert.deepEqual(await faults('parseSuite', ['OCRA-1:HOTP-SHA1-6:QH8-S512-T48H', 'OCRA-1:HOTP-SHA512-10:C-QA64-PSHA512-S001-T59S']), [null, null]);
});

test('a question that is none of the suite says what is wrong with it', async () => {
  const wrong = await page.evaluate(() => [['QN08', ''], ['QN08', '123456789'], ['QN08', '12345a'], ['QN08', '１２'], ['QH08', 'xyz'], ['QA08', 'é'], ['QA08', 'a\tb'], ['QA08', '😀'.repeat(8)]].map(([form, text]) => {
    try {
      window.codes.question(window.codes.parseSuite(`OCRA-1:HOTP-SHA1-6:${form}`), text);
      return null;
    } catch (error) {
      return [error.key, error.values];
    }
  }));
  assert.deepEqual(wrong, [
    ['faultQuestionEmpty', {}], ['faultQuestionLong', { max: 8, found: 9 }], ['faultQuestionDigits', { at: 6, character: 'a' }], ['faultQuestionDigits', { at: 1, character: '１' }],
    ['faultQuestionHex', { at: 1, character: 'x' }], ['faultQuestionLetters', { at: 1, character: 'é' }], ['faultQuestionLetters', { at: 2, character: '\t' }],
    ['faultQuestionLetters', { at: 1, character: '😀' }],
  ]);
});

test('an input with a member too many or too few is a mistake of the program', async () => {
  assert.equal(await page.evaluate(() => {
    const suite = window.codes.parseSuite('OCRA-1:HOTP-SHA1-6:QN08');
    try {
      return window.hexOf(window.codes.dataInput(suite, { question: window.codes.question(suite, '1'), counter: 1n }));
    } catch (error) {
      return error.name;
    }
  }), 'TypeError');
});

test('the fields of a transaction become the question that the server makes of them', async () => {
  const texts = await page.evaluate(() => {
    const text = (values, format, suite) => window.codes.textToSign(values, format, window.codes.parseSuite(`OCRA-1:HOTP-SHA1-8:${suite}`)).catch((error) => error.key);
    return Promise.all([
      text(['AccountId1', 'TransactionId1', '10000'], null, 'QA64'), text(['12', '3'], null, 'QH64'), text(['12', '3'], null, 'QH40'), text(['12', '3'], 'digest', 'QA64'),
      text(['12', 'ab'], 'concatenated', 'QH08'), text(['Zoë', '€ 5'], 'digest', 'QA40'), text(['1'], null, 'QN08'), text(['1'], null, 'QH32'), text(['1'], 'digest', 'QA39'),
    ]);
  });
  const of = (algorithm, ...values) => createHash(algorithm).update(Buffer.concat(values.flatMap((value) => {
    const bytes = Buffer.from(value);
    return [Buffer.from([0, 0, 0, bytes.length]), bytes];
  }))).digest('hex');
  assert.deepEqual(texts, [
    'AccountId1TransactionId110000', 'b21c0902c4c3a8f045c1e09e8b2c15b62a58b65e51251c8a784a4c273a4ad219', '7ade2e83e7a9df2440083db0cd9e681e5c95b304',
    of('sha256', '12', '3'), '12ab', of('sha1', 'Zoë', '€ 5'), 'faultSignNumbers', 'faultSignDigest', 'faultSignDigest',
  ]);
});

/** What a URI carries, with counters as texts and the secret as it is. */
const read = (text) => page.evaluate((uri) => {
  const plain = (value) => JSON.parse(JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one instanceof Uint8Array ? window.hexOf(one) : one)));
  const { secret, ...rest } = plain(window.codes.parseUri(uri));
  if (rest.response) rest.response.suite = rest.response.suite.text;
  if (rest.signature) rest.signature.suite = rest.signature.suite.text;
  return { ...rest, bytes: secret };
}, text);
const BYTES = Buffer.from('12345678901234567890').toString('hex');

test('a URI is read with its defaults, in any case, with whatever else stands in it', async () => {
  const whole = { issuer: '', account: 'alice', bytes: BYTES, algorithm: 'SHA1', digits: 6 };
  assert.deepEqual(await read(`otpauth://totp/alice?secret=${SECRET}`), { ...whole, kind: 'totp', period: 30 });
  assert.deepEqual(await read(`OTPAUTH://HOTP/alice?image=x&image=y&&secret=${SECRET.toLowerCase()}&counter=18446744073709551615&period=x#&secret=A`), { ...whole, kind: 'hotp', counter: '18446744073709551615' });
  assert.deepEqual(await read(`otpauth://totp/Big%20Co%3A%20al%2Bice?secret=${SECRET}&issuer=New+Name%2B&algorithm=sha-512&digits=10&period=60&counter=x`),
    { kind: 'totp', issuer: 'New Name+', account: 'al+ice', bytes: BYTES, algorithm: 'SHA512', digits: 10, period: 60 });
  for (const [label, issuer, account] of [['a%3Ab:c%3Ad', 'a:b', 'c:d'], [':alice', '', 'alice'], ['Co:%20%20alice', 'Co', 'alice'], ['alice+tag@x', '', 'alice+tag@x']]) {
    const { issuer: own, account: whose } = await read(`otpauth://totp/${label}?secret=${SECRET}&issuer=`);
    assert.deepEqual([own, whose], [issuer, account], label);
  }
});

test('the URIs of the program for all of its devices are read', async () => {
  assert.deepEqual(Object.keys(bank.uris).sort(), ['count', 'counted', 'hashed', 'mobile', 'plain', 'time', 'timed']);
  const counted = await read(bank.uris.counted);
  assert.deepEqual({ ...counted, bytes: counted.bytes.length }, {
    kind: 'ocra', issuer: 'ONLINEBANK', account: 'counted', bytes: 64,
    response: { suite: 'OCRA-1:HOTP-SHA256-8:C-QA10', counter: '0' },
    signature: { suite: 'OCRA-1:HOTP-SHA256-8:C-QA64', counter: '0', format: null, fields: [] },
  });
  for (const uri of Object.values(bank.uris)) assert.equal((await read(uri)).issuer, 'ONLINEBANK');
  const full = await read(`otpauth://ocra/A:1?secret=${SECRET}&signature_suite=OCRA-1%3AHOTP-SHA1-8%3AC-QA64&signature_counter=7&sign_format=digest&field=To+account&field=B&suite_of=x&counter=x`);
  assert.deepEqual(full, { kind: 'ocra', issuer: 'A', account: '1', bytes: BYTES, response: null,
    signature: { suite: 'OCRA-1:HOTP-SHA1-8:C-QA64', counter: '7', format: 'digest', fields: ['To account', 'B'] } });
});

test('a broken URI is refused and its fault named', async () => {
  const S = `secret=${SECRET}`;
  const suite = 'suite=OCRA-1:HOTP-SHA1-8:QN08';
  const signing = 'signature_suite=OCRA-1:HOTP-SHA1-8:QA64';
  const refused = [
    ['', 'faultUriScheme'], [`https://totp/alice?${S}`, 'faultUriScheme'], [`otpauth://push/alice?${S}`, 'faultUriKind'], [`otpauth://totp?${S}`, 'faultUriKind'], [`otpauth://totp/?${S}`, 'faultUriAccount'],
    [`otpauth://totp/Issuer:%20?${S}`, 'faultUriAccount'], [`otpauth://totp/a%?${S}`, 'faultUriEncoding'], [`otpauth://totp/a%FF?${S}`, 'faultUriEncoding'], [`otpauth://totp/a?${S}&issuer=%E2%82`, 'faultUriEncoding'],
    [`otpauth://totp/a?${S}&%=`, 'faultUriEncoding'], ['otpauth://totp/a', 'faultUriMissing'], ['otpauth://totp/a?Secret=AAAA', 'faultUriMissing'], [`otpauth://hotp/a?${S}`, 'faultUriMissing'],
    [`otpauth://totp/a?${S}&%73ecret=A`, 'faultUriTwice'], [`otpauth://hotp/a?${S}&counter=`, 'faultUriNumber'], [`otpauth://hotp/a?${S}&counter=%2B1`, 'faultUriNumber'],
    [`otpauth://hotp/a?${S}&counter=18446744073709551616`, 'faultUriNumber'], [`otpauth://totp/a?${S}&period=0`, 'faultUriNumber'], [`otpauth://totp/a?${S}&digits=5`, 'faultUriDigits'], [`otpauth://totp/a?${S}&digits=300`, 'faultUriNumber'],
    [`otpauth://totp/a?${S}&algorithm=MD5`, 'faultUriAlgorithm'], ['otpauth://totp/a?secret=', 'faultSecretEmpty'], ['otpauth://totp/a?secret=A1', 'faultSecretSymbol'], ['otpauth://totp/a?secret=AA%3DA', 'faultSecretSymbol'],
    ['otpauth://totp/a?secret=%C5%BFAAA', 'faultSecretSymbol'], ['otpauth://totp/a?secret=AAA', 'faultSecretShort'], [`otpauth://totp/${'a'.repeat(4100)}?${S}`, 'faultUriLong'],
    [`otpauth://ocra/a?${S}`, 'faultUriSuites'], [`otpauth://ocra/a?${S}&suite=OCRA-1:HOTP-SHA1-8:QX08`, 'faultSuite'], [`otpauth://ocra/a?${S}&suite=OCRA-1:HOTP-SHA1-8:C-QN08`, 'faultUriMissing'],
    [`otpauth://ocra/a?${S}&signature_suite=OCRA-1:HOTP-SHA1-8:C-QA64&counter=1`, 'faultUriMissing'], [`otpauth://ocra/a?${suite}`, 'faultUriMissing'], [`otpauth://ocra/a?${S}&${suite}&${suite}`, 'faultUriTwice'],
    [`otpauth://ocra/a?${S}&${signing}&sign_format=auto`, 'faultUriFormat'], [`otpauth://ocra/a?${S}&${signing}&field=`, 'faultUriFields'], [`otpauth://ocra/a?${S}&${signing}${'&field=a'.repeat(65)}`, 'faultUriFields'],
    [`otpauth://ocra/a?${S}&signature_suite=OCRA-1:HOTP-SHA1-8:QN08`, 'faultSignNumbers'], [`otpauth://ocra/a?${S}&signature_suite=OCRA-1:HOTP-SHA1-8:QH32`, 'faultSignDigest'],
  ];
  assert.deepEqual((await faults('parseUri', refused.map(([text]) => text))).map((fault) => fault?.[0]), refused.map(([, key]) => key));
  assert.deepEqual(await faults('parseUri', [`otpauth://ocra/a?${S}&${signing}${'&field=a'.repeat(64)}`]), [null]);
});

test('no fault holds a secret, and a key cannot be exported', async () => {
  const planted = 'MZXW6YTBOI2GC3DB';
  for (const fault of await faults('parseUri', [`otpauth://totp/a?secret=${planted}1`, `otpauth://ocra/a?secret=${planted}`, `otpauth://totp/a?secret=${planted}&secret=${planted}`, `otpauth://totp/a?secret=${planted}%`])) {
    assert.ok(!JSON.stringify(fault).includes(planted.slice(0, 6)), JSON.stringify(fault));
  }
  const exported = await page.evaluate(async () => {
    const key = await window.codes.importKey('SHA1', window.bytesOf('00'.repeat(20)));
    const tried = await Promise.all(['raw', 'jwk'].map((form) => crypto.subtle.exportKey(form, key).then(() => 'exported', (error) => error.name)));
    return [key.extractable, key.usages, ...tried];
  });
  assert.deepEqual(exported, [false, ['sign'], 'InvalidAccessError', 'InvalidAccessError']);
});
