// The linked accounts: linking a new one, unlinking, and what becomes of one that the server does not know any more.

import { all, change, get, put, remove, valueOf } from '../frame/store.js';
import { tell } from '../frame/tabs.js';
import { call, read, Refusal, Unreachable } from './api.js';
import { capabilities } from './capabilities.js';
import { now, synchronise } from './clock.js';
import { generate, publicKey, sign } from './key.js';
import { solve } from './puzzle.js';
import { signedText } from './text.js';

/** @typedef {import('./api.js').Account} Account */

const LINK_MS = 20_000;

/** @returns {Promise<Account[]>} */
export const accounts = () => all('devices');

/** @param {string} device @returns {Promise<Account | undefined>} */
export const account = (device) => get('devices', device);

/** The digits of a linking code, from what was typed, scanned or opened; nothing: it is none. @param {string} text */
export function codeOf(text) {
  const trimmed = text.trim();
  const digits = trimmed.replace(/[\s-]/g, '');
  if (/^\d{6,12}$/.test(digits)) return digits;
  let url;
  try {
    url = new URL(trimmed);
  } catch {
    return null;
  }
  // A code of another server means nothing to this one.
  const linked = /^#\/link\/(\d{6,12})$/.exec(url.hash);
  return linked && url.origin === location.origin ? linked[1] : null;
}

/**
 * Links this phone. The key is made first and kept only once the server has taken it.
 * @param {string} code
 * @param {string} name what people call this phone
 * @param {(tried: number) => void} working called while a puzzle is solved
 * @returns {Promise<Account>}
 */
export async function link(code, name, working) {
  await synchronise().catch(() => { throw new Unreachable('the server cannot be reached'); });
  const key = await generate();
  const public_key = await publicKey(key);
  const platform = platformName();
  const able = await capabilities();
  /** @param {object} more */
  const send = async (more) => {
    const time_ms = Math.round(now());
    const signature = await sign(key, signedText('countersign link 1',
      [['code', code], ['public_key', public_key], ['name', name], ['platform', platform], ['time', String(time_ms)]]));
    const body = JSON.stringify({ code, public_key, name, platform, capabilities: able, push: null, time_ms, signature, ...more });
    return read(await post('/device/v1/link', body));
  };
  const told = await send({}).catch(async (error) => {
    if (!(error instanceof Refusal) || !error.puzzle) throw error;
    const { seed } = error.puzzle;
    return send({ work: { seed, nonce: await solve(error.puzzle, code, working) } });
  });
  const linked = /** @type {Account} */ ({ device: told.device, tenantId: told.tenant_id, tenantName: told.tenant_name, user: told.user, name, key, linkedAt: now(), state: 'linked' });
  await keep(linked);
  tell('devices-changed');
  return linked;
}

/** @param {string} path @param {string} body */
async function post(path, body) {
  try {
    return await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, cache: 'no-store', credentials: 'omit', redirect: 'error', signal: AbortSignal.timeout(LINK_MS) });
  } catch (error) {
    throw new Unreachable(String(error));
  }
}

/** Keeps an account; the one that it replaces on the server goes with the same transaction. @param {Account} linked */
const keep = (linked) => change('devices', async (store) => {
  const known = /** @type {Account[]} */ (await valueOf(store('devices').getAll()));
  for (const { device, tenantId, user } of known) {
    if (tenantId === linked.tenantId && user === linked.user) store('devices').delete(device);
  }
  await valueOf(store('devices').put(linked));
});

/** Marks an account, if it is still there. @param {string} device @param {Account['state']} state */
export async function mark(device, state) {
  const changed = await change('devices', async (store) => {
    const known = await valueOf(store('devices').get(device));
    if (!known || known.state === state) return false;
    await valueOf(store('devices').put({ ...known, state }));
    return true;
  });
  if (changed) tell('devices-changed');
}

/** Forgets an account on this phone alone. @param {string} device */
export async function forget(device) {
  await remove('devices', device);
  tell('devices-changed');
}

/**
 * Unlinks: on the server, then here. Until the server has done it, it is marked, and tried again when there is a connection or
 * somebody looks at the app. Throws what the server refused.
 * @param {Account} linked
 * @returns {Promise<'done' | 'later'>}
 */
export async function unlink(linked) {
  await mark(linked.device, 'leaving');
  try {
    await call(linked, 'DELETE', '/device/v1/device');
  } catch (error) {
    if (error instanceof Unreachable) return 'later';
    if (!(error instanceof Refusal) || error.kind !== 'unknown-device') throw error;
  }
  await forget(linked.device);
  return 'done';
}

/** The name that the phone is given where the user gives none. */
export function platformName() {
  const agent = navigator.userAgent;
  const system = [['Android', /Android/], ['iOS', /iPhone|iPad|iPod/], ['ChromeOS', /CrOS/], ['Windows', /Windows/], ['macOS', /Mac OS X/], ['Linux', /Linux/]].find(([, sign]) => /** @type {RegExp} */ (sign).test(agent));
  const browser = [['Edge', /Edg/], ['Firefox', /Firefox|FxiOS/], ['Samsung Internet', /SamsungBrowser/], ['Chrome', /Chrome|CriOS/], ['Safari', /Safari/]].find(([, sign]) => /** @type {RegExp} */ (sign).test(agent));
  return [system?.[0], browser?.[0]].filter(Boolean).join(', ');
}

/** The name of this phone, as it was typed last. @returns {Promise<string>} */
export const phoneName = async () => (await get('settings', 'phoneName')) ?? '';

/** @param {string} name */
export const keepPhoneName = (name) => put('settings', name, 'phoneName');
