// What was scanned on one screen and belongs to another: kept in memory alone, since it may hold a secret, and given out once.

/** @type {string | null} */
let kept = null;

/** @param {string} text */
export const leave = (text) => { kept = text; };

/** @returns {string | null} */
export function take() {
  const text = kept;
  kept = null;
  return text;
}
