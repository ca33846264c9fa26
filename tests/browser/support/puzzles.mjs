// The kinds of challenge that ask the visitor, as the mock makes them: what the browser gets, and what answer is right.
import { shapePicture, textPicture, tone } from './pictures.mjs';

const SHAPES = ['circle', 'square', 'triangle'];
const LINES = ['armada', 'hero round', 'water mill', 'yellow rye', 'reed'];
const CODES = ['3479hj', 'luwxy3', '9hjl74'];

const WORDS = {
  en: { choose: 'Choose all pictures that show: circle', copy: 'Type the text that each image shows', code: 'Type the characters that the image shows', image: 'Image {n} of 9', line: 'Text {n} of 2', letters: 'Distorted characters' },
  fr: { choose: 'Sélectionnez toutes les images qui montrent : cercle', copy: 'Saisissez le texte que montre chaque image', code: 'Saisissez les caractères que montre l’image', image: 'Image {n} sur 9', line: 'Texte {n} sur 2', letters: 'Caractères déformés' },
  de: { choose: 'Wählen Sie alle Bilder aus, die dies zeigen: Kreis', copy: 'Geben Sie den Text ein, den jedes Bild zeigt', code: 'Geben Sie die Zeichen ein, die das Bild zeigt', image: 'Bild {n} von 9', line: 'Text {n} von 2', letters: 'Verzerrte Zeichen' },
  es: { choose: 'Seleccione todas las imágenes que muestran: círculo', copy: 'Escriba el texto que muestra cada imagen', code: 'Escriba los caracteres que muestra la imagen', image: 'Imagen {n} de 9', line: 'Texto {n} de 2', letters: 'Caracteres distorsionados' },
};

/** Like the server: case and the spaces at the ends do not matter. */
const fold = (text) => String(text).trim().toLowerCase();

/** By `serial` one challenge differs from the next. */
const MAKERS = {
  classification: (serial, words) => {
    const shown = Array.from({ length: 9 }, (_, i) => SHAPES[(5 * i + (i >> 2) + serial) % 3]);
    const right = shown.flatMap((shape, i) => (shape === 'circle' ? [String(i + 1)] : []));
    return {
      question: words.choose, about: 'circle', images: shown.map(shapePicture), alt: words.image, right,
      isRight: (answer) => Array.isArray(answer) && [...answer].sort().join() === right.join(),
    };
  },
  transcription: (serial, words) => {
    const lines = [LINES[serial % 5], LINES[(serial + 2) % 5]];
    const right = { 1: lines[0], 2: lines[1] };
    return {
      question: words.copy, images: lines.map((line) => textPicture(line, 640, 120)), alt: words.line, right,
      isRight: (answer) => fold(answer?.[1]) === lines[0] && typeof answer[2] === 'string',
    };
  },
  text: (serial, words, lang) => {
    const right = CODES[serial % 3];
    return {
      question: words.code, length: 6, images: [textPicture(right, 400, 140)], alt: words.letters, right, audio: lang,
      isRight: (answer) => fold(answer).replaceAll(' ', '') === right,
    };
  },
};

/**
 * @param {string} kind
 * @param {string} id the challenge's
 * @param {number} serial how many were made before
 * @param {string} lang
 * @returns `shown` for the browser, `files` by path, `right` and `isRight`
 */
export function puzzle(kind, id, serial, lang) {
  const language = lang in WORDS ? lang : 'en';
  const { question, images, alt, right, isRight, audio, ...more } = MAKERS[kind](serial, WORDS[language], language);
  const root = `/ocapi/v2/challenge/${id}`;
  const files = new Map(images.map((bytes, i) => [`${root}/image/${i + 1}`, { type: 'image/png', bytes }]));
  if (audio) files.set(`${root}/audio`, { type: 'audio/wav', bytes: tone() });
  const shown = {
    lang: language, question, ...more, ...(audio ? { audio: `${root}/audio?lang=${audio}` } : {}),
    images: images.map((_, i) => ({ id: String(i + 1), url: `${root}/image/${i + 1}`, alt: alt.replace('{n}', String(i + 1)) })),
  };
  return { shown, files, right, isRight };
}

export const ASKING = Object.keys(MAKERS);
