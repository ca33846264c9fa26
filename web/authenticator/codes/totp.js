// TOTP, RFC 6238: HOTP over the number of a time step since 1970. Reads no clock.

import { hotp } from './hotp.js';

/** The length of a step where none is named (RFC 6238 section 4.1), in seconds. */
export const USUAL_PERIOD_S = 30;

/**
 * The number of the step that a moment falls in, and when it ends.
 * @param {number} ms since 1970
 * @param {number} period in seconds
 */
export function stepAt(ms, period) {
  const step = Math.floor(ms / 1000 / period);
  return { step: BigInt(step), endsMs: (step + 1) * period * 1000 };
}

/**
 * The code of a step.
 * @param {CryptoKey} key
 * @param {bigint} step
 * @param {number} digits 6 to 10
 */
export const totp = (key, step, digits) => hotp(key, step, digits);
