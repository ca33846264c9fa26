// The proof of work that the server asks of everybody for a linking code while somebody guesses codes.

import { sha256 } from './sha256.js';

const encoder = new TextEncoder();
/** How long the page does nothing else. */
const BURST_MS = 30;

/** @param {Int32Array} words */
function leadingZeroBits(words) {
  let bits = 0;
  for (const word of words) {
    bits += Math.clz32(word);
    if (word !== 0) break;
  }
  return bits;
}

/**
 * A text with which the hash begins with as many zero bits as wanted.
 * @param {{ seed: string, bits: number }} puzzle
 * @param {string} code
 * @param {(tried: number) => void} working called now and then
 */
export async function solve({ seed, bits }, code, working) {
  const before = `countersign link work 1\n${seed}\n${code}\n`;
  for (let tried = 0; ;) {
    const end = performance.now() + BURST_MS;
    do {
      const nonce = String(tried++);
      if (leadingZeroBits(sha256(encoder.encode(before + nonce))) >= bits) return nonce;
    } while (performance.now() < end);
    working(tried);
    await new Promise((resolve) => { setTimeout(resolve); });
  }
}
