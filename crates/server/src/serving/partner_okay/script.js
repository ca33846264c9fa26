// The page's part: it asks this partner's server, watches a session until it ended, and lists what went over the wire.

import { command, entryItem, outcome, statusOf, visible } from './parts.js';

const CHECK_EVERY_MS = 2000;
const ENTRIES_MAX = 100;
const NEEDS_PIN = ['AUTH_PIN', 'AUTH_PIN_TAN', 'FALLBACK', 'SET_PIN'];

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 */
const at = (id) => /** @type {T} */ (document.getElementById(id));
/** @param {string} id */
const field = (id) => /** @type {HTMLInputElement} */ (at(id));

let account = { server: '', tenantId: 0, program: 'countersign' };
let user = new URLSearchParams(location.search).get('user') || field('user').value;
/** @type {EventSource | undefined} */
let events;
/** The session that is watched: a later one takes its place. */
let watched = 0;

/** @param {string} text */
function trouble(text) {
  at('trouble').textContent = text;
  at('trouble').hidden = !text;
}

/**
 * Asks this partner's server.
 * @param {string} path
 * @param {object} body
 * @returns {Promise<{ well: boolean, answer: any } | undefined>}
 */
async function ask(path, body) {
  try {
    const answer = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    trouble('');
    return await answer.json();
  } catch (error) {
    trouble(`This website’s server did not do that: ${error instanceof Error ? error.message : error}. Does the demo still run?`);
    return undefined;
  }
}

/** The folder of the user's software phone: letters and digits of the id, so that it can be pasted whatever the id is. */
const home = () => `phone-${user.replace(/[^A-Za-z0-9]/g, '').slice(0, 20) || 'user'}`;

/** @param {...string} words */
const device = (...words) => [account.program, 'device', ...words, '--home', home()];

/** The authenticator app of the Okay server; by name where that is this machine, since browsers verify their users for names alone. @param {string} server */
const appOf = (server) => `${server.replace('//127.0.0.1:', '//localhost:')}/app/`;

/** @param {any} answer */
const refusal = (answer) => (answer?.status ? `The server answered ${statusOf(answer)}.` : visible(String(answer)));

async function link() {
  at('link-state').textContent = '';
  const asked = user;
  const result = await ask('link', { user });
  if (!result || asked !== user) return;
  const { well, answer } = result;
  at('linking').hidden = !well;
  if (!well) {
    at('link-state').textContent = refusal(answer);
    at('link-state').className = 'bad';
    return;
  }
  const code = String(answer.linkingCode);
  at('link-user').textContent = visible(user);
  at('code').textContent = code;
  /** @type {HTMLImageElement} */ (at('qr')).src = `data:image/png;base64,${answer.linkingQrImg}`;
  /** @type {HTMLAnchorElement} */ (at('app')).href = `${appOf(account.server)}#/link/${code}`;
  at('link-command').replaceChildren(command('Link a software phone', [...device('link'), '--server', account.server, '--code', code]));
  at('link-state').textContent = `The linking code is ${[...code].join(' ')}.`;
  at('link-state').className = 'unseen';
}

async function start() {
  const asked = user;
  const type = field('type').value;
  const result = await ask('start', { user, type, header: field('header').value, text: field('text').value });
  if (!result || asked !== user) return;
  const { well, answer } = result;
  at('asking').hidden = false;
  if (!well) {
    // What is pending is still watched: only this request was refused.
    show(refusal(answer), 'bad');
    at('detail').textContent = hint(answer?.status?.message);
    return;
  }
  const session = String(answer.sessionExternalId);
  const number = answer.matchNumber === undefined ? undefined : String(answer.matchNumber);
  at('match').hidden = number === undefined;
  at('number').textContent = number ?? '';
  showCommands(type, number);
  show('Waiting for the phone …');
  at('detail').textContent = `Session ${session}.`;
  watch(session);
}

/** @param {string} message */
function hint(message) {
  switch (message) {
    case 'UserNotLinked': return 'Link a phone first (2), or set a PIN first where one is asked for.';
    case 'BadTenantSession': return 'The phone is being asked something already; it decides that first, or that expires.';
    case 'TenantReachedLimits': return 'This user was asked too often, or said “this was not me”; wait a while.';
    default: return '';
  }
}

