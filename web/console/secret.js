// Beside a field for a secret: a button that draws one, and how strong what stands in it is. The words are in the field's attributes.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** 43 random characters: 256 bits and a little more. */
function draw() {
  const bytes = crypto.getRandomValues(new Uint8Array(43));
  return Array.from(bytes, (byte) => ALPHABET[byte & 63]).join('');
}

/**
 * How strong a secret is at most: by its length, and by how many characters are different. It cannot see that one is a word.
 * @param {string} secret
 * @returns {'weak' | 'fair' | 'strong'}
 */
export function strength(secret) {
  const different = new Set(secret).size;
  if (secret.length >= 30 && different >= 12) return 'strong';
  return secret.length >= 16 && different >= 8 ? 'fair' : 'weak';
}

/** @param {HTMLInputElement} field */
function help(field) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = field.dataset.secret ?? '';
  const said = document.createElement('output');
  said.htmlFor.add(field.id);
  const row = document.createElement('p');
  row.className = 'row';
  row.append(button, said);
  field.after(row);
  const tell = () => {
    const found = strength(field.value);
    said.textContent = field.value ? field.dataset[found] ?? '' : '';
    said.className = `state ${{ weak: 'bad', fair: 'warn', strong: 'good' }[found]}`;
    said.hidden = !field.value;
  };
  button.addEventListener('click', () => {
    field.value = draw();
    field.select();
    tell();
  });
  field.addEventListener('input', tell);
  tell();
}

for (const field of document.querySelectorAll('input[data-secret]')) {
  if (field instanceof HTMLInputElement) help(field);
}
