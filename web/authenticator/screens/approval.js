// One approval: who asks, exactly what is signed, and the decision. Approving is possible once all of the text was there to be read.

import { account as accountOf } from '../device/accounts.js';
import { decide, decideAgain, decidedHere, isUnanswered, isUnansweredElsewhere } from '../device/decide.js';
import { find, learn } from '../device/watch.js';
import { call, Refusal, Unreachable } from '../device/api.js';
import { now } from '../device/clock.js';
import { element } from '../frame/dom.js';
import { button, confirm, facts, heading, notice, paragraph, say } from '../frame/parts.js';
import { hear } from '../frame/tabs.js';
import { hiddenIn, shown, spelt } from '../frame/visible.js';
import { t } from '../frame/words.js';
import { evidenceFor } from './evidence.js';
import { outcome } from './outcome.js';
import { secondsLeft, timeLeft } from './time.js';

/** @typedef {import('../device/decide.js').Session} Session */
/** @typedef {import('../device/api.js').Account} Account */
/** @typedef {import('../device/decide.js').Decision} Decision */

/** A tap that was meant for what stood here before approves nothing. */
const SETTLE_MS = 700;
/** The pause between two looks at whether an open question still waits. */
const LOOK_MS = 10_000;
/** Pauses before a decision whose answer was lost is sent again. */
const ASK_AGAIN_MS = [1000, 2000, 4000];
/** Seconds before the end at which it is said aloud. */
const SAID_AT = [60, 30, 10];

/** @type {import('../frame/router.js').Screen} */
export async function show(root, [device, id], signal) {
  const account = await accountOf(device ?? '');
  if (!account) return outcome(root, { title: t('overTitle'), text: t('overUnlinked') });
  const known = find(device, id);
  if (known) return ask(root, account, known, signal);
  const before = await decidedHere(id);
  if (before) return outcome(root, decided(before.decision));
  root.append(heading(t('looking')), paragraph(t('lookingText')));
  look(root, account, id, signal);
}

/** Asks the server for a session that is not known here yet. @param {HTMLElement} root @param {Account} account @param {string} id @param {AbortSignal} signal */
async function look(root, account, id, signal) {
  try {
    const { sessions } = await call(account, 'GET', '/device/v1/sessions', { signal });
    learn(account.device, sessions);
    const session = sessions.find((/** @type {Session} */ one) => one.session === id);
    // It may have been decided in another tab while the server was asked.
    const before = await decidedHere(id);
    if (signal.aborted) return;
    if (before) outcome(root, decided(before.decision));
    else if (session && session.answer_by_ms > now()) ask(root, account, session, signal);
    else tellEnd(root, id, over(undefined), signal);
  } catch (error) {
    if (signal.aborted) return;
    const text = error instanceof Unreachable ? t('offlineText') : t('overText');
    outcome(root, { title: t('cannotLook'), text });
  }
}

/** What is shown after a decision. @param {Decision} decision @returns {import('./outcome.js').Outcome} */
function decided(decision) {
  switch (decision) {
    case 'approve': return { title: t('didApprove'), text: t('didApproveText'), look: 'good' };
    case 'not_me': return { title: t('didNotMe'), text: t('didNotMeText') };
    case 'forgot_pin': return { title: t('didForgot'), text: t('didForgotText') };
    case 'fall_back': return { title: t('didFallBack'), text: t('didFallBackText') };
    default: return { title: t('didDecline'), text: t('didDeclineText') };
  }
}

/** What is shown when it is over without this screen's doing. @param {string | undefined} became */
function over(became) {
  switch (became) {
    case 'approved': return { title: t('didApprove'), text: t('overApproved') };
    case 'declined': return { title: t('didDecline'), text: t('overDeclined') };
    case 'expired': return { title: t('overTitle'), text: t('overExpired') };
    case 'failed': return { title: t('overTitle'), text: t('overFailed') };
    case 'withdrawn': return { title: t('overTitle'), text: t('overWithdrawn') };
    default: return { title: t('overTitle'), text: t('overText') };
  }
}

/**
 * Shows what became of a session, and puts it right where a decision of this phone becomes known later.
 * @param {HTMLElement} root
 * @param {string} id
 * @param {import('./outcome.js').Outcome} what
 * @param {AbortSignal} signal
 */
function tellEnd(root, id, what, signal) {
  let told = what;
  outcome(root, told);
  hear('decided', ({ session, decision }) => {
    if (session !== id || !decision || decided(decision).text === told.text) return;
    told = decided(decision);
    outcome(root, told);
  }, signal);
}

/** @type {Record<string, import('../frame/words.js').Key>} */
const TITLES = { DEVICE_INFO: 'askDevice', SET_PIN: 'askSetPin', USER_FORGOT_PIN: 'askForgetPin' };

