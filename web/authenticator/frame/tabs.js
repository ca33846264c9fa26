// What the app's tabs tell one another. A message is heard in this tab too.

const channel = new BroadcastChannel('countersign');
const local = new EventTarget();

channel.onmessage = (event) => {
  const { kind, data } = event.data;
  local.dispatchEvent(new CustomEvent(kind, { detail: data }));
};

/**
 * Tells every tab, this one at once.
 * @param {string} kind
 * @param {any} [data]
 */
export function tell(kind, data) {
  local.dispatchEvent(new CustomEvent(kind, { detail: data }));
  channel.postMessage({ kind, data });
}

/**
 * Tells the other tabs alone.
 * @param {string} kind
 * @param {any} [data]
 */
export const tellOthers = (kind, data) => channel.postMessage({ kind, data });

/**
 * Listens until the signal is aborted.
 * @param {string} kind
 * @param {(data: any) => void} listener
 * @param {AbortSignal} [signal]
 */
export function hear(kind, listener, signal) {
  local.addEventListener(kind, (event) => listener(/** @type {CustomEvent} */ (event).detail), { signal });
}
