// Base32 as people type it: either case, grouped, padded or not (RFC 4648 section 6).

import { Fault } from './fault.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * The bytes of a secret. Spaces, hyphens and the padding at the end are read over; bits that fill no byte are dropped.
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function secretOf(text) {
  const bytes = [];
  let pending = 0;
  let bits = 0;
  let padded = false;
  for (const [at, symbol] of [...text].entries()) {
    if (symbol === ' ' || symbol === '-') continue;
    if (symbol === '=') {
      padded = true;
      continue;
    }
    // Upper case by hand: some letters outside ASCII become ASCII ones by `toUpperCase`.
    const value = ALPHABET.indexOf(/[a-z]/.test(symbol) ? symbol.toUpperCase() : symbol);
    if (value < 0 || padded) throw new Fault('faultSecretSymbol', { at: at + 1 });
    pending = (pending << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(pending >> bits);
    pending &= (1 << bits) - 1;
  }
  if (bits >= 5) throw new Fault('faultSecretShort');
  if (bytes.length === 0) throw new Fault('faultSecretEmpty');
  return Uint8Array.from(bytes);
}
