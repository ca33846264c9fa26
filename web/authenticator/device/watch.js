// What is pending over all accounts. Of all tabs one leads: it holds the lines to the server and tells the others. A tab that is looked
// at takes over from one that is not, since phones put hidden tabs to sleep.

import { hear, tell, tellOthers } from '../frame/tabs.js';
import { accounts, mark, unlink } from './accounts.js';
import { now, synchronise } from './clock.js';
import { Line } from './line.js';

/** @typedef {import('./decide.js').Session} Session */
/** @typedef {{ device: string, session: Session }} Pending */
/** @typedef {{ pending: Pending[], states: Record<string, import('./line.js').State> }} Picture */

const LOCK = 'countersign-stream';
const ANSWER_MS = 700;
/** Streams held open at once: over HTTP/1.1 a browser opens six connections to a server, and decisions need some. */
const STREAMS_MAX = 3;

/** @type {Picture} */
let picture = { pending: [], states: {} };
/** @type {Map<string, Line>} */
const lines = new Map();
/** Sessions that were decided, which a list that was under way may still have. @type {Set<string>} */
const decided = new Set();
let leading = false;

/** What waits for a decision now, the oldest first. */
export const pending = () => picture.pending.filter(({ session }) => session.answer_by_ms > now() && !decided.has(session.session));

/** How an account's line is. @param {string} device */
export const lineState = (device) => picture.states[device] ?? 'connecting';

/** Whether the server cannot be reached over any line. */
export const isCutOff = () => {
  const states = Object.values(picture.states).filter((state) => state !== 'gone');
  return navigator.onLine === false || (states.length > 0 && states.every((state) => state === 'broken'));
};

/** Begins to watch, in whichever tab leads. */
export function watch() {
  hear('picture', (told) => { picture = told; });
  hear('decided', ({ session }) => decided.add(session));
  hear('devices-changed', () => { if (leading) arrange(); });
  hear('look', () => {
    for (const line of lines.values()) line.nudge();
    if (leading) leave();
  });
  hear('who-leads', () => {
    if (!leading) return;
    tellOthers('leads', { visible: document.visibilityState === 'visible' });
    tellOthers('picture', picture);
  });
  addEventListener('online', () => tell('look'));
  addEventListener('offline', () => tell('picture', picture));
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') look(); });
  lead({});
  look();
}

/** Somebody looks at this tab. */
async function look() {
  synchronise().catch(() => {});
  if (leading) return tell('look');
  const answers = new AbortController();
  let awake = false;
  hear('leads', ({ visible }) => { awake ||= visible; }, answers.signal);
  tellOthers('who-leads');
  await new Promise((resolve) => { setTimeout(resolve, ANSWER_MS); });
  answers.abort();
  if (!awake && !leading && document.visibilityState === 'visible') lead({ steal: true });
  else tell('look');
}

/** The place in the queue, which is given up when this tab takes the lead instead. */
let queued = new AbortController();

/** Waits for its turn to lead, or takes it. @param {{ steal?: boolean }} options */
async function lead({ steal = false }) {
  queued.abort();
  queued = new AbortController();
  const mine = queued;
  try {
    await navigator.locks.request(LOCK, steal ? { steal } : { signal: mine.signal }, async () => {
      leading = true;
      await synchronise().catch(() => {});
      await arrange();
      await new Promise(() => {});
    });
  } catch {
    if (mine !== queued) return;
    // Another tab took over; this one waits until that goes.
    leading = false;
    for (const line of lines.values()) line.close();
    lines.clear();
    lead({});
  }
}

/** Unlinks on the server what was unlinked here alone. */
async function leave() {
  const known = await accounts();
  for (const left of known.filter(({ state }) => state === 'leaving')) unlink(left).catch((error) => console.warn('unlinking', error));
}

/** Opens and closes lines, so that each linked account has one. */
async function arrange() {
  leave();
  const known = await accounts();
  const linked = known.filter(({ state }) => state === 'linked');
  const names = new Set(linked.map(({ device }) => device));
  for (const [device, line] of lines) {
    if (names.has(device)) continue;
    line.close();
    lines.delete(device);
  }
  const states = Object.fromEntries(linked.map(({ device }) => [device, lineState(device)]));
  publish({ pending: picture.pending.filter(({ device }) => names.has(device)), states });
  for (const account of linked) {
    if (lines.has(account.device) || !leading) continue;
    const streams = [...lines.values()].filter((line) => line.manner === 'stream').length;
    lines.set(account.device, new Line(account, streams < STREAMS_MAX ? 'stream' : 'look', ears(account.device)));
  }
}

/** @param {string} device @returns {import('./line.js').Ears} */
const ears = (device) => ({
  sessions: (sessions) => learn(device, sessions),
  state: async (state) => {
    if (state !== picture.states[device]) publish({ ...picture, states: { ...picture.states, [device]: state } });
    if (state === 'gone') await mark(device, 'gone');
  },
});

/** @param {Picture} next */
function publish(next) {
  const sorted = [...next.pending].sort((a, b) => a.session.answer_by_ms - b.session.answer_by_ms);
  picture = { ...next, pending: sorted };
  tell('picture', picture);
}

/** One session of an account: of what is known, or asked for. @param {string} device @param {string} session */
export const find = (device, session) => pending().find((one) => one.device === device && one.session.session === session)?.session;

/** Adds to what is known what was asked for apart. @param {string} device @param {Session[]} sessions */
export function learn(device, sessions) {
  const others = picture.pending.filter((one) => one.device !== device);
  publish({ ...picture, pending: [...others, ...sessions.map((session) => ({ device, session }))] });
}
