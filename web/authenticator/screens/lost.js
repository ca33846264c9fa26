// What to do about a phone that is lost, and about a new one.

import { element } from '../frame/dom.js';
import { heading, link, paragraph } from '../frame/parts.js';
import { t } from '../frame/words.js';

/** @type {import('../frame/router.js').Screen} */
export function show(root) {
  /** @param {...import('../frame/words.js').Key} keys */
  const steps = (...keys) => element('ol', {}, ...keys.map((key) => element('li', {}, t(key))));
  root.append(heading(t('lostTitle')),
    element('h2', {}, t('lostPhone')), steps('lostStep1', 'lostStep2', 'lostStep3'), paragraph(t('lostThief')),
    element('h2', {}, t('newPhone')), steps('newStep1', 'newStep2', 'newStep3'), paragraph(t('newWhy')),
    element('h2', {}, t('wipeTitle')), paragraph(t('wipeText')),
    element('p', {}, link(t('linkPhone'), 'link')));
}
