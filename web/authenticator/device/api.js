// Signed requests to the server. A refusal comes as a `Refusal`, no answer as `Unreachable`.

import { now, synchronise } from './clock.js';
import { sign } from './key.js';
import { base64url, sha256hex, signedText } from './text.js';

/**
 * A linked account, as it is kept.
 * @typedef {{ device: string, tenantId: number, tenantName: string, user: string, name: string, key: CryptoKeyPair, linkedAt: number,
 *   state: 'linked' | 'gone' | 'leaving' }} Account
 */

const KIND = 'urn:problem-type:device:';
const TRY_MS = 20_000;

/** The server said no; `kind` is from the table of docs/device-api.md. */
export class Refusal extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(String(body?.detail ?? `the server answered ${status}`));
    this.status = status;
    this.kind = String(body?.type ?? '').replace(KIND, '');
    /** @type {number | undefined} */
    this.attemptsLeft = body?.attempts_left;
    /** @type {string | undefined} */
    this.outcome = body?.outcome;
    /** @type {{ seed: string, bits: number } | undefined} */
    this.puzzle = body?.seed === undefined ? undefined : { seed: String(body.seed), bits: Number(body.bits) };
  }
}

/** There was no answer, or none that can be read: what was asked may have been done all the same. */
export class Unreachable extends Error {}

/**
 * What `Authorization` says for a request: signed anew each time, with a nonce of its own.
 * @param {Account} account
 * @param {string} method
 * @param {string} path
 * @param {string} body
 */
async function authorization({ device, key }, method, path, body) {
  const time = String(Math.round(now()));
  const nonce = base64url(crypto.getRandomValues(new Uint8Array(18)));
  const signature = await sign(key, signedText('countersign request 1', [
    ['device', device], ['method', method], ['path', path], ['time', time], ['nonce', nonce], ['body_sha256', await sha256hex(body)]]));
  return `Countersign device="${device}", time="${time}", nonce="${nonce}", signature="${signature}"`;
}

/**
 * The answer to a signed request as it comes, whatever its status.
 * @param {Account} account
 * @param {string} method
 * @param {string} path
 * @param {{ body?: unknown, signal?: AbortSignal, accept?: string }} [options]
 */
export async function ask(account, method, path, { body, signal, accept = 'application/json' } = {}) {
  const text = body === undefined ? '' : JSON.stringify(body);
  /** @type {Record<string, string>} */
  const headers = { Authorization: await authorization(account, method, path, text), Accept: accept };
  if (text !== '') headers['Content-Type'] = 'application/json';
  try {
    return await fetch(path, { method, headers, body: text === '' ? undefined : text, signal, cache: 'no-store', credentials: 'omit', redirect: 'error' });
  } catch (error) {
    signal?.throwIfAborted();
    throw new Unreachable(String(error));
  }
}

/**
 * Reads an answer: its body, or the refusal that it is.
 * @param {Response} answer
 */
export async function read(answer) {
  let text;
  try {
    text = await answer.text();
  } catch (error) {
    throw new Unreachable(String(error));
  }
  const json = /\bjson\b/.test(answer.headers.get('content-type') ?? '');
  const body = json ? parsed(text) : null;
  if (answer.ok && (json ? body !== undefined : answer.status === 204)) return body;
  // A proxy's page is not the server's word.
  if (!body?.type?.startsWith?.(KIND) || answer.status >= 500) throw new Unreachable(`${answer.status} ${text.slice(0, 100)}`);
  const refusal = new Refusal(answer.status, body);
  // The browser itself sends a request again whose connection broke off: the first one arrived, and its answer is lost.
  if (refusal.kind === 'replayed') throw new Unreachable('the answer was lost');
  throw refusal;
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Asks, and gives the body. A clock that is off is set right once. The body is made for each try, since what is signed in it bears a time.
 * @param {Account} account
 * @param {string} method
 * @param {string} path
 * @param {{ make?: () => unknown, signal?: AbortSignal, within?: number }} [options]
 */
export async function call(account, method, path, { make, signal, within = TRY_MS } = {}) {
  const limited = () => (signal ? AbortSignal.any([signal, AbortSignal.timeout(within)]) : AbortSignal.timeout(within));
  const attempt = async () => {
    try {
      return await read(await ask(account, method, path, { body: await make?.(), signal: limited() }));
    } catch (error) {
      if (error instanceof DOMException && error.name === 'TimeoutError') throw new Unreachable('no answer in time');
      throw error;
    }
  };
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind !== 'wrong-time') throw error;
    await synchronise().catch(() => { throw new Unreachable('the server does not say its time'); });
    return attempt();
  }
}
