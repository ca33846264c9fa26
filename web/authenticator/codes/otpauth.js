// The URI in an enrolment's QR code: otpauth://totp, hotp and, in a form of our own, ocra (docs/enrolment-uris.md). Strict in what
// decides codes; unknown parameters, and those of another type, are ignored.

import { secretOf } from './base32.js';
import { Fault } from './fault.js';
import { DIGITS } from './hotp.js';
import { ALGORITHMS } from './mac.js';
import { parseSuite } from './ocra/suite.js';
import { USUAL_PERIOD_S } from './totp.js';
import { FIELDS_MAX, signFormat } from './transaction.js';

/** @typedef {import('./mac.js').Algorithm} Algorithm */
/** @typedef {import('./ocra/suite.js').Suite} Suite */

/**
 * What one suite is enrolled with.
 * @typedef {{ suite: Suite, counter: bigint }} Response
 * @typedef {Response & { format: import('./transaction.js').SignFormat | null, fields: string[] }} Signature
 */

/**
 * What a URI carries. **It holds the secret**, so it is dropped as soon as the keys are made of it.
 * @typedef {{ issuer: string, account: string, secret: import('./mac.js').Bytes } & (
 *   { kind: 'totp', algorithm: Algorithm, digits: number, period: number }
 *   | { kind: 'hotp', algorithm: Algorithm, digits: number, counter: bigint }
 *   | { kind: 'ocra', response: Response | null, signature: Signature | null })} Enrolment
 */

/** The longest URI that is read: more than any QR code holds. */
export const URI_MAX = 4096;
const COUNTER_MAX = 2n ** 64n - 1n;
const PERIOD_MAX = 2 ** 32 - 1;

/** Those that may stand once; `field` may stand again. */
const ONCE = ['secret', 'issuer', 'algorithm', 'digits', 'period', 'counter', 'suite', 'signature_suite', 'signature_counter', 'sign_format'];

/**
 * Reads a URI, or throws a fault that says what is wrong with it.
 * @param {string} text
 * @returns {Enrolment}
 */
export function parseUri(text) {
  if (text.length > URI_MAX) throw new Fault('faultUriLong', { max: URI_MAX });
  const found = /^otpauth:\/\/([^/?#]*)(\/?)([^?#]*)\??([^#]*)/i.exec(text.trim());
  if (found === null) throw new Fault('faultUriScheme');
  const kind = found[1].toLowerCase();
  if (found[2] === '' || (kind !== 'totp' && kind !== 'hotp' && kind !== 'ocra')) throw new Fault('faultUriKind', { kind: found[1] });
  const { issuer, account } = labelOf(found[3]);
  const parameters = parametersOf(found[4]);
  const of = (/** @type {string} */ name) => parameters.get(name)?.[0];
  const whose = { issuer: of('issuer') || issuer, account };
  if (kind === 'ocra') {
    const { response, signature } = suitesOf(of, parameters.get('field') ?? []);
    return { ...whose, kind, response, signature, secret: secretIn(of) };
  }
  const algorithm = /** @type {Algorithm | undefined} */ (ALGORITHMS.find((name) => name === (of('algorithm') ?? 'SHA1').toUpperCase().replace('SHA-', 'SHA')));
  if (algorithm === undefined) throw new Fault('faultUriAlgorithm', { algorithm: of('algorithm') ?? '' });
  const digits = Number(number(of, 'digits', 255n) ?? DIGITS.usual);
  if (digits < DIGITS.least || digits > DIGITS.most) throw new Fault('faultUriDigits', { digits });
  if (kind === 'hotp') {
    const counter = number(of, 'counter', COUNTER_MAX);
    if (counter === undefined) throw new Fault('faultUriMissing', { name: 'counter' });
    return { ...whose, kind, algorithm, digits, counter, secret: secretIn(of) };
  }
  const period = Number(number(of, 'period', BigInt(PERIOD_MAX)) ?? USUAL_PERIOD_S);
  if (period === 0) throw new Fault('faultUriNumber', { name: 'period' });
  return { ...whose, kind, algorithm, digits, period, secret: secretIn(of) };
}

/** @typedef {(name: string) => string | undefined} Of */

/** @param {Of} of */
function secretIn(of) {
  const secret = of('secret');
  if (secret === undefined) throw new Fault('faultUriMissing', { name: 'secret' });
  return secretOf(secret);
}

/**
 * Percent-encoded UTF-8.
 * @param {string} text
 * @param {string} part
 */
function decoded(text, part) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Fault('faultUriEncoding', { part });
  }
}

/**
 * Issuer and account part at the first colon that is written as one, or else at the first that is written %3A.
 * @param {string} label
 */
function labelOf(label) {
  const whole = label.includes(':') ? label : decoded(label, 'label');
  const colon = whole.indexOf(':');
  const parts = colon < 0 ? ['', whole] : [whole.slice(0, colon), whole.slice(colon + 1)];
  const [issuer, account] = whole === label ? parts.map((part) => decoded(part, 'label')) : parts;
  const trimmed = account.replace(/^ +/, '');
  if (trimmed === '') throw new Fault('faultUriAccount');
  return { issuer, account: trimmed };
}

/**
 * The query as an HTML form has it: a plus sign is a space.
 * @param {string} query
 */
function parametersOf(query) {
  /** @type {Map<string, string[]>} */
  const parameters = new Map();
  for (const pair of query.split('&')) {
    const [, name, value] = /** @type {RegExpExecArray} */ (/^([^=]*)=?([^]*)$/.exec(pair.replaceAll('+', ' ')));
    const known = decoded(name, '?');
    if (!ONCE.includes(known) && known !== 'field') continue;
    const values = parameters.get(known) ?? [];
    if (values.length > 0 && known !== 'field') throw new Fault('faultUriTwice', { name: known });
    parameters.set(known, [...values, decoded(value, known)]);
  }
  return parameters;
}

/**
 * A whole number without a sign, at most `most`.
 * @param {Of} of
 * @param {string} name
 * @param {bigint} most
 */
function number(of, name, most) {
  const text = of(name);
  if (text === undefined) return undefined;
  if (!/^[0-9]+$/.test(text) || BigInt(text) > most) throw new Fault('faultUriNumber', { name });
  return BigInt(text);
}

/**
 * What the device answers and signs with; one of them at least.
 * @param {Of} of
 * @param {string[]} fields
 */
function suitesOf(of, fields) {
  const suite = of('suite');
  const signing = of('signature_suite');
  if (suite === undefined && signing === undefined) throw new Fault('faultUriSuites');
  const response = suite === undefined ? null : counted(of, suite, 'counter');
  return { response, signature: signing === undefined ? null : signatureOf(of, signing, fields) };
}

/** @param {Of} of @param {string} text @param {string} name of the counter @returns {Response} */
function counted(of, text, name) {
  const suite = parseSuite(text);
  const counter = suite.counter ? number(of, name, COUNTER_MAX) : 0n;
  if (counter === undefined) throw new Fault('faultUriMissing', { name });
  return { suite, counter };
}

/** @param {Of} of @param {string} text @param {string[]} fields @returns {Signature} */
function signatureOf(of, text, fields) {
  const base = counted(of, text, 'signature_counter');
  const named = of('sign_format') ?? null;
  if (named !== null && named !== 'concatenated' && named !== 'digest') throw new Fault('faultUriFormat');
  if (fields.length > FIELDS_MAX || fields.includes('')) throw new Fault('faultUriFields', { max: FIELDS_MAX });
  signFormat(base.suite, named);
  return { ...base, format: named, fields };
}
