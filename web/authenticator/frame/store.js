// What the app keeps on the phone, in IndexedDB: linked devices with their keys, the history, settings, and offline codes.
// Every change is one transaction that is on disk before anything is told. Keys are CryptoKeys that cannot be exported.

const NAME = 'countersign-authenticator';

/**
 * The upgrades, one a version: the first makes version 1. A released upgrade is never changed; what comes later is appended, and
 * keeps what is there.
 * @type {((database: IDBDatabase, transaction: IDBTransaction) => void)[]}
 */
const UPGRADES = [
  (database) => {
    database.createObjectStore('devices', { keyPath: 'device' });
    database.createObjectStore('history', { keyPath: 'id', autoIncrement: true });
    database.createObjectStore('settings');
    database.createObjectStore('codes', { keyPath: 'id', autoIncrement: true });
  },
];

/** @typedef {'devices' | 'history' | 'settings' | 'codes'} StoreName */

/** @type {Promise<IDBDatabase> | undefined} */
let opened;

/** Called when another tab runs a newer app and this one has to be loaded again. */
let outdated = () => {};

/** Whether what is kept was written by a newer version of the app, which this one cannot read. @param {unknown} error */
export const isNewer = (error) => error instanceof DOMException && error.name === 'VersionError';

/** @param {() => void} listener */
export const onOutdated = (listener) => { outdated = listener; };

/** The database. */
function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, UPGRADES.length);
    request.onupgradeneeded = (event) => {
      const transaction = /** @type {IDBTransaction} */ (request.transaction);
      for (const upgrade of UPGRADES.slice(event.oldVersion)) upgrade(request.result, transaction);
    };
    request.onsuccess = () => {
      const database = request.result;
      // A newer app waits for this one to let go; nothing is lost by that.
      database.onversionchange = () => {
        database.close();
        outdated();
      };
      database.onclose = () => { opened = undefined; };
      resolve(database);
    };
    request.onerror = () => {
      opened = undefined;
      reject(request.error);
    };
  });
  return opened;
}

/**
 * The value of a request.
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export const valueOf = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/**
 * One entry, or undefined.
 * @param {StoreName} store
 * @param {IDBValidKey} key
 */
export async function get(store, key) {
  const database = await open();
  return valueOf(database.transaction(store).objectStore(store).get(key));
}

/**
 * All entries in the order of their keys.
 * @param {StoreName} store
 * @returns {Promise<any[]>}
 */
export async function all(store) {
  const database = await open();
  return valueOf(database.transaction(store).objectStore(store).getAll());
}

/**
 * Changes one or several stores in one transaction: all of it is on disk when the promise is done, or none. Inside `act` only the
 * requests of this transaction may be awaited. What `act` throws undoes everything.
 * @template T
 * @param {StoreName | StoreName[]} stores
 * @param {(stores: (name: StoreName) => IDBObjectStore) => T | Promise<T>} act
 * @returns {Promise<T>}
 */
export async function change(stores, act) {
  const database = await open();
  const transaction = database.transaction(stores, 'readwrite', { durability: 'strict' });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(undefined);
    transaction.onabort = () => reject(transaction.error ?? new Error('the change was undone'));
  });
  done.catch(() => {}); // It is awaited below, or what was thrown is told instead.
  try {
    const result = await act((name) => transaction.objectStore(name));
    await done;
    return result;
  } catch (error) {
    try {
      transaction.abort();
    } catch {
      // It has ended already.
    }
    throw error;
  }
}

/**
 * @param {StoreName} store
 * @param {any} value
 * @param {IDBValidKey} [key] where the entry does not hold it
 */
export const put = (store, value, key) => change(store, (at) => valueOf(key === undefined ? at(store).put(value) : at(store).put(value, key)));

/**
 * @param {StoreName} store
 * @param {IDBValidKey} key
 */
export const remove = (store, key) => change(store, (at) => valueOf(at(store).delete(key)));

/** Asks the browser to keep what is kept, also when space is short. It may say no; the settings show what it said. */
export const askToKeep = async () => (await navigator.storage?.persist?.().catch(() => false)) === true;
