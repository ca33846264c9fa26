// What waits for the user's decision, over all linked accounts.

import { heading, paragraph } from '../frame/parts.js';
import { t } from '../frame/words.js';

/** @type {import('../frame/router.js').Screen} */
export function show(root) {
  root.append(heading(t('placeApprovals')), paragraph(t('nothingPending')));
}
