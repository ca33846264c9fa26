// Adds the reader's own time to each moment, which pages tell in UTC.
const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'medium' });

/** @param {ParentNode} place where to look for moments */
export function tellLocally(place) {
  for (const moment of place.querySelectorAll('time[datetime]')) {
    const at = new Date(moment.getAttribute('datetime') ?? '');
    if (!Number.isNaN(at.getTime())) moment.setAttribute('title', format.format(at));
  }
}

tellLocally(document);
