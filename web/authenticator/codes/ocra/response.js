// The bytes that are hashed, DataInput of RFC 6287 section 5.1, and the response to them.

import { codeOf, digest, eightBytes } from '../mac.js';

/** @typedef {import('./suite.js').Suite} Suite */
/** @typedef {import('../mac.js').Bytes} Bytes */

/**
 * What a response is computed over: each member if the suite has it, and none other.
 * @typedef {object} Input
 * @property {Bytes} question of this suite, see question.js
 * @property {bigint} [counter]
 * @property {Bytes} [pinHash]
 * @property {Bytes} [session] at most as long as the suite says
 * @property {bigint} [timeStep]
 */

/**
 * The PIN as this suite hashes it; nothing for suites without one.
 * @param {Suite} suite
 * @param {string} pin
 */
export const hashPin = async (suite, pin) => (suite.pin === null ? undefined : digest(suite.pin, new TextEncoder().encode(pin)));

/**
 * The number of the time step that a moment falls in; nothing for suites without time.
 * @param {Suite} suite
 * @param {number} ms since 1970
 */
export const timeStepAt = (suite, ms) => (suite.stepS === null ? undefined : BigInt(Math.floor(ms / 1000 / suite.stepS)));

/**
 * suite | 00 | C | Q | P | S | T. An input that does not fit the suite is a mistake of the program, not of a person.
 * @param {Suite} suite
 * @param {Input} input
 */
export function dataInput(suite, { question, counter, pinHash, session, timeStep }) {
  const fits = (counter !== undefined) === suite.counter && (pinHash !== undefined) === (suite.pin !== null)
    && (session !== undefined) === (suite.sessionBytes !== null) && (timeStep !== undefined) === (suite.stepS !== null)
    && (session?.length ?? 0) <= (suite.sessionBytes ?? 0);
  if (!fits) throw new TypeError(`the input does not fit ${suite.text}`);
  const parts = [new TextEncoder().encode(suite.text), new Uint8Array(1)];
  if (counter !== undefined) parts.push(eightBytes(counter));
  parts.push(question);
  if (pinHash !== undefined) parts.push(pinHash);
  if (session !== undefined) parts.push(new Uint8Array((suite.sessionBytes ?? 0) - session.length), session);
  if (timeStep !== undefined) parts.push(eightBytes(timeStep));
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * The response or signature (RFC 6287 section 5).
 * @param {CryptoKey} key for the suite's hash function
 * @param {Suite} suite
 * @param {Input} input
 */
export const response = (key, suite, input) => codeOf(key, dataInput(suite, input), suite.digits);
