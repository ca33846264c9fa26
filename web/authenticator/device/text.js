// The exact bytes that a device signs: docs/device-api.md has them. Nothing here changes a value.

const encoder = new TextEncoder();

/**
 * A title, then the fields in this order, each with the length of its value in bytes of UTF-8.
 * @param {string} title
 * @param {[string, string][]} fields
 */
export function signedText(title, fields) {
  const lines = fields.map(([name, value]) => `${name}:${encoder.encode(value).length}:${value}\n`);
  return `${title}\n${lines.join('')}`;
}

/** @param {ArrayBuffer | Uint8Array} bytes */
export const base64 = (bytes) => btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(''));

/** @param {ArrayBuffer | Uint8Array} bytes */
export const base64url = (bytes) => base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/** @param {string} text in base64url, with padding or without */
export const fromBase64url = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0));

/** SHA-256 in lower-case hexadecimals. @param {string} text */
export async function sha256hex(text) {
  const digest = await crypto.subtle.digest('SHA-256', encoder.encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
