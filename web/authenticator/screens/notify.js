// Notifications on or off, with what stands in the way; part of other screens.

import { element } from '../frame/dom.js';
import { button, paragraph } from '../frame/parts.js';
import { pushState, turnOff, turnOn } from '../push.js';
import { t } from '../frame/words.js';

/** The section, which fills itself. */
export function notifications() {
  const place = element('div');
  const draw = async () => {
    const state = await pushState();
    const words = /** @type {const} */ ({ on: 'pushIsOn', off: 'pushIsOff', blocked: 'pushBlocked', impossible: 'pushImpossible' });
    place.replaceChildren(paragraph(t(words[state]), 'hint'));
    if (state === 'off') place.append(button(t('pushOn'), act(turnOn)));
    if (state === 'on') place.append(button(t('pushOff'), act(turnOff)));
  };
  const trouble = element('p', { class: 'wrong', role: 'alert' });
  /** @param {() => Promise<boolean>} change */
  const act = (change) => async () => {
    trouble.textContent = (await change()) ? '' : t('pushFailed');
    await draw();
  };
  draw();
  return element('div', {}, place, trouble);
}

/** After linking: an offer, where notifications are off and could be on. */
export function invitePush() {
  const place = element('div');
  pushState().then((state) => {
    if (state === 'off') place.replaceChildren(paragraph(t('pushInvite')), notifications());
  });
  return place;
}
