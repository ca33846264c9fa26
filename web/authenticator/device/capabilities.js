// What this phone can do, as it tells those who ask.

import { get } from '../frame/store.js';
import { canVerifyUser } from './presence.js';

/** @returns {Promise<{ biometrics: boolean, push: boolean }>} */
export async function capabilities() {
  const [biometrics, push] = await Promise.all([canVerifyUser(), get('settings', 'push')]);
  return { biometrics, push: push?.on === true };
}
