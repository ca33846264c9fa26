// That the phone's owner is there: a WebAuthn credential of the phone itself, with user verification (fingerprint, face or screen lock).
// It never leaves the phone and no server checks it: what it proves is told in docs/authenticator-app.md.

import { get, put } from '../frame/store.js';
import { base64url } from './text.js';

const TIMEOUT_MS = 60_000;
/** The bit of the authenticator's data that says that the user was verified (WebAuthn, section 6.1). */
const USER_VERIFIED = 0x04;
/** Where the flags are: after the SHA-256 of the relying party's id. */
const FLAGS_AT = 32;

/** Whether this phone can verify its user. WebAuthn knows no addresses, names alone. */
export async function canVerifyUser() {
  if (typeof PublicKeyCredential === 'undefined' || /^[\d.]+$|:/.test(location.hostname)) return false;
  try {
    return await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
  } catch {
    return false;
  }
}

const random = () => crypto.getRandomValues(new Uint8Array(32));

/** @param {string} label */
async function create(label) {
  const credential = /** @type {PublicKeyCredential | null} */ (await navigator.credentials.create({
    publicKey: {
      challenge: random(),
      rp: { name: 'Countersign', id: location.hostname },
      user: { id: random(), name: label, displayName: label },
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }, { type: 'public-key', alg: -257 }],
      authenticatorSelection: { authenticatorAttachment: 'platform', residentKey: 'discouraged', userVerification: 'required' },
      attestation: 'none',
      timeout: TIMEOUT_MS,
    },
  }));
  if (!credential) throw new DOMException('no credential', 'NotAllowedError');
  await put('settings', { id: credential.rawId }, 'presence');
}

/**
 * Whether the user was verified just now. False: the user gave up, or the phone could not.
 * @param {string} label what the phone's own dialogue calls the credential when it is made
 */
export async function verifyUser(label) {
  try {
    if (!(await get('settings', 'presence'))) await create(label);
    const { id } = await get('settings', 'presence');
    const challenge = random();
    const credential = /** @type {PublicKeyCredential | null} */ (await navigator.credentials.get({
      publicKey: { challenge, rpId: location.hostname, allowCredentials: [{ type: 'public-key', id, transports: ['internal'] }], userVerification: 'required', timeout: TIMEOUT_MS },
    }));
    return credential !== null && answers(/** @type {AuthenticatorAssertionResponse} */ (credential.response), challenge);
  } catch (error) {
    console.warn('user verification', error);
    return false;
  }
}

/**
 * Whether the answer is to this question and says that the user was verified.
 * @param {AuthenticatorAssertionResponse} response
 * @param {Uint8Array} challenge
 */
function answers(response, challenge) {
  const flags = new Uint8Array(response.authenticatorData)[FLAGS_AT];
  const said = JSON.parse(new TextDecoder().decode(response.clientDataJSON)).challenge;
  return (flags & USER_VERIFIED) !== 0 && said === base64url(challenge);
}

/**
 * The same with a new credential: for phones that have forgotten the old one. Making one takes the same proof of the user.
 * @param {string} label
 */
export async function verifyAnew(label) {
  await put('settings', null, 'presence');
  return verifyUser(label);
}
