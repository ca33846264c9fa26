// HOTP, RFC 4226. Keeps no counter: that is in vault.js.

import { codeOf, eightBytes } from './mac.js';

/** Digits of an HOTP or TOTP code. */
export const DIGITS = { least: 6, most: 10, usual: 6 };

/**
 * The code of a counter.
 * @param {CryptoKey} key
 * @param {bigint} counter 0 to 2^64 - 1
 * @param {number} digits 6 to 10
 */
export const hotp = (key, counter, digits) => codeOf(key, eightBytes(counter), digits);
