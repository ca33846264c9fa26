// Settings: notifications, the lock, whether the browser keeps what is kept, the language, and what else there is to know.

import { canVerifyUser, verifyAnew, verifyUser } from '../device/presence.js';
import { element, uniqueId } from '../frame/dom.js';
import { isLockOn, setLock, wipeAll } from '../frame/lock.js';
import { button, confirm, heading, link, notice, paragraph, say } from '../frame/parts.js';
import { askToKeep } from '../frame/store.js';
import { chooseLanguage, chosenLanguage, LANGUAGES, t } from '../frame/words.js';
import { install, isInstalled } from '../install.js';
import { appVersion } from '../update.js';
import { notifications } from './notify.js';

/** @type {import('../frame/router.js').Screen} */
export async function show(root) {
  root.append(heading(t('placeSettings')),
    element('h2', {}, t('notifications')), notifications(),
    element('h2', {}, t('appLock')), await lockPart(),
    element('h2', {}, t('storage')), storagePart(),
    element('h2', {}, t('installTitle')), installPart(),
    element('h2', {}, t('language')), languagePart(),
    element('h2', {}, t('more')),
    element('div', { class: 'stack' }, link(t('history'), 'history'), link(t('lostLink'), 'lost'), button(t('wipeAll'), async () => {
      if (await confirm({ title: t('wipeAll'), text: t('wipeAllText'), yes: t('wipeYes') })) await wipeAll();
    }, { look: 'bad' })),
    await versionPart());
}

async function lockPart() {
  if (!(await canVerifyUser())) return paragraph(t('lockImpossible'), 'hint');
  const id = uniqueId('lock');
  const trouble = element('p', { class: 'wrong', role: 'alert' });
  const box = element('input', { type: 'checkbox', id, checked: await isLockOn() });
  box.addEventListener('change', async () => {
    trouble.textContent = '';
    const wanted = box.checked;
    // Who turns it off has to be the one who could turn it on.
    if (await verifyUser(t('presenceLabel'))) {
      await setLock(wanted);
      return say(t(wanted ? 'lockIsOn' : 'lockIsOff'));
    }
    box.checked = !wanted;
    trouble.textContent = t('notVerified');
    anew.hidden = false;
  });
  // A phone that has forgotten what it made is asked to make it again, which takes the same proof.
  const anew = button(t('presenceAnew'), async () => {
    if (!(await verifyAnew(t('presenceLabel')))) return;
    trouble.textContent = '';
    anew.hidden = true;
    box.focus();
  });
  anew.hidden = true;
  return element('div', {}, element('label', { class: 'check', for: id }, box, t('lockLabel')), paragraph(t('lockText'), 'hint'), trouble, anew);
}

/** Whether the browser promised to keep what is kept, and a way to ask it. */
function storagePart() {
  const place = element('div');
  const draw = async () => {
    const persisted = await navigator.storage?.persisted?.();
    if (persisted) return place.replaceChildren(paragraph(t('storageKept'), 'hint'));
    place.replaceChildren(paragraph(t('storageNotKept'), 'hint'), button(t('storageAsk'), async () => {
      const kept = await askToKeep();
      await draw();
      if (!kept) place.append(notice('info', paragraph(t('storageRefused'))));
    }));
  };
  draw();
  return place;
}

function installPart() {
  if (isInstalled()) return paragraph(t('installed'), 'hint');
  const place = element('div', {}, paragraph(t('installText'), 'hint'));
  const offer = install();
  if (offer) place.append(button(t('installDo'), async () => { await offer(); }));
  return place;
}

function languagePart() {
  const id = uniqueId('language');
  const chosen = chosenLanguage();
  const select = element('select', { id }, element('option', { value: '', selected: chosen === null }, t('languageOfPhone')),
    ...Object.entries(LANGUAGES).map(([tag, name]) => element('option', { value: tag, lang: tag, selected: tag === chosen }, name)));
  select.addEventListener('change', () => {
    chooseLanguage(/** @type {import('../frame/words.js').Language} */ (select.value) || null);
    location.reload();
  });
  return element('div', { class: 'field' }, element('label', { for: id }, t('languageLabel')), select);
}

async function versionPart() {
  const version = await appVersion();
  return paragraph(version ? t('version', { version }) : t('versionUnkept'), 'soft');
}
