// All screens by the names that addresses call them, and those that the places at the foot of the page lead to.

import { show as account } from './account.js';
import { show as accounts } from './accounts.js';
import { show as approval } from './approval.js';
import { show as approvals } from './approvals.js';
import { show as code } from './code.js';
import { show as codes } from './codes.js';
import { show as enrol } from './enrol.js';
import { show as history } from './history.js';
import { show as link } from './link.js';
import { show as lost } from './lost.js';
import { show as respond } from './respond.js';
import { show as settings } from './settings.js';
import { show as sign } from './sign.js';

/** @typedef {import('../frame/router.js').Screen} Screen */

/** @type {Record<string, Screen>} */
export const SCREENS = {
  account, accounts, approval, approvals, code, codes, enrol, history, link, lost, respond, settings, sign,
};

/** Where the app begins, and where an address leads that names no screen. */
export const HOME = 'approvals';

/**
 * The places: the screen they lead to, the words, the drawing (paths of 24 by 24), and the screens that belong to them.
 * @type {{ screen: string, label: import('../frame/words.js').Key, paths: string[], holds: string[] }[]}
 */
export const PLACES = [
  { screen: 'approvals', label: 'placeApprovals', paths: ['M9 11.5l2.5 2.5L16 9', 'M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6z'], holds: ['approvals', 'approval', 'history'] },
  { screen: 'codes', label: 'codesTitle', paths: ['M4 5h16v14H4z', 'M8 10v4', 'M12 10v4', 'M16 10v4'], holds: ['codes', 'code', 'enrol', 'respond', 'sign'] },
  { screen: 'accounts', label: 'placeAccounts', paths: ['M8 3h8a1.5 1.5 0 0 1 1.5 1.5v15A1.5 1.5 0 0 1 16 21H8a1.5 1.5 0 0 1-1.5-1.5v-15A1.5 1.5 0 0 1 8 3z', 'M11 18h2'], holds: ['accounts', 'account', 'link', 'lost'] },
  { screen: 'settings', label: 'placeSettings', paths: ['M5 7h9', 'M18 7h1', 'M5 17h1', 'M10 17h9', 'M16 5a2 2 0 1 0 0 4 2 2 0 0 0 0-4z', 'M8 15a2 2 0 1 0 0 4 2 2 0 0 0 0-4z'], holds: ['settings'] },
];
