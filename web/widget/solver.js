/**
 * solver.js: works out challenges for ocapi.js in a frame that belongs to the server: Argon2id, and PBKDF2 for pages
 * that came over plain http. A partner's page may forbid workers and WebAssembly to its own scripts; this frame has
 * the server's policy.
 *
 * The same file is the frame's script and its workers'; the derivations are in argon2id.js and ocapi.js beside it.
 * The frame takes {ocapi: 'solve', parameters} with a port, and answers at the port: {attempts} now and then, at
 * last {solution} or {error}. It works for whoever asks: it knows no secret, and can do nothing that the asking
 * page could not do itself.
 */
(() => {
  'use strict';

  /** A frame is no place for more; no challenge of the server comes near. memoryCost is in KiB. */
  const MOST = { cost: 16, memoryCost: 65_536, parallelism: 8, keyLength: 64 };
  const MOST_PBKDF2 = { cost: 10_000_000, keyLength: 32 };
  const WORKERS = 4;
  /** Milliseconds between two reports of a worker. */
  const REPORT_AFTER = 100;
  /** What all workers may use together, in KiB. */
  const MEMORY = 131_072;

  /**
   * @typedef {object} Parameters of a challenge
   * @property {string} algorithm @property {number} cost @property {number} [memoryCost]
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

  /** @param {Record<string, number>} given @param {Record<string, number>} limits */
  function holdWithin(given, limits) {
    for (const [name, most] of Object.entries(limits)) {
      const value = given[name];
      if (!Number.isInteger(value) || value < 1 || value > most) throw new Error(`${name} is not between 1 and ${most}`);
    }
  }

  /** @param {Parameters} parameters @returns {Argon2idRecipe} */
  function recipeOf({ cost, memoryCost = 0, parallelism = 1, keyLength = 32, salt }) {
    holdWithin({ cost, memoryCost, parallelism, keyLength }, MOST);
    if (memoryCost < 8 * parallelism) throw new Error('memoryCost is less than 8 for each lane');
    return { passes: cost, memory: memoryCost, lanes: parallelism, length: keyLength, salt: bytesOf(salt) };
  }

  /** @param {Parameters} parameters */
  function pbkdf2Of({ cost, keyLength = 32, salt, nonce }) {
    holdWithin({ cost, keyLength }, MOST_PBKDF2);
    const grains = bytesOf(salt);
    if (grains.length > 51 || bytesOf(nonce).length > 60) throw new Error('the salt or the nonce is too long');
    return { cost, keyLength, grains };
  }

  /**
   * @param {Parameters} parameters refused where they are not within the limits
   * @returns {{memory: number, prepare: () => (password: Uint8Array) => Uint8Array}} memory in KiB for one worker
   */
  function derivationOf(parameters) {
    if (parameters.algorithm === 'ARGON2ID') {
      const recipe = recipeOf(parameters);
      const prepare = () => {
        importScripts('argon2id.js');
        const kitchen = kitchenFor(recipe);
        return (/** @type {Uint8Array} */ password) => argon2id(password, recipe, kitchen);
      };
      return { memory: recipe.memory, prepare };
    }
    if (parameters.algorithm === 'PBKDF2/SHA-256') {
      const { cost, keyLength, grains } = pbkdf2Of(parameters);
      const prepare = () => {
        importScripts('ocapi.js');
        return (/** @type {Uint8Array} */ password) => pbkdf2(password, grains, cost).subarray(0, keyLength);
      };
      return { memory: 1, prepare };
    }
    throw new Error(`unknown algorithm ${parameters.algorithm}`);
  }

  /**
   * Tries every `step`th counter from `start`, and tells now and then how many it tried; the page ends the worker.
   * @param {{parameters: Parameters, start: number, step: number}} task
   * @param {(message: object) => void} tell
   */
  function work({ parameters, start, step }, tell) {
    const derive = derivationOf(parameters).prepare();
    const nonce = bytesOf(parameters.nonce);
    const prefix = parameters.keyPrefix.toLowerCase();
    const password = new Uint8Array(nonce.length + 4);
    password.set(nonce);
    let tried = 0;
    let told = 0;
    for (let counter = start; counter < 2 ** 32; counter += step) {
      new DataView(password.buffer).setUint32(nonce.length, counter);
      const derivedKey = hexOf(derive(password));
      if (derivedKey.startsWith(prefix)) return tell({ solution: { counter, derivedKey } });
      tried++;
      if (performance.now() - told < REPORT_AFTER) continue;
      told = performance.now();
      tell({ tried });
      tried = 0;
    }
  }

  /**
   * @param {Parameters} parameters
   * @param {MessagePort} port
   * @param {string} script this file's address
   */
  function share(parameters, port, script) {
    const { memory } = derivationOf(parameters);
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
        else port.postMessage({ attempts: attempts += data.tried });
      };
      worker.onerror = () => end({ error: 'a worker did not start' });
      worker.postMessage({ parameters, start, step });
    });
    port.postMessage({ attempts });
  }

  if (typeof document === 'undefined') {
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
