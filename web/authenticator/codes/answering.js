// What answering and signing have in common: the PIN and the session information of suites that have them, a counter that is spent
// first, the form. A PIN is asked each time, hashed, and kept nowhere.

import { element } from '../frame/dom.js';
import { field } from '../frame/parts.js';
import { t } from '../frame/words.js';
import { Fault } from './fault.js';
import { hashPin, response, timeStepAt } from './ocra/response.js';
import { spendCounter } from './vault.js';

/** @typedef {import('./ocra/suite.js').Suite} Suite */
/** @typedef {{ pinHash?: import('./mac.js').Bytes, session?: import('./mac.js').Bytes }} Extras */

/**
 * Bytes in hexadecimal.
 * @param {string} text
 * @param {number} max bytes
 */
function sessionOf(text, max) {
  const plain = text.replace(/[\s:-]/g, '');
  if (!/^([0-9a-f]{2})+$/i.test(plain) || plain.length > 2 * max) throw new Fault('faultSession', { max });
  return Uint8Array.from({ length: plain.length / 2 }, (_, i) => parseInt(plain.slice(2 * i, 2 * i + 2), 16));
}

/**
 * The fields of what a suite takes beside the question.
 * @param {Suite} suite
 */
export function extraFields(suite) {
  const pin = suite.pin === null ? null : field(t('respondPin'), { type: 'password' }, t('respondPinHint'));
  const bytes = suite.sessionBytes ?? 0;
  const session = suite.sessionBytes === null ? null : field(t('respondSession'), {}, t('respondSessionHint', { count: bytes }));
  return {
    fields: [pin, session].filter((one) => one !== null),
    /** What was entered; null where something is wrong with it, which its field then says. @returns {Promise<Extras | null>} */
    async read() {
      pin?.complain('');
      session?.complain('');
      if (pin?.input.value === '') {
        pin.complain(t('faultPinEmpty'));
        return null;
      }
      try {
        return {
          pinHash: pin ? await hashPin(suite, pin.input.value) : undefined,
          session: session ? sessionOf(session.input.value, bytes) : undefined,
        };
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        session?.complain(t(error.key, error.values));
        return null;
      }
    },
    /** Forgets the PIN. */
    clear() {
      if (pin) pin.input.value = '';
    },
  };
}

/**
 * Computes a response or a signature now; of a suite with a counter, the counter is spent first.
 * @param {{ id: number, use: 'response' | 'signature', key: CryptoKey, suite: Suite }} held
 * @param {import('./mac.js').Bytes} question
 * @param {Extras} extras
 */
export async function compute({ id, use, key, suite }, question, extras) {
  const counter = suite.counter ? await spendCounter(id, use) : undefined;
  return response(key, suite, { ...extras, question, counter, timeStep: timeStepAt(suite, Date.now()) });
}

/**
 * A form whose submitting runs one at a time; what it was filled with is no longer valid once it is changed.
 * @param {() => Promise<void>} submit
 * @param {() => void} changed
 * @param {...import('../frame/dom.js').Child} children
 */
export function form(submit, changed, ...children) {
  let busy = false;
  return element('form', {
    novalidate: true,
    input: changed,
    submit: async (event) => {
      event.preventDefault();
      if (busy) return;
      busy = true;
      try {
        await submit();
      } finally {
        busy = false;
      }
    },
  }, ...children);
}

/** What is hinted of a suite's question. @param {Suite} suite */
export function hintOf({ question: { kind, max } }) {
  const keys = /** @type {const} */ ({ N: 'respondHintDigits', H: 'respondHintHex', A: 'respondHintLetters' });
  return t(keys[kind], { count: max });
}

/** What a keyboard should offer for a suite's question. @param {Suite} suite */
export const keyboardOf = ({ question: { kind } }) => (kind === 'N' ? { inputmode: 'numeric' } : { autocorrect: 'off' });
