// SHA-256 (FIPS 180-4) without waiting: for proofs of work alone, where WebCrypto, which answers each hash by a promise of its own, takes
// half a minute for what takes a second here. Everything else is hashed by WebCrypto.

/** The first 32 bits of the fractional parts of the roots of the first primes: FIPS 180-4, sections 4.2.2 and 5.3.3. */
const { K, H } = constants();

function constants() {
  /** @type {number[]} */
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  /** @param {number} root */
  const fraction = (root) => Math.floor((root - Math.floor(root)) * 0x1_0000_0000) | 0;
  return { K: Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime))), H: Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))) };
}

const W = new Int32Array(64);

/** @param {number} x @param {number} by */
const rotated = (x, by) => (x >>> by) | (x << (32 - by));

/** One block of 64 bytes into the state. @param {Int32Array} state @param {DataView} bytes @param {number} at */
function compress(state, bytes, at) {
  for (let t = 0; t < 16; t++) W[t] = bytes.getInt32(at + 4 * t);
  for (let t = 16; t < 64; t++) {
    const s0 = rotated(W[t - 15], 7) ^ rotated(W[t - 15], 18) ^ (W[t - 15] >>> 3);
    const s1 = rotated(W[t - 2], 17) ^ rotated(W[t - 2], 19) ^ (W[t - 2] >>> 10);
    W[t] = (W[t - 16] + s0 + W[t - 7] + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 64; t++) {
    const one = (h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + K[t] + W[t]) | 0;
    const two = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  for (const [at_, value] of [a, b, c, d, e, f, g, h].entries()) state[at_] += value;
}

/**
 * The hash as eight words of 32 bits.
 * @param {Uint8Array} message
 */
export function sha256(message) {
  const padded = new Uint8Array((message.length + 9 + 63) & ~63);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, message.length * 8);
  const state = Int32Array.from(H);
  for (let at = 0; at < padded.length; at += 64) compress(state, view, at);
  return state;
}
