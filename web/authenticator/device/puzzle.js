// The proof of work that the server asks of everybody for a linking code while somebody guesses codes.

const encoder = new TextEncoder();
const BATCH = 256;

/** @param {Uint8Array} bytes */
function leadingZeroBits(bytes) {
  let bits = 0;
  for (const byte of bytes) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
}

/**
 * A text with which the hash begins with as many zero bits as wanted.
 * @param {{ seed: string, bits: number }} puzzle
 * @param {string} code
 * @param {(tried: number) => void} [progress]
 */
export async function solve({ seed, bits }, code, progress = () => {}) {
  const before = `countersign link work 1\n${seed}\n${code}\n`;
  for (let next = 0; ; next += BATCH) {
    const nonces = Array.from({ length: BATCH }, (_, at) => String(next + at));
    const hashes = await Promise.all(nonces.map((nonce) => crypto.subtle.digest('SHA-256', encoder.encode(before + nonce))));
    const found = hashes.findIndex((hash) => leadingZeroBits(new Uint8Array(hash)) >= bits);
    if (found >= 0) return nonces[found];
    progress(next + BATCH);
  }
}
