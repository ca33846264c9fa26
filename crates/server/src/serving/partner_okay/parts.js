// What the page is put together from. Everything that came from elsewhere goes in as text, never as markup.

/**
 * An element with text or children.
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/**
 * The text with everything that cannot be seen, or that changes the direction of what follows, spelt out.
 * @param {string} text
 */
export const visible = (text) =>
  text.replace(/[^\P{C}\n]|[\u2028\u2029\u115f\u1160\u3164\uffa0]/gu, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`);

/** @param {unknown} value */
const json = (value) => visible(typeof value === 'string' ? value : JSON.stringify(value, null, 2));

/** @param {string} word */
const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/**
 * A command to paste into a terminal, with what it does and a button that copies it.
 * @param {string} label
 * @param {string[]} words
 */
export function command(label, words) {
  const text = words.map(quoted).join(' ');
  const line = element('div', { class: 'line' }, element('pre', { tabindex: '0', role: 'group', 'aria-label': label }, visible(text)));
  if (navigator.clipboard) {
    const button = element('button', { type: 'button', class: 'quiet', 'aria-label': `Copy: ${label}` }, 'Copy');
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    });
    line.append(button);
  }
  return element('div', { class: 'command' }, element('p', {}, label), line);
}

/**
 * The status in a body, in words.
 * @param {any} body
 */
export const statusOf = (body) => `${body?.status?.code ?? '?'} ${visible(String(body?.status?.message ?? ''))}`.trim();

/**
 * What an answer or a callback says that the user did.
 * @param {any} result  authResult or sessionResult
 */
export function outcome(result) {
  const data = visible(String(result?.data ?? ''));
  switch (String(result?.dataType)) {
    case '101': return { text: `Declined (${data})`, good: false };
    case '102': return { text: data === 'PIN' ? 'Approved with the PIN' : `The PIN was typed: ${data}`, good: true };
    case '103': return { text: 'Approved', good: true };
    case '104': return { text: `The phone can: ${data}`, good: true };
    case '105': return { text: 'A new PIN was set', good: true };
    case '106': return data === 'OK' ? { text: 'The PIN was forgotten', good: true } : { text: 'The user has forgotten the PIN', good: false };
    case '107': return { text: 'Approved, and the phone made sure by whom', good: true };
    case '108': return { text: 'No biometrics now: ask again with a PIN', good: false };
    default: return { text: `An answer of another kind: ${visible(String(result?.dataType))}`, good: false };
  }
}

const CALLBACKS = new Map([['101', 'a phone was linked'], ['102', 'an approval ended'], ['103', 'the phone was unlinked'], ['104', 'what the phone can do']]);

/** @param {any} body */
function told(body) {
  const kind = String(body?.type);
  const what = CALLBACKS.get(kind) ?? 'of a type that there is not';
  if (kind !== '102' && kind !== '104') return `${visible(kind)}, ${what}`;
  const result = kind === '102' ? body.authResult : body.sessionResult;
  const ended = String(body?.status?.code) === '0' ? outcome(result).text : statusOf(body);
  return `${kind}, ${what}: ${ended}`;
}

/** @param {any} entry */
function callbackParts(entry) {
  const verdict = entry.verified ? element('span', { class: 'good' }, '✓ verified') : element('span', { class: 'bad' }, '✗ refused');
  // What did not verify may say anything.
  const said = entry.verified ? `Callback ${told(entry.body)}` : 'Something that calls itself a callback; it is not kept';
  const repeated = entry.repeated ? ' (came before, so nothing was done)' : '';
  const checks = entry.checks.map((/** @type {[string, boolean]} */ [what, passed]) => element('li', { class: passed ? 'good' : 'bad' },
    `${what}: ${passed ? 'right' : 'wrong'}`));
  return {
    title: [`${said}${repeated} · `, verdict],
    spoken: `${said}, ${entry.verified ? 'signature verified' : 'refused'}`,
    parts: [element('ul', {}, ...checks, element('li', {}, `webhook-id: ${visible(String(entry.id ?? 'none'))}`)), ...(entry.verified ? [block('The callback', entry.body)] : [])],
  };
}

/** @param {any} entry */
function requestParts(entry) {
  const path = visible(new URL(entry.url).pathname);
  const answer = entry.received?.status ? statusOf(entry.received) : 'no answer that can be read';
  return {
    title: [`POST ${path} → ${answer}`],
    spoken: '',
    parts: [block(`Sent to ${visible(entry.url)}`, entry.sent), block(`Answered ${entry.status ?? ''}`.trim(), entry.received)],
  };
}

/**
 * @param {string} label
 * @param {unknown} value
 */
function block(label, value) {
  return element('div', {}, element('p', {}, label), element('pre', { tabindex: '0', role: 'group', 'aria-label': label }, json(value)));
}

/**
 * An entry of the list, and what a screen reader says of it.
 * @param {any} entry
 */
export function entryItem(entry) {
  const { title, spoken, parts } = entry.kind === 'callback' ? callbackParts(entry) : requestParts(entry);
  const moment = new Date(entry.at);
  const time = element('time', { datetime: moment.toISOString() }, moment.toLocaleTimeString([], { hour12: false }));
  const item = element('li', {}, element('details', {}, element('summary', {}, time, ' ', ...title), ...parts));
  return { item, spoken };
}
