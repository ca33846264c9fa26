// Shows the messages that came, and looks for new ones every second.

/** @typedef {{ id: string, to: string, text: string, at_ms: number }} Message */

const EVERY_MS = 1000;

const list = /** @type {HTMLElement} */ (document.getElementById('messages'));
const none = /** @type {HTMLElement} */ (document.getElementById('none'));
const trouble = /** @type {HTMLElement} */ (document.getElementById('trouble'));

/** @type {Set<string>} */
const shown = new Set();

/**
 * @param {Message} message
 * @returns {HTMLLIElement}
 */
function item(message) {
  const entry = document.createElement('li');
  const about = document.createElement('p');
  about.className = 'about';
  const time = document.createElement('time');
  const at = new Date(message.at_ms);
  time.dateTime = at.toISOString();
  time.textContent = at.toLocaleTimeString();
  about.append(time, ` to ${message.to}`);
  const text = document.createElement('p');
  text.textContent = message.text;
  entry.append(about, text);
  return entry;
}

async function look() {
  try {
    const answer = await fetch('messages');
    if (!answer.ok) throw new Error(String(answer.status));
    /** @type {Message[]} */
    const messages = await answer.json();
    for (const message of messages.reverse()) {
      if (shown.has(message.id)) continue;
      shown.add(message.id);
      list.prepend(item(message));
    }
    none.hidden = shown.size > 0;
    trouble.hidden = true;
  } catch {
    trouble.hidden = false;
  }
  setTimeout(look, EVERY_MS);
}

look();
