// HMAC with the hash functions of the OATH standards, and the digits made of it (RFC 4226 section 5.3). The key is a CryptoKey that
// nothing can export; the bytes of a secret are needed for importing it alone.

/** @typedef {'SHA1' | 'SHA256' | 'SHA512'} Algorithm */
/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** By the names that suites and URIs use, those of WebCrypto. */
const HASHES = /** @type {const} */ ({ SHA1: 'SHA-1', SHA256: 'SHA-256', SHA512: 'SHA-512' });

/** @type {readonly Algorithm[]} */
export const ALGORITHMS = ['SHA1', 'SHA256', 'SHA512'];

/**
 * A key for one hash function, which can sign and nothing else.
 * @param {Algorithm} algorithm
 * @param {Bytes} secret
 */
export const importKey = (algorithm, secret) => crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: HASHES[algorithm] }, false, ['sign']);

/**
 * The plain digest.
 * @param {Algorithm} algorithm
 * @param {Bytes} bytes
 */
export const digest = async (algorithm, bytes) => new Uint8Array(await crypto.subtle.digest(HASHES[algorithm], bytes));

/**
 * The decimal digits at the end of the truncated HMAC, with leading zeros.
 * @param {CryptoKey} key
 * @param {Bytes} data
 * @param {number} digits 4 to 10
 */
export async function codeOf(key, data, digits) {
  const tag = new DataView(await crypto.subtle.sign('HMAC', key, data));
  const offset = tag.getUint8(tag.byteLength - 1) & 0x0f;
  const value = tag.getUint32(offset) & 0x7fff_ffff;
  return String(value % 10 ** digits).padStart(digits, '0');
}

/** A counter or time step as 8 bytes, big-endian. @param {bigint} number 0 to 2^64 - 1 @returns {Bytes} */
export function eightBytes(number) {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, number);
  return new Uint8Array(view.buffer);
}
