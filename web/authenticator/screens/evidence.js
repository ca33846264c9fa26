// What goes with an approval: a PIN, the number that the asking page shows, that the owner is there, or what the phone can do.

import { capabilities } from '../device/capabilities.js';
import { canVerifyUser, verifyAnew, verifyUser } from '../device/presence.js';
import { element } from '../frame/dom.js';
import { button, facts, field, notice, paragraph } from '../frame/parts.js';
import { pinPad } from '../frame/pinpad.js';
import { t } from '../frame/words.js';

/** @typedef {import('../device/decide.js').Session} Session */
/** @typedef {import('../device/decide.js').Evidence} Given */

/**
 * What is asked for beside yes or no. `gather` gives it, or null after saying what is missing; `wrong` tells that it was not right.
 * @param {Session} session
 * @returns {{ whole: HTMLElement, gather: () => Promise<Given | null>, wrong: (left: number) => void, clear: () => void }}
 */
export function evidenceFor(session) {
  const whole = element('div', { class: 'evidence' });
  const complaint = element('div', { role: 'alert' });
  const number = session.needs_number ? field(t('number'), { inputmode: 'numeric', maxlength: 8, class: 'digits' }, t('numberHint')) : null;
  const labels = session.type === 'SET_PIN' ? [t('newPin'), t('newPinAgain')] : [t('pin')];
  const pins = session.needs_pin ? pinPad(labels, { min: session.pin_min ?? 4, max: session.pin_max ?? 12 }) : null;
  if (pins) whole.append(pins.whole);
  if (number) whole.append(number.whole);
  if (session.needs_user_verified) verification(whole);
  if (session.type === 'DEVICE_INFO') abilities(whole);
  whole.append(complaint);
  number?.input.addEventListener('input', () => number.complain(''));

  const gather = async () => {
    complaint.replaceChildren();
    /** @type {Given} */
    const given = {};
    if (pins) {
      const pin = pins.value();
      if (pin === null) return null;
      given.pin = pin;
    }
    if (number) {
      given.number = number.input.value.replace(/\s/g, '');
      if (!/^\d+$/.test(given.number)) {
        number.complain(t('numberMissing'));
        return null;
      }
    }
    if (session.needs_user_verified) {
      given.userVerified = await verifyUser(t('presenceLabel'));
      if (!given.userVerified) {
        complaint.replaceChildren(notice('bad', paragraph(t('notVerified')), button(t('presenceAnew'), async () => {
          if (await verifyAnew(t('presenceLabel'))) complaint.replaceChildren(notice('good', paragraph(t('presenceDone'))));
        })));
        return null;
      }
    }
    if (session.type === 'DEVICE_INFO') given.capabilities = await capabilities();
    return given;
  };
  return {
    whole,
    gather,
    wrong(left) {
      pins?.clear();
      if (number) number.input.value = '';
      const said = number && pins ? 'wrongEither' : number ? 'wrongNumber' : 'wrongPin';
      (pins?.fields[0] ?? number)?.complain(t(said, { count: left }));
    },
    clear: () => pins?.clear(),
  };
}

/** Says how the phone makes sure who holds it, or that it cannot. @param {HTMLElement} whole */
function verification(whole) {
  const place = paragraph(t('verifyText'), 'hint');
  whole.append(place);
  canVerifyUser().then((can) => { if (!can) place.replaceWith(notice('info', paragraph(t('cannotVerify')))); });
}

/** What will be told. @param {HTMLElement} whole */
function abilities(whole) {
  const place = element('div');
  whole.append(place);
  capabilities().then(({ biometrics, push }) => place.replaceChildren(paragraph(t('deviceTells')),
    facts([t('deviceBiometrics'), t(biometrics ? 'yes' : 'no')], [t('devicePush'), t(push ? 'yes' : 'no')])));
}
