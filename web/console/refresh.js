// Brings the overview up to date every few seconds, as long as somebody can see it. What it asks for is no use of the session, so that
// a page left open does not keep anybody signed in.

/** @param {HTMLElement} place what is brought up to date; its attribute tells the seconds between */
function keepFresh(place) {
  const every = Number(place.dataset.refresh) * 1000;

  async function refresh() {
    if (document.hidden || place.querySelector('details[open]') || place.contains(document.activeElement)) return true;
    const answer = await fetch(location.href, { headers: { 'X-Console-Refresh': '1' }, redirect: 'manual' });
    if (answer.type === 'opaqueredirect') {
      location.reload();
      return false;
    }
    if (!answer.ok) return true;
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(place.id);
    if (next) place.replaceChildren(...next.childNodes);
    return true;
  }

  setTimeout(async function turn() {
    const goes = await refresh().catch(() => true);
    if (goes) setTimeout(turn, every);
  }, every);
  place.setAttribute('title', place.dataset.refreshed ?? '');
}

const place = document.querySelector('[data-refresh]');
if (place instanceof HTMLElement) keepFresh(place);