/**
 * @param {string} type
 * @param {string | undefined} number
 */
function showCommands(type, number) {
  const pin = NEEDS_PIN.includes(type) ? ['--pin', '1234'] : [];
  const matched = number === undefined ? [] : ['--number', number];
  const approve = command(type === 'SET_PIN' ? 'Approve, with 1234 as the new PIN' : 'Approve', [...device('approve'), ...pin, ...matched]);
  at('decide-commands').replaceChildren(approve, command('Decline', device('decline')));
  at('decide').hidden = false;
}

/**
 * @param {string} text
 * @param {'' | 'good' | 'bad'} look
 */
function show(text, look = '') {
  at('state').textContent = text;
  at('state').className = `state ${look}`.trim();
}

/**
 * Asks until the session ended, as a partner may; the callback comes by itself.
 * @param {string} session
 */
async function watch(session) {
  const mine = ++watched;
  const since = Date.now();
  while (mine === watched) {
    await new Promise((done) => { setTimeout(done, CHECK_EVERY_MS); });
    if (mine !== watched) return;
    if (document.hidden) continue;
    const result = await ask('check', { user, session });
    if (mine !== watched || !result) continue;
    const code = result.answer?.status?.code;
    if (code === -1) {
      at('detail').textContent = `Session ${session}, pending for ${Math.round((Date.now() - since) / 1000)} s.`;
      continue;
    }
    if (code === 0) {
      const { text, good } = outcome(result.answer.authResult);
      show(text, good ? 'good' : 'bad');
    } else {
      show(code === 101 ? 'It ended without an answer' : refusal(result.answer), 'bad');
    }
    at('detail').textContent = `Session ${session}: /gateway/check answers ${statusOf(result.answer)}.`;
    at('decide').hidden = true;
    at('match').hidden = true;
    return;
  }
}

/** Begins to list what concerns the user, from the beginning. */
function listen() {
  events?.close();
  at('entries').replaceChildren();
  at('heard').textContent = '';
  at('quiet').hidden = false;
  at('log-user').textContent = visible(user);
  const source = new EventSource(`events?user=${encodeURIComponent(user)}`);
  events = source;
  const opened = Date.now();
  source.addEventListener('open', () => trouble(''));
  source.addEventListener('error', () => trouble('This website’s server cannot be reached; the page tries again by itself.'));
  source.addEventListener('message', (event) => {
    const entry = JSON.parse(event.data);
    const { item, spoken } = entryItem(entry);
    at('quiet').hidden = true;
    at('entries').prepend(item);
    while (at('entries').childElementCount > ENTRIES_MAX) at('entries').lastElementChild?.remove();
    if (spoken && entry.at >= opened) at('heard').textContent = spoken;
  });
}

/** @param {string} chosen */
function use(chosen) {
  user = chosen;
  watched += 1;
  field('user').value = chosen;
  at('linking').hidden = true;
  at('asking').hidden = true;
  at('link-state').textContent = '';
  listen();
}

/**
 * Does the form's act, once at a time.
 * @param {string} id
 * @param {() => void | Promise<void>} act
 */
function onSubmit(id, act) {
  const form = at(id);
  const button = form.querySelector('button');
  let busy = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    button?.setAttribute('aria-disabled', 'true');
    try {
      await act();
    } finally {
      busy = false;
      button?.removeAttribute('aria-disabled');
    }
  });
}

onSubmit('link-form', link);
onSubmit('ask-form', start);
onSubmit('user-form', () => {
  const chosen = field('user').value;
  history.replaceState(null, '', `?user=${encodeURIComponent(chosen)}`);
  use(chosen);
});
field('type').addEventListener('change', () => { at('shown').hidden = field('type').value === 'DEVICE_INFO'; });
at('shown').hidden = field('type').value === 'DEVICE_INFO';

try {
  account = await (await fetch('account')).json();
  at('server').textContent = account.server;
  at('tenant').textContent = String(account.tenantId);
} catch {
  trouble('This website’s server cannot be reached. Does the demo still run?');
}
use(user);
