// A device's key: ECDSA on P-256, made on the phone. The private half cannot be exported, not even by this app.

import { base64 } from './text.js';

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };

export const generate = () => crypto.subtle.generateKey(CURVE, false, ['sign', 'verify']);

/** The public half: base64 of the 65 bytes of the uncompressed point. @param {CryptoKeyPair} pair */
export const publicKey = async (pair) => base64(await crypto.subtle.exportKey('raw', pair.publicKey));

/** r and s, 64 bytes, in base64. @param {CryptoKeyPair} pair @param {string} text */
export const sign = async (pair, text) => base64(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, new TextEncoder().encode(text)));
