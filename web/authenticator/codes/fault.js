// What is wrong with something that was typed or scanned. It never holds a secret.

/** @typedef {keyof typeof import('../words/en/codes.js').default} FaultKey */

/** A mistake that a person can mend; `key` and `values` are the words for it. */
export class Fault extends Error {
  /**
   * @param {FaultKey} key
   * @param {Record<string, string | number>} [values]
   */
  constructor(key, values = {}) {
    super(`${key} ${JSON.stringify(values)}`);
    this.name = 'Fault';
    this.key = key;
    this.values = values;
  }
}
