// One account's line to the server: the event stream, or long polling where a stream does not come through, or a look now and then.
// It says what is pending at every change, and goes on by itself after every trouble.

import { ask, read, Refusal, Unreachable } from './api.js';
import { synchronise } from './clock.js';

/** @typedef {import('./api.js').Account} Account */
/** @typedef {import('./decide.js').Session} Session */
/** @typedef {'connecting' | 'live' | 'broken' | 'gone'} State */
/** @typedef {{ sessions: (sessions: Session[]) => void, state: (state: State) => void }} Ears */

/** A stream says something every 20 s; one that is silent for longer is dead. */
const SILENCE_MS = 45_000;
/** A stream begins with what is pending; a proxy that keeps that back lets no stream through. */
const BEGIN_MS = 8_000;
const WAIT_S = 25;
const LOOK_MS = 10_000;
const PAUSE_MIN_MS = 1_000;
/** A stream that ended sooner is not opened again at once: a server or proxy that ends each would be asked without end. */
const STREAM_MIN_MS = 5_000;
const PAUSE_MAX_MS = 60_000;

export class Line {
  /**
   * @param {Account} account
   * @param {'stream' | 'look'} manner
   * @param {Ears} ears
   */
  constructor(account, manner, ears) {
    this.account = account;
    this.manner = manner;
    this.ears = ears;
    this.heard = 0;
    this.failures = 0;
    this.streams = manner === 'stream';
    this.end = new AbortController();
    this.turn = new AbortController();
    this.run();
  }

  /** Ends the line. */
  close() {
    this.end.abort();
    this.turn.abort();
  }

  /** Somebody looks at the app: a pause ends, and what may have died unseen is opened anew. */
  nudge() {
    this.failures = 0;
    if (Date.now() - this.heard > SILENCE_MS / 2 || this.pausing) this.turn.abort();
  }

  async run() {
    while (!this.end.signal.aborted) {
      this.turn = new AbortController();
      const began = Date.now();
      try {
        await this.once();
        this.failures = 0;
        if (this.manner === 'look') await this.pause(LOOK_MS);
        else if (this.streams && Date.now() - began < STREAM_MIN_MS) await this.pause(PAUSE_MIN_MS);
      } catch (error) {
        if (this.end.signal.aborted) return;
        if (error instanceof Refusal && error.kind === 'unknown-device') return this.ears.state('gone');
        if (error instanceof Refusal && error.kind === 'wrong-time') await synchronise().catch(() => {});
        if (this.turn.signal.aborted) continue;
        this.failures += 1;
        this.ears.state('broken');
        const most = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** Math.min(this.failures - 1, 6));
        await this.pause(most * (0.5 + Math.random() / 2));
      }
    }
  }

  async once() {
    if (this.manner === 'look') return this.look('/device/v1/sessions', LOOK_MS);
    if (this.streams) return this.stream();
    const path = this.state === undefined ? '/device/v1/sessions' : `/device/v1/sessions?wait_s=${WAIT_S}&state=${encodeURIComponent(this.state)}`;
    return this.look(path, (WAIT_S + 15) * 1000);
  }

  /** @param {string} path @param {number} within */
  async look(path, within) {
    const signal = AbortSignal.any([this.turn.signal, AbortSignal.timeout(within)]);
    this.take(await read(await ask(this.account, 'GET', path, { signal })));
  }

  /** The event stream, until it ends. */
  async stream() {
    const quiet = new AbortController();
    let timer = setTimeout(() => quiet.abort(), BEGIN_MS);
    const signal = AbortSignal.any([this.turn.signal, quiet.signal]);
    let begun = false;
    try {
      const answer = await ask(this.account, 'GET', '/device/v1/events', { signal, accept: 'text/event-stream' });
      if (!answer.ok || !answer.body) return await read(answer).then(() => { throw new Unreachable('no stream'); });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        clearTimeout(timer);
        timer = setTimeout(() => quiet.abort(), SILENCE_MS);
        this.heard = Date.now();
        const events = (rest + value).split('\n\n');
        rest = events.pop() ?? '';
        for (const event of events) begun = this.event(event) || begun;
      }
    } catch (error) {
      // Nothing came in time: from now on by long polling.
      if (quiet.signal.aborted && !begun) this.streams = false;
      throw quiet.signal.aborted ? new Unreachable('the stream is silent') : error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {string} text the lines of an event @returns {boolean} whether it told what is pending */
  event(text) {
    const lines = text.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line));
    /** @param {string} name */
    const value = (name) => lines.filter((line) => line?.[1] === name).map((line) => line?.[2]).join('\n');
    if (value('event') === 'unlinked') throw new Refusal(401, { type: 'unknown-device' });
    if (value('event') !== 'sessions') return false;
    this.take(JSON.parse(value('data')));
    return true;
  }

  /** @param {{ state: string, sessions: Session[] }} told */
  take(told) {
    this.heard = Date.now();
    this.failures = 0;
    this.state = told.state;
    this.ears.state('live');
    this.ears.sessions(told.sessions);
  }

  /** @param {number} ms */
  async pause(ms) {
    this.pausing = true;
    const { signal } = this.turn;
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve(undefined);
      }, { once: true });
    });
    this.pausing = false;
  }
}
