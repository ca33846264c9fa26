// What is told of a code or of an enrolment: never its key.

import { shown } from '../frame/visible.js';
import { t } from '../frame/words.js';

/**
 * What a stored code and an enrolment have in common.
 * @typedef {{ suite: string | { text: string }, counter: bigint, fields?: string[] } | null} Use
 * @typedef {{ kind: 'totp' | 'hotp' | 'ocra', issuer: string, account: string, digits?: number, period?: number, counter?: bigint, response?: Use, signature?: Use }} Told
 */

/** @param {NonNullable<Use>} use */
const suiteText = ({ suite }) => (typeof suite === 'string' ? suite : suite.text);

/** @param {Told} told */
function kindWord({ kind, response, signature }) {
  if (kind === 'totp') return t('codeKindTotp');
  if (kind === 'hotp') return t('codeKindHotp');
  if (response && signature) return t('codeKindBoth');
  return t(response ? 'codeKindOcra' : 'codeKindSign');
}

/**
 * Names and values, as `facts` shows them.
 * @param {Told} told
 * @returns {[string, HTMLElement][]}
 */
export function kindOf(told) {
  /** @type {[string, string | undefined][]} */
  const all = [
    [t('codeKind'), kindWord(told)],
    [t('codeIssuer'), told.issuer || undefined],
    [t('codeAccount'), told.account],
    [t('codeDigits'), told.digits?.toString()],
    [t('codePeriod'), told.period === undefined ? undefined : t('codeSeconds', { count: told.period })],
    [t('codeCounter'), told.counter?.toString()],
    [t('codeSuite'), told.response ? suiteText(told.response) : undefined],
    [t('codeSignSuite'), told.signature ? suiteText(told.signature) : undefined],
    [t('codeFields'), told.signature?.fields?.join(', ') || undefined],
  ];
  return all.flatMap(([name, value]) => (value === undefined ? [] : [/** @type {[string, HTMLElement]} */ ([name, shown(value)])]));
}
