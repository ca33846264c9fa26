// The offline codes that are kept on this phone, and their counters. A counter is spent on disk before a code of it exists, in one
// transaction and under a lock that all tabs share, so that no two uses ever get one counter.

import { change, all, get, remove, valueOf } from '../frame/store.js';
import { tell } from '../frame/tabs.js';
import { Fault } from './fault.js';
import { hotp } from './hotp.js';
import { importKey } from './mac.js';

/** @typedef {import('./otpauth.js').Enrolment} Enrolment */
/** @typedef {import('./mac.js').Algorithm} Algorithm */

/**
 * A suite with its key; `counter` is the next one.
 * @typedef {{ suite: string, counter: bigint, key: CryptoKey }} Counted
 * @typedef {Counted & { format: import('./transaction.js').SignFormat | null, fields: string[] }} Signing
 */

/**
 * @typedef {{ id: number, name: string, issuer: string, account: string }} Named `name` is the user's own; empty: none
 * @typedef {Named & { kind: 'totp', digits: number, period: number, key: CryptoKey }} TimeCode
 * @typedef {Named & { kind: 'hotp', digits: number, counter: bigint, key: CryptoKey }} CounterCode
 * @typedef {Named & { kind: 'ocra', response: Counted | null, signature: Signing | null }} ChallengeCode
 * @typedef {TimeCode | CounterCode | ChallengeCode} StoredCode
 */

/** After this one a counter would begin anew. */
const LAST = 2n ** 64n - 1n;
/** The longest name that a user gives, in characters. */
export const NAME_MAX = 60;
/** The most codes kept on a phone. */
export const CODES_MAX = 500;

/** What other tabs are told when the list has changed. */
export const CHANGED = 'codes-changed';

/** @returns {Promise<StoredCode[]>} in the order in which they were added */
export const codes = () => all('codes');

/** @param {number} id @returns {Promise<StoredCode | undefined>} */
export const codeBy = (id) => get('codes', id);

/** What a code is called. @param {Pick<StoredCode, 'name' | 'issuer' | 'account'>} code */
export const nameOf = ({ name, issuer, account }) => name || issuer || account;

/**
 * Makes keys of the secret and keeps them. The same secret of the same kind is refused: two entries would have two counters for one.
 * The bytes of the secret are overwritten.
 * @param {Enrolment} enrolment
 * @param {string} [name]
 * @returns {Promise<number>} the id
 */
export async function enrol(enrolment, name = '') {
  try {
    const entry = await entryOf(enrolment, checkedName(name));
    return await navigator.locks.request('codes', async () => {
      const known = await codes();
      if (known.length >= CODES_MAX) throw new Fault('faultTooMany', { max: CODES_MAX });
      const twin = await twinOf(entry, known);
      if (twin) throw new Fault('faultKnown', { name: nameOf(twin) });
      const id = await change('codes', (at) => valueOf(at('codes').add(entry)));
      tell(CHANGED);
      return Number(id);
    });
  } finally {
    enrolment.secret.fill(0);
  }
}

/** @param {Enrolment} enrolment @param {string} name */
async function entryOf(enrolment, name) {
  const { kind, issuer, account, secret } = enrolment;
  const named = { kind, name, issuer, account };
  if (kind === 'totp') return { ...named, digits: enrolment.digits, period: enrolment.period, key: await importKey(enrolment.algorithm, secret) };
  if (kind === 'hotp') return { ...named, digits: enrolment.digits, counter: enrolment.counter, key: await importKey(enrolment.algorithm, secret) };
  const { response, signature } = enrolment;
  return {
    ...named,
    response: response && { suite: response.suite.text, counter: response.counter, key: await importKey(response.suite.algorithm, secret) },
    signature: signature && {
      suite: signature.suite.text, counter: signature.counter, key: await importKey(signature.suite.algorithm, secret),
      format: signature.format, fields: signature.fields,
    },
  };
}

/** The keys of an entry. @param {any} entry @returns {CryptoKey[]} */
const keysOf = (entry) => [entry.key, entry.response?.key, entry.signature?.key].filter((key) => key !== undefined);

/** What a key makes of a text that no code is made of: the same for the same secret and hash. @param {CryptoKey} key */
async function fingerprint(key) {
  const tag = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode('countersign: is this the same secret?'));
  return new Uint8Array(tag).join();
}

/** A kept entry of the same kind that has the same secret. @param {any} entry @param {StoredCode[]} known */
async function twinOf(entry, known) {
  const own = await Promise.all(keysOf(entry).map(fingerprint));
  for (const other of known.filter(({ kind }) => kind === entry.kind)) {
    const theirs = await Promise.all(keysOf(other).map(fingerprint));
    if (theirs.some((print) => own.includes(print))) return other;
  }
  return undefined;
}

/** @param {string} name */
function checkedName(name) {
  const trimmed = name.trim();
  if ([...trimmed].length > NAME_MAX) throw new Fault('faultNameLong', { max: NAME_MAX });
  return trimmed;
}

/** @param {number} id @param {string} name empty: none of the user's own */
export async function rename(id, name) {
  const checked = checkedName(name);
  await change('codes', async (at) => {
    const entry = await valueOf(at('codes').get(id));
    if (entry) await valueOf(at('codes').put({ ...entry, name: checked }));
  });
  tell(CHANGED);
}

/** @param {number} id */
export async function forget(id) {
  await remove('codes', id);
  tell(CHANGED);
}

/**
 * Spends the next counter: when this gives it, the one after it is on disk.
 * @param {number} id
 * @param {(entry: any) => { counter: bigint } | null} place what holds the counter
 */
const spend = (id, place) => navigator.locks.request(`code-${id}`, () => change('codes', async (at) => {
  const entry = await valueOf(at('codes').get(id));
  const held = entry && place(entry);
  if (!held) throw new Fault('faultGone');
  const { counter } = held;
  if (counter > LAST) throw new Fault('faultCounterEnd');
  held.counter = counter + 1n;
  await valueOf(at('codes').put(entry));
  return counter;
}));

/**
 * The next code of a counter.
 * @param {CounterCode} code
 */
export async function nextCode({ id, key, digits }) {
  const counter = await spend(id, (entry) => entry);
  return { counter, code: await hotp(key, counter, digits) };
}

/**
 * The next counter of an OCRA suite with a counter.
 * @param {number} id
 * @param {'response' | 'signature'} use
 */
export const spendCounter = (id, use) => spend(id, (entry) => entry[use]);
