// Deciding what was asked: signed over exactly what was displayed, told to every tab, and kept in the history.

import { all, change, valueOf } from '../frame/store.js';
import { hear, tell, tellOthers } from '../frame/tabs.js';
import { call, Refusal } from './api.js';
import { now } from './clock.js';
import { sign } from './key.js';
import { signedText } from './text.js';

/** @typedef {import('./api.js').Account} Account */
/** @typedef {'approve' | 'decline' | 'not_me' | 'forgot_pin' | 'fall_back'} Decision */
/**
 * A session, as the server shows it.
 * @typedef {{ session: string, tenant_id: number, tenant_name: string, user: string, type: string, header: string, text: string,
 *   device_data: string | null, answer_by_ms: number, needs_pin: boolean, pin_min: number | null, pin_max: number | null,
 *   needs_number: boolean, needs_user_verified: boolean }} Session
 */
/**
 * What goes with an approval.
 * @typedef {{ pin?: string, number?: string, userVerified?: boolean, capabilities?: { biometrics: boolean, push: boolean } }} Evidence
 */
/** @typedef {{ id?: number, at: number, device: string, session: string, tenantName: string, user: string, type: string, header: string, text: string, decision: Decision }} Entry */

/** Decisions that are kept, the oldest go first. */
const HISTORY_MAX = 200;

/**
 * What was sent and not answered: if the server says later that this is the outcome, it was this phone's.
 * @type {Map<string, { decision: Decision, capabilities: Evidence['capabilities'] }>}
 */
const unanswered = new Map();
/** The same of other tabs, which ask for the answers themselves. @type {Set<string>} */
const elsewhere = new Set();
hear('sent', ({ session }) => elsewhere.add(session));
hear('refused', ({ session }) => elsewhere.delete(session));

/** Whether nobody knows what became of a decision of this tab. @param {string} session */
export const isUnanswered = (session) => unanswered.has(session);

/** Whether nobody knows what became of a decision of another tab. @param {string} session */
export const isUnansweredElsewhere = (session) => elsewhere.has(session);

/**
 * Sends a decision again whose answer was lost, without what was typed, so that no try is used up: the server does it now, or says in
 * its refusal what became of it.
 * @param {Account} account
 * @param {Session} session
 * @returns {Promise<Decision>}
 */
export async function decideAgain(account, session) {
  const sent = unanswered.get(session.session);
  if (!sent) throw new Error('nothing was sent');
  await decide(account, session, sent.decision, { capabilities: sent.capabilities });
  return sent.decision;
}

/**
 * The signed text of a decision.
 * @param {Session} session
 * @param {Decision} decision
 * @param {Evidence} evidence
 * @param {number} time
 */
const decisionText = (session, decision, evidence, time) => signedText('countersign decision 1', [
  ['tenant_id', String(session.tenant_id)], ['tenant_name', session.tenant_name], ['user', session.user], ['session', session.session],
  ['type', session.type], ['header', session.header], ['text', session.text], ['device_data', session.device_data ?? ''],
  ['decision', decision], ['number', evidence.number ?? ''], ['pin', evidence.pin === undefined ? '' : 'given'],
  ['user_verified', evidence.userVerified ? 'yes' : ''], ['time', String(time)]]);

/**
 * Sends a decision. Resolves when it is on the server's disk; a `Refusal` or `Unreachable` otherwise.
 * @param {Account} account
 * @param {Session} session
 * @param {Decision} decision
 * @param {Evidence} [evidence]
 */
export async function decide(account, session, decision, evidence = {}) {
  const make = async () => {
    const time_ms = Math.round(now());
    const signature = await sign(account.key, decisionText(session, decision, evidence, time_ms));
    return { decision, pin: evidence.pin ?? null, number: evidence.number ?? null, user_verified: evidence.userVerified ?? false,
      capabilities: evidence.capabilities ?? null, time_ms, signature };
  };
  unanswered.set(session.session, { decision, capabilities: evidence.capabilities });
  tellOthers('sent', { session: session.session });
  try {
    await call(account, 'POST', `/device/v1/sessions/${session.session}/decision`, { make });
  } catch (error) {
    if (error instanceof Refusal) await learn(account, session, error);
    throw error;
  }
  unanswered.delete(session.session);
  await remember(account, session, decision);
}

/**
 * A refusal may tell that what was sent before, and not answered, was done.
 * @param {Account} account
 * @param {Session} session
 * @param {Refusal} refusal
 */
async function learn(account, session, { kind, outcome }) {
  const sent = unanswered.get(session.session);
  // Without what was typed it does not fit: it may be that the one with it is still under way.
  if (kind === 'does-not-fit') return;
  unanswered.delete(session.session);
  if (kind !== 'session-over' || !sent) return tellOthers('refused', { session: session.session });
  const known = await decidedHere(session.session);
  const same = sent.decision === 'approve' ? outcome === 'approved' : outcome === 'declined';
  if (!known && same) await remember(account, session, sent.decision);
  else tell('decided', { session: session.session, decision: known?.decision ?? null });
}

/**
 * @param {Account} account
 * @param {Session} session
 * @param {Decision} decision
 */
async function remember({ device }, { session, tenant_name, user, type, header, text }, decision) {
  await change('history', async (store) => {
    const history = store('history');
    // Two tabs may learn of one decision at once.
    const known = /** @type {Entry[]} */ (await valueOf(history.getAll()));
    if (known.some((entry) => entry.session === session)) return;
    history.add({ at: now(), device, session, tenantName: tenant_name, user, type, header, text, decision });
    for (const { id } of known.slice(0, -(HISTORY_MAX - 1))) if (id !== undefined) history.delete(id);
  });
  tell('decided', { session, decision });
}

/** What was decided on this phone, newest first. @returns {Promise<Entry[]>} */
export const history = async () => (await all('history')).reverse();

/** What this phone said in a session, if it did. @param {string} session @returns {Promise<Entry | undefined>} */
export const decidedHere = async (session) => (await history()).find((entry) => entry.session === session);

/** Forgets what was decided. */
export const clearHistory = () => change('history', (store) => valueOf(store('history').clear()));
