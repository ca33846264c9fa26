// The fields of a transaction, and the one question that they become to be signed: built exactly as the server builds it
// (docs/activid.md, "What is signed").

import { Fault } from './fault.js';
import { digest } from './mac.js';

/** @typedef {import('./ocra/suite.js').Suite} Suite */
/** @typedef {'concatenated' | 'digest'} SignFormat */

/** The most fields a transaction may have. */
export const FIELDS_MAX = 64;

/**
 * How this suite signs fields, or a fault where it cannot.
 * @param {Suite} suite
 * @param {SignFormat | null} named nothing: as its kind of questions has it
 * @returns {SignFormat}
 */
export function signFormat({ question: { kind, max } }, named) {
  if (kind === 'N') throw new Fault('faultSignNumbers');
  const format = named ?? (kind === 'H' ? 'digest' : 'concatenated');
  if (format === 'digest' && max < 40) throw new Fault('faultSignDigest');
  return format;
}

/**
 * The text of the question that stands for these values, in their order.
 * @param {string[]} values
 * @param {SignFormat | null} named
 * @param {Suite} suite
 */
export async function textToSign(values, named, suite) {
  if (signFormat(suite, named) === 'concatenated') return values.join('');
  /** @type {number[]} */
  const whole = [];
  for (const value of values) {
    const bytes = new TextEncoder().encode(value);
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, bytes.length);
    whole.push(...new Uint8Array(length.buffer), ...bytes);
  }
  const hash = await digest(suite.question.max >= 64 ? 'SHA256' : 'SHA1', Uint8Array.from(whole));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
