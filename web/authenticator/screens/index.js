// All screens by the names that addresses call them, and those that the places at the foot of the page lead to.

import { show as approvals } from './approvals.js';

/** @typedef {import('../frame/router.js').Screen} Screen */

/** @type {Record<string, Screen>} */
export const SCREENS = {
  approvals,
};

/** Where the app begins, and where an address leads that names no screen. */
export const HOME = 'approvals';

/**
 * The places: the screen they lead to, the words, the drawing (paths of 24 by 24), and the screens that belong to them.
 * @type {{ screen: string, label: import('../frame/words.js').Key, paths: string[], holds: string[] }[]}
 */
export const PLACES = [
  { screen: 'approvals', label: 'placeApprovals', paths: ['M9 11.5l2.5 2.5L16 9', 'M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6z'], holds: ['approvals', 'approval', 'history'] },
];
