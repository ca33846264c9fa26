// What was decided on this phone. It is kept here alone, the newest 200.

import { clearHistory, history } from '../device/decide.js';
import { element } from '../frame/dom.js';
import { button, confirm, facts, heading, link, paragraph } from '../frame/parts.js';
import { reload } from '../frame/router.js';
import { shown } from '../frame/visible.js';
import { moment, t } from '../frame/words.js';

/** @type {Record<import('../device/decide.js').Decision, import('../frame/words.js').Key>} */
const WORDS = { approve: 'didApprove', decline: 'didDecline', not_me: 'didNotMe', forgot_pin: 'didForgot', fall_back: 'didFallBack' };

/** @type {import('../frame/router.js').Screen} */
export async function show(root) {
  const entries = await history();
  root.append(heading(t('history')));
  if (entries.length === 0) {
    root.append(paragraph(t('historyEmpty')), element('p', {}, link(t('toApprovals'), 'approvals')));
    return;
  }
  root.append(paragraph(t('historyText'), 'soft'), element('ul', { class: 'list' }, ...entries.map((entry) => element('li', {}, item(entry)))),
    element('div', { class: 'stack' }, button(t('historyClear'), async () => {
      if (!(await confirm({ title: t('historyClear'), text: t('historyClearText'), yes: t('removeYes') }))) return;
      await clearHistory();
      reload();
    })));
}

/** @param {import('../device/decide.js').Entry} entry */
const item = (entry) => element('details', { class: 'card past' },
  element('summary', {}, element('span', { class: `verdict ${entry.decision === 'approve' ? 'yes' : 'no'}` }, t(WORDS[entry.decision])), ' ',
    shown(entry.tenantName, 'bdi', 'name'), element('span', { class: 'soft' }, moment(entry.at))),
  facts([t('yourAccount'), shown(entry.user)], [t('sessionNumber'), element('span', { class: 'mono' }, entry.session)]),
  (entry.header !== '' || entry.text !== '') && element('div', { class: 'question', tabindex: 0, role: 'group', 'aria-label': t('whatWasAsked') },
    entry.header !== '' && shown(entry.header, 'p', 'header'), entry.text !== '' && shown(entry.text, 'div', 'text')));
