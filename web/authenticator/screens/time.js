// Time left, in words, by the server's clock.

import { now } from '../device/clock.js';
import { t } from '../frame/words.js';

/** Whole seconds until a moment, never below 0. @param {number} ms since 1970 */
export const secondsLeft = (ms) => Math.max(0, Math.ceil((ms - now()) / 1000));

/** @param {number} ms since 1970 */
export function timeLeft(ms) {
  const seconds = secondsLeft(ms);
  if (seconds < 60) return t('leftSeconds', { seconds });
  return t('leftMinutes', { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
}
