// Questions and their 128 bytes (RFC 6287 sections 5.1 and 6.3).

import { Fault } from '../fault.js';

/** @typedef {import('./suite.js').Suite} Suite */
/** @typedef {import('../mac.js').Bytes} Bytes */

const BYTES = 128;

/** What each kind of question is written in. */
const FORMS = { A: /^[ -~]$/, N: /^[0-9]$/, H: /^[0-9A-Fa-f]$/ };
/** @type {Record<import('./suite.js').QuestionKind, import('../fault.js').FaultKey>} */
const WRONG = { A: 'faultQuestionLetters', N: 'faultQuestionDigits', H: 'faultQuestionHex' };

/**
 * The question of one party: one-way responses and plain signatures (RFC 6287 sections 7.1 and 7.3.1).
 * @param {Suite} suite
 * @param {string} text 1 to `suite.question.max` characters
 */
export function question(suite, text) {
  check(suite, text);
  return encode(suite, text);
}

/**
 * Two questions joined. The server's response RS is computed over (client's, server's), the client's response or signature over
 * (server's, client's), of which the server's is the text to sign (RFC 6287 sections 7.2 and 7.3.2).
 * @param {Suite} suite
 * @param {string} first
 * @param {string} second
 */
export function questionPair(suite, first, second) {
  check(suite, first);
  check(suite, second);
  return encode(suite, first + second);
}

/** @param {Suite} suite @param {string} text */
function check({ question: { kind, max } }, text) {
  const characters = [...text];
  if (characters.length === 0) throw new Fault('faultQuestionEmpty');
  if (characters.length > max) throw new Fault('faultQuestionLong', { max, found: characters.length });
  const wrong = characters.findIndex((character) => !FORMS[kind].test(character));
  if (wrong >= 0) throw new Fault(WRONG[kind], { at: wrong + 1, character: characters[wrong] });
}

/**
 * Encodes what was checked. A number is taken as its hexadecimal digits; a last single digit is the upper half of its byte.
 * @param {Suite} suite
 * @param {string} text
 * @returns {Bytes}
 */
function encode({ question: { kind } }, text) {
  const bytes = new Uint8Array(BYTES);
  if (kind === 'A') {
    new TextEncoder().encodeInto(text, bytes);
    return bytes;
  }
  const digits = kind === 'N' ? BigInt(text).toString(16) : text;
  for (let at = 0; at < digits.length; at += 2) bytes[at / 2] = parseInt(digits.slice(at, at + 2).padEnd(2, '0'), 16);
  return bytes;
}
