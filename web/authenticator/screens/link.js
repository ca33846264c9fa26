// Linking this phone to an account: by a code that is typed, scanned, or came with the address that was opened. Nothing is linked
// before the user says so, whatever was opened.

import { codeOf, keepPhoneName, link as linkPhone, phoneName, platformName } from '../device/accounts.js';
import { Refusal, Unreachable } from '../device/api.js';
import { element } from '../frame/dom.js';
import { leave, take } from '../frame/handover.js';
import { askToKeep } from '../frame/store.js';
import { button, facts, field, heading, link, notice, paragraph, say } from '../frame/parts.js';
import { go } from '../frame/router.js';
import { shown, spelt } from '../frame/visible.js';
import { t } from '../frame/words.js';
import { renew } from '../push.js';
import { scan } from '../scan/scanner.js';
import { invitePush } from './notify.js';

/** Characters of a name that can be typed. */
const NAME_MAX = 60;
/** Bytes that the server takes of a name, in UTF-8. */
const NAME_BYTES_MAX = 128;

/** @type {import('../frame/router.js').Screen} */
export async function show(root, [opened]) {
  // What was opened stays in no history and no screenshot of the address.
  if (opened !== undefined) history.replaceState(null, '', '#/link');
  const brought = codeOf(opened ?? take() ?? '') ?? '';
  const known = await phoneName();
  const code = field(t('linkCode'), { inputmode: 'numeric', maxlength: 40, class: 'digits', value: brought, name: 'code' }, t('linkCodeHint'));
  const name = field(t('phoneName'), { maxlength: NAME_MAX, value: known, placeholder: platformName(), name: 'name', autocapitalize: 'sentences' }, t('phoneNameHint'));
  const scanning = element('div');
  const trouble = element('div', { role: 'alert' });
  const working = element('p', { class: 'hint', role: 'status' });
  for (const typed of [code, name]) typed.input.addEventListener('input', () => typed.complain(''));

  const submit = async () => {
    trouble.replaceChildren();
    const digits = codeOf(code.input.value);
    if (!digits) return code.complain(t('linkCodeWrong'));
    const called = name.input.value.trim() || platformName();
    if (new TextEncoder().encode(called).length > NAME_BYTES_MAX) return name.complain(t('phoneNameLong'));
    working.textContent = t('linkWorking');
    try {
      const linked = await linkPhone(digits, called, () => { working.textContent = t('linkPuzzle'); });
      await keepPhoneName(name.input.value.trim());
      done(root, linked);
    } catch (error) {
      if (error instanceof Refusal && error.kind === 'wrong-linking-code') return code.complain(t('linkRefused'));
      trouble.replaceChildren(notice('bad', paragraph(refused(error))));
    } finally {
      working.textContent = '';
    }
  };
  const send = button(t('linkDo'), submit, { look: 'main' });
  for (const { input } of [code, name]) {
    input.addEventListener('keydown', (event) => { if (event.key === 'Enter') send.click(); });
  }
  const scanButton = button(t('scan'), async () => {
    const text = await scan(scanning);
    if (text === null) return scanButton.focus();
    if (/^otpauth:/i.test(text)) {
      leave(text);
      return go('enrol');
    }
    const digits = codeOf(text);
    if (!digits) return trouble.replaceChildren(notice('bad', paragraph(t('scanForeign'))));
    code.input.value = digits;
    code.complain('');
    say(t('scanFound'));
    send.focus();
  });
  root.append(heading(t('linkTitle')), paragraph(t('linkText')),
    element('div', { class: 'stack' }, scanButton), scanning,
    code.whole, name.whole, notice('info', paragraph(t('linkWarning'))), trouble, working,
    element('div', { class: 'stack' }, send));
}

/** @param {HTMLElement} root @param {import('../device/api.js').Account} linked */
function done(root, linked) {
  const top = heading(t('linkedTitle'));
  root.replaceChildren(top, facts([t('askedBy'), shown(linked.tenantName)], [t('yourAccount'), shown(linked.user)]),
    paragraph(t('linkedText', { tenant: spelt(linked.tenantName) })), invitePush(),
    element('div', { class: 'stack' }, link(t('toApprovals'), 'approvals', 'button main')));
  askToKeep();
  renew().catch(() => {});
  top.focus();
  say(t('linkedTitle'));
}

/** @param {unknown} error */
function refused(error) {
  if (error instanceof Unreachable) return t('linkMaybe');
  if (!(error instanceof Refusal)) throw error;
  switch (error.kind) {
    case 'limit-reached': return t('linkLimit');
    case 'tenant-inactive': return t('refusedTenant');
    default: return t('refusedOther', { detail: spelt(error.message) });
  }
}
