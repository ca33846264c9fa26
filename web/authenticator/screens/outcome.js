// What became of an approval, in place of its question.

import { drawing, element } from '../frame/dom.js';
import { heading, link, paragraph, say } from '../frame/parts.js';
import { t } from '../frame/words.js';

/** @typedef {{ title: string, text: string, look?: 'good' }} Outcome */

/** @param {HTMLElement} root @param {Outcome} what */
export function outcome(root, { title, text, look }) {
  const sign = drawing('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true', fill: 'none', stroke: 'currentColor', 'stroke-width': '1.6', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' },
    drawing('circle', { cx: 12, cy: 12, r: 9 }), drawing('path', { d: look === 'good' ? 'M8 12.5l2.7 2.7L16 9.5' : 'M8 12h8' }));
  const top = heading(title);
  root.replaceChildren(element('div', { class: `outcome ${look ?? ''}`.trim() }, sign, top, paragraph(text),
    element('p', {}, link(t('toApprovals'), 'approvals', 'button main'))));
  if (!root.isConnected) return;
  top.focus();
  document.title = `${title} · ${t('appName')}`;
  say(title);
}