/**
 * Shows the question and takes the decision.
 * @param {HTMLElement} root
 * @param {Account} account
 * @param {Session} session
 * @param {AbortSignal} signal
 */
function ask(root, account, session, signal) {
  const ending = new AbortController();
  const { signal: ended } = ending;
  const gone = AbortSignal.any([signal, ended]);
  const evidence = evidenceFor(session);
  const trouble = element('div', { role: 'alert' });
  const left = element('span', { role: 'timer' }, timeLeft(session.answer_by_ms));

  /** @param {import('./outcome.js').Outcome} what */
  const finish = (what) => {
    if (gone.aborted) return;
    ending.abort();
    tellEnd(root, session.session, what, signal);
  };
  let deciding = false;
  /** @param {Decision} decision @param {import('../device/decide.js').Evidence} [given] */
  const send = async (decision, given) => {
    deciding = true;
    trouble.replaceChildren();
    try {
      await decide(account, session, decision, given);
      finish(decided(decision));
    } catch (error) {
      if (!(error instanceof Unreachable)) await failed(error);
      else await askAgain();
    } finally {
      deciding = false;
    }
  };
  /**
   * Finds out what became of a decision whose answer was lost. Where more than yes or no is asked for and nothing has arrived, the user
   * is asked again.
   */
  const askAgain = async () => {
    trouble.replaceChildren(notice('bad', paragraph(t('maybeSent'))));
    for (const after of ASK_AGAIN_MS) {
      await pause(after, gone);
      if (gone.aborted) return;
      try {
        return finish(decided(await decideAgain(account, session)));
      } catch (error) {
        if (error instanceof Refusal && error.kind === 'does-not-fit') return;
        if (!(error instanceof Unreachable)) return failed(error);
      }
    }
  };
  /** @param {unknown} error */
  const failed = async (error) => {
    const before = await decidedHere(session.session);
    if (before) return finish(decided(before.decision));
    if (error instanceof Refusal) {
      if (error.kind === 'session-over') return finish(over(error.outcome));
      if (error.kind === 'session-not-found') return finish(over(undefined));
      if (error.kind === 'wrong' && error.attemptsLeft === 0) return finish(over('failed'));
      if (error.kind === 'wrong') return evidence.wrong(error.attemptsLeft ?? 1);
      evidence.clear();
      return trouble.replaceChildren(notice('bad', paragraph(refused(error))));
    }
    console.error(error);
    trouble.replaceChildren(notice('bad', paragraph(t('troubleText'))));
  };

  const approve = button(t(session.type === 'DEVICE_INFO' ? 'tellThem' : session.type === 'SET_PIN' ? 'setPin' : session.type === 'USER_FORGOT_PIN' ? 'forgetPin' : 'approve'), async () => {
    const given = await evidence.gather();
    if (given && !gone.aborted) await send('approve', given);
  }, { look: 'good', describedby: 'approve-hint' });
  const hint = element('p', { id: 'approve-hint', class: 'hint' }, t('readFirst'));
  const { box, read } = question(session, gone);
  approve.setAttribute('aria-disabled', 'true');
  Promise.all([read, pause(SETTLE_MS, gone)]).then(() => {
    if (gone.aborted) return;
    approve.removeAttribute('aria-disabled');
    hint.textContent = '';
  });

  const timeUp = async () => {
    if (deciding) return;
    if (isUnansweredElsewhere(session.session)) return finish(over(undefined));
    if (!isUnanswered(session.session)) return finish(over('expired'));
    deciding = true;
    const what = await settle(account, session);
    deciding = false;
    finish(what ?? over(undefined));
    if (!what) settleLater(account, session, signal);
  };
  const title = heading(t(TITLES[session.type] ?? 'askTitle'));
  root.replaceChildren(
    title,
    facts([t('askedBy'), shown(session.tenant_name)], [t('yourAccount'), shown(session.user)], [t('timeLeft'), left]),
    box, evidence.whole, trouble, hint,
    element('div', { class: 'row decide' }, button(t('decline'), () => send('decline'), { look: 'bad' }), approve),
    element('div', { class: 'stack' }, ...others(session, send)));
  if (root.isConnected) title.focus();
  watchOver({ session, left, signal: gone, over: timeUp });
  hear('decided', (told) => {
    if (told.session === session.session && told.decision && !deciding) finish(decided(told.decision));
  }, gone);
  const look = async () => {
    const what = deciding ? null : await became(account, session);
    // A decision that was sent meanwhile tells for itself.
    if (what && !deciding) finish(what);
  };
  lookNowAndThen(look, gone);
  hear('picture', () => {
    // Over in a way that this phone does not hear of. The clock tells expiry.
    if (!find(account.device, session.session) && secondsLeft(session.answer_by_ms) > 0) look();
  }, gone);
}

