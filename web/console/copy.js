// A button beside each text that is there to be copied: `data-copy` holds the button's word, `data-copied` what it says after.

/** @param {ParentNode} place where to look for such texts */
export function offerCopies(place) {
  if (!navigator.clipboard) return;
  for (const text of place.querySelectorAll('[data-copy]')) {
    const button = document.createElement('button');
    const word = text.getAttribute('data-copy') ?? '';
    button.type = 'button';
    button.textContent = word;
    button.className = 'noprint';
    button.dataset.copies = '';
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText((text.textContent ?? '').trim());
      button.textContent = text.getAttribute('data-copied') ?? word;
      setTimeout(() => { button.textContent = word; }, 2000);
    });
    text.after(button);
  }
}

offerCopies(document);
