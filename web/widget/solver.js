/**
 * solver.js: works out Argon2id challenges for ocapi.js, in a frame that belongs to the server. A partner's page
 * may forbid workers and WebAssembly to its own scripts; this frame has the server's policy.
 *
 * The same file is the frame's script and its workers'; the derivation itself is in argon2id.js beside it.
 * The frame takes {ocapi: 'solve', parameters} with a port, and answers at the port: {attempts} now and then, at
 * last {solution} or {error}. It works for whoever asks: it knows no secret, and can do nothing that the asking
 * page could not do itself.
 */
(() => {
  'use strict';

  /** A frame is no place for more; no challenge of the server comes near. memoryCost is in KiB. */
  const MOST = { cost: 16, memoryCost: 65_536, parallelism: 8, keyLength: 64 };
  const WORKERS = 4;
  /** What all workers may use together, in KiB. */
  const MEMORY = 131_072;

  /**
   * @typedef {object} Parameters of a challenge
   * @property {string} algorithm @property {number} cost @property {number} memoryCost
   * @property {number} [parallelism] @property {number} [keyLength]
   * @property {string} keyPrefix @property {string} nonce @property {string} salt
   */

  /** @param {string} hex */
  function bytesOf(hex) {
    if (!/^([0-9a-f]{2}){1,64}$/i.test(hex)) throw new Error('a parameter is not hexadecimal');
    return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
  }

  /** @param {Uint8Array} bytes */
  const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

  /** @param {Parameters} parameters what argon2id.js calls a recipe */
  function recipeOf({ algorithm, cost, memoryCost, parallelism = 1, keyLength = 32, salt }) {
    if (algorithm !== 'ARGON2ID') throw new Error(`unknown algorithm ${algorithm}`);
    for (const [name, value] of Object.entries({ cost, memoryCost, parallelism, keyLength })) {
      const most = MOST[/** @type {keyof typeof MOST} */ (name)];
      if (!Number.isInteger(value) || value < 1 || value > most) throw new Error(`${name} is not between 1 and ${most}`);
    }
    if (memoryCost < 8 * parallelism) throw new Error('memoryCost is less than 8 for each lane');
    return { passes: cost, memory: memoryCost, lanes: parallelism, length: keyLength, salt: bytesOf(salt) };
  }

  /**
   * Tries every `step`th counter from `start`, and tells each attempt; the page ends the worker.
   * @param {{parameters: Parameters, start: number, step: number}} task
   * @param {(message: object) => void} tell
   */
  function work({ parameters, start, step }, tell) {
    const recipe = recipeOf(parameters);
    const kitchen = kitchenFor(recipe);
    const nonce = bytesOf(parameters.nonce);
    const prefix = parameters.keyPrefix.toLowerCase();
    const password = new Uint8Array(nonce.length + 4);
    password.set(nonce);
    for (let counter = start; counter < 2 ** 32; counter += step) {
      new DataView(password.buffer).setUint32(nonce.length, counter);
      const derivedKey = hexOf(argon2id(password, recipe, kitchen));
      if (derivedKey.startsWith(prefix)) return tell({ solution: { counter, derivedKey } });
      tell({ attempt: counter });
    }
  }

  /**
   * @param {Parameters} parameters
   * @param {MessagePort} port
   * @param {string} script this file's address
   */
  function share(parameters, port, script) {
    const { memory } = recipeOf(parameters);
    const step = Math.max(1, Math.min(navigator.hardwareConcurrency || 2, WORKERS, Math.floor(MEMORY / memory)));
    const workers = Array.from({ length: step }, () => new Worker(script));
    let attempts = 0;
    /** @param {object} message */
    const end = (message) => {
      workers.forEach((worker) => worker.terminate());
      port.postMessage(message);
    };
    workers.forEach((worker, start) => {
      worker.onmessage = ({ data }) => {
        if (data.solution || data.error) end(data);
        else port.postMessage({ attempts: ++attempts });
      };
      worker.onerror = () => end({ error: 'a worker did not start' });
      worker.postMessage({ parameters, start, step });
    });
    port.postMessage({ attempts });
  }

  if (typeof document === 'undefined') {
    importScripts('argon2id.js');
    addEventListener('message', ({ data }) => {
      try {
        work(data, (message) => postMessage(message));
      } catch (error) {
        postMessage({ error: String(error) });
      }
    });
  } else {
    const script = /** @type {HTMLScriptElement} */ (document.currentScript).src;
    addEventListener('message', ({ data, source, ports }) => {
      const [port] = ports;
      if (source !== parent || !port || data?.ocapi !== 'solve') return;
      try {
        share(data.parameters, port, script);
      } catch (error) {
        port.postMessage({ error: String(error) });
      }
    });
  }
})();