/** Every so often, whether a question still waits: what another node of the server ended, its stream tells within a minute. @param {() => void} look @param {AbortSignal} signal */
function lookNowAndThen(look, signal) {
  const timer = setInterval(() => { if (document.visibilityState === 'visible') look(); }, LOOK_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
}

/**
 * What became of a session, if it is over: null while it waits, or while that cannot be known.
 * @param {Account} account
 * @param {Session} session
 * @returns {Promise<import('./outcome.js').Outcome | null>}
 */
async function became(account, session) {
  const { sessions } = await call(account, 'GET', '/device/v1/sessions').catch(() => ({ sessions: [session] }));
  if (sessions.some((/** @type {Session} */ one) => one.session === session.session)) return null;
  const before = await decidedHere(session.session);
  if (before) return decided(before.decision);
  if (isUnanswered(session.session)) return settle(account, session);
  // That it is gone does not tell why: it may have been withdrawn, or decided in a tab that was closed before the answer came.
  return over(undefined);
}

/**
 * What became of a decision whose answer was lost: null while the server does not say.
 * @param {Account} account
 * @param {Session} session
 * @returns {Promise<import('./outcome.js').Outcome | null>}
 */
async function settle(account, session) {
  try {
    return decided(await decideAgain(account, session));
  } catch (error) {
    const before = await decidedHere(session.session);
    if (before) return decided(before.decision);
    if (!(error instanceof Refusal)) return null;
    if (error.kind === 'session-over') return over(error.outcome);
    return error.kind === 'session-not-found' ? over(undefined) : null;
  }
}

/** Goes on asking for a lost answer; the screen hears of it as other tabs do. @param {Account} account @param {Session} session @param {AbortSignal} signal */
async function settleLater(account, session, signal) {
  while (!signal.aborted && isUnanswered(session.session)) {
    await pause(LOOK_MS, signal);
    if (!signal.aborted && isUnanswered(session.session)) await settle(account, session);
  }
}

/**
 * What is signed, as it is; `read` is kept once the end of it was in sight.
 * @param {Session} session
 * @param {AbortSignal} signal
 */
function question(session, signal) {
  const end = element('div', { class: 'end', 'aria-hidden': 'true' });
  const hidden = hiddenIn(session.header) + hiddenIn(session.text) + hiddenIn(session.device_data ?? '');
  const box = element('section', { class: 'question', tabindex: 0, 'aria-label': t('whatIsAsked') },
    session.header !== '' && shown(session.header, 'p', 'header'), session.text !== '' && shown(session.text, 'div', 'text'),
    session.type === 'DEVICE_INFO' && element('p', {}, t('deviceWanted'), ' ', shown(session.device_data ?? '', 'bdi', 'text')), end);
  /** @type {Promise<void>} */
  const read = new Promise((resolve) => {
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      resolve();
    }, { root: box });
    seen.observe(end);
    signal.addEventListener('abort', () => seen.disconnect());
  });
  const warning = hidden > 0 && notice('bad', paragraph(t('hiddenSigns', { count: hidden })));
  return { box: element('div', {}, warning, box), read };
}

/**
 * The ways out beside yes and no.
 * @param {Session} session
 * @param {(decision: Decision) => Promise<void>} send
 */
function others(session, send) {
  const proves = session.needs_pin && session.type !== 'SET_PIN';
  /** @param {import('../frame/words.js').Key} label @param {import('../frame/words.js').Key} text @param {Decision} decision */
  const sure = (label, text, decision) => button(t(label), async () => {
    if (await confirm({ title: t(label), text: t(text, { tenant: spelt(session.tenant_name) }), yes: t('yesDo') })) await send(decision);
  });
  return [
    session.needs_user_verified && button(t('fallBack'), () => send('fall_back')),
    proves && sure('forgotPin', 'forgotPinText', 'forgot_pin'),
    sure('notMe', 'notMeText', 'not_me'),
  ];
}

/** @param {{ session: Session, left: HTMLElement, signal: AbortSignal, over: () => void }} what */
function watchOver({ session, left, signal, over: end }) {
  const timer = setInterval(() => {
    const seconds = secondsLeft(session.answer_by_ms);
    left.textContent = timeLeft(session.answer_by_ms);
    left.classList.toggle('soon', seconds <= 20);
    if (SAID_AT.includes(seconds)) say(timeLeft(session.answer_by_ms));
    if (seconds === 0) end();
  }, 1000);
  signal.addEventListener('abort', () => clearInterval(timer));
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
const pause = (ms, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    resolve();
  });
});

/** @param {Refusal} error */
function refused(error) {
  switch (error.kind) {
    case 'locked': return t('refusedLocked');
    case 'no-pin': return t('refusedNoPin');
    case 'unknown-device': return t('refusedUnknown');
    case 'tenant-inactive': return t('refusedTenant');
    default: return t('refusedOther', { detail: spelt(error.message) });
  }
}
