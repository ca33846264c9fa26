// One offline code: what it is, the user's own name for it, and its end. Its key is shown nowhere.

import { element } from '../frame/dom.js';
import { button, confirm, facts, field, heading, link, notice, paragraph, say } from '../frame/parts.js';
import { go } from '../frame/router.js';
import { t } from '../frame/words.js';
import { form } from '../codes/answering.js';
import { kindOf } from '../codes/kinds.js';
import { codeBy, forget, NAME_MAX, rename } from '../codes/vault.js';
import { titleOf } from '../codes/view.js';

/** @type {import('../frame/router.js').Screen} */
export async function show(root, [id]) {
  const code = await codeBy(Number(id));
  if (!code) {
    root.append(heading(t('codesTitle')), notice('bad', t('faultGone')), link(t('codesBack'), 'codes'));
    return;
  }
  const title = heading(titleOf(code));
  const name = field(t('codeName'), { value: code.name, maxlength: NAME_MAX }, t('codeNameHint'));
  const save = async () => {
    await rename(code.id, name.input.value);
    title.textContent = titleOf({ ...code, name: name.input.value.trim() });
    say(t('codeSaved'));
  };
  const remove = async () => {
    const named = title.textContent ?? '';
    const sure = await confirm({ title: t('codeRemoveTitle', { name: named }), text: t('codeRemoveText'), yes: t('codeRemoveYes') });
    if (!sure) return;
    await forget(code.id);
    go('codes');
    say(t('codesRemoved', { name: named }));
  };
  root.append(title, facts(...kindOf(code)),
    form(save, () => {}, name.whole, element('button', { type: 'submit', class: 'wide' }, t('codeSave'))),
    paragraph(t('codeSecret'), 'hint'), button(t('codeRemove'), remove, { look: 'bad' }), element('div', { class: 'row' }, link(t('codesBack'), 'codes')));
}
