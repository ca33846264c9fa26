// The suite of an OCRA device (RFC 6287 section 6), such as OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1. Strict: its text is part of what is
// hashed, so that another spelling would be another code. What the RFC leaves open is settled as the server settles it: 4 to 10 digits
// (0, no truncation, means something else in each implementation), questions of 4 to 64 characters, nothing left out.

import { Fault } from '../fault.js';

/** @typedef {import('../mac.js').Algorithm} Algorithm */
/** @typedef {'A' | 'N' | 'H'} QuestionKind letters, decimal or hexadecimal digits */

/**
 * @typedef {object} Suite
 * @property {string} text as it was written
 * @property {Algorithm} algorithm under the HMAC
 * @property {number} digits of a response
 * @property {boolean} counter whether there is a counter
 * @property {{ kind: QuestionKind, max: number }} question and the most characters it has
 * @property {Algorithm | null} pin the hash function of the PIN
 * @property {number | null} sessionBytes the length of the session information
 * @property {number | null} stepS the length of a time step in seconds
 */

const HASH = /^SHA(?:1|256|512)$/;
const START = 'OCRA-1:HOTP-';

/** Reads a suite from left to right, so that a fault can say where it is. */
class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** @param {number} [at] @returns {never} */
  refuse(at = this.at) {
    throw new Fault('faultSuite', { at: at + 1, rest: this.text.slice(at) || '∅' });
  }

  /** Steps over a literal. @param {string} literal */
  skip(literal) {
    for (const character of literal) {
      if (this.text[this.at] !== character) this.refuse();
      this.at++;
    }
  }

  /**
   * Takes what stands before the first of these characters, or before the end.
   * @param {RegExp} end
   * @param {RegExp} form
   * @param {(found: RegExpExecArray) => boolean} [holds]
   */
  take(end, form, holds = () => true) {
    const rest = this.text.slice(this.at);
    const stop = rest.search(end);
    const token = stop < 0 ? rest : rest.slice(0, stop);
    const found = form.exec(token);
    if (found === null || !holds(found)) this.refuse();
    this.at += token.length;
    return /** @type {RegExpExecArray} */ (found);
  }

  /** Whether another member begins with this letter; if so, steps up to what follows the letter. @param {string} letter */
  member(letter) {
    if (!this.text.startsWith(`-${letter}`, this.at)) return false;
    this.at += 2;
    return true;
  }
}

/** Seconds of a unit, and the longest step in that unit. @type {Record<string, [number, number]>} */
const UNITS = { S: [1, 59], M: [60, 59], H: [3600, 48] };

/**
 * Reads a suite, or throws a fault that says where it breaks the grammar.
 * @param {string} text
 * @returns {Suite}
 */
export function parseSuite(text) {
  const reader = new Reader(text);
  reader.skip(START);
  const algorithm = /** @type {Algorithm} */ (reader.take(/[-:]/, HASH)[0]);
  reader.skip('-');
  const digits = Number(reader.take(/:/, /^(?:[4-9]|10)$/)[0]);
  reader.skip(':');
  const counter = text.startsWith('C-', reader.at);
  if (counter) reader.skip('C-');
  const [, kind, length] = reader.take(/-/, /^Q([ANH])(0?[4-9]|[1-6][0-9])$/, ([, , most]) => Number(most) <= 64);
  const pin = reader.member('P') ? /** @type {Algorithm} */ (reader.take(/-/, HASH)[0]) : null;
  const session = reader.member('S') ? reader.take(/-/, /^[0-9]{3}$/, ([bytes]) => Number(bytes) >= 1 && Number(bytes) <= 512) : null;
  const step = reader.member('T') ? reader.take(/-/, /^([1-9][0-9]?)([SMH])$/, ([, count, unit]) => Number(count) <= UNITS[unit][1]) : null;
  if (reader.at < text.length) reader.refuse();
  return {
    text, algorithm, digits, counter, pin,
    question: { kind: /** @type {QuestionKind} */ (kind), max: Number(length) },
    sessionBytes: session && Number(session[0]),
    stepS: step && Number(step[1]) * UNITS[step[2]][0],
  };
}
