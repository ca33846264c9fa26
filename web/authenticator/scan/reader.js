// From a picture to the text of its QR code: by the browser's own reader where it has one, else by the one in vendor/.

/** The longest side of what is looked at, in points: enough for any code that a camera shows sharply. */
const SIDES = [1600, 800];
/** Milliseconds that the reader in vendor/ may try harder: for one picture out of many, and for the only one. */
const PATIENCE_MS = { frame: 60, picture: 1500 };

/** @typedef {{ detect(source: CanvasImageSource): Promise<{ rawValue: string }[]> }} Detector */

/** @type {Promise<Detector | null> | undefined} */
let detector;

/** The browser's own reader, if it reads QR codes. @returns {Promise<Detector | null>} */
function own() {
  detector ??= (async () => {
    const Known = /** @type {any} */ (globalThis).BarcodeDetector;
    try {
      return Known && (await Known.getSupportedFormats()).includes('qr_code') ? new Known({ formats: ['qr_code'] }) : null;
    } catch {
      return null;
    }
  })();
  return detector;
}

/** @param {CanvasImageSource} source @returns {Promise<string | null>} */
async function readByBrowser(source) {
  try {
    const found = await (await own())?.detect(source);
    return found?.find(({ rawValue }) => rawValue !== '')?.rawValue ?? null;
  } catch {
    detector = Promise.resolve(null); // It is there and does not work, as where the system's part of it is missing.
    return null;
  }
}

/**
 * Draws the source so that its longest side has at most `longest` points, and reads that.
 * @param {CanvasImageSource} source
 * @param {{ width: number, height: number }} size
 * @param {number} longest
 * @param {number} timeLimit in milliseconds
 */
async function readByOurselves(source, { width, height }, longest, timeLimit) {
  const { decodeQR } = await import('../vendor/qr/decode.js');
  const scale = Math.min(1, longest / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return null;
  context.fillStyle = '#fff'; // Under pictures that let their ground through.
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  try {
    return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height), { timeLimit }) || null;
  } catch {
    return null; // There is no code in it, or none that can be read.
  }
}

/** What the camera shows just now. @param {HTMLVideoElement} video */
export async function readFrame(video) {
  const size = { width: video.videoWidth, height: video.videoHeight };
  if (size.width === 0) return null;
  return await readByBrowser(video) ?? readByOurselves(video, size, SIDES[1], PATIENCE_MS.frame);
}

/**
 * A picture from a file; throws what the browser throws where the file is no picture.
 * @param {Blob} file
 */
export async function readPicture(file) {
  const picture = await createImageBitmap(file);
  try {
    let text = await readByBrowser(picture);
    for (const side of SIDES) text ??= await readByOurselves(picture, picture, side, PATIENCE_MS.picture);
    return text;
  } finally {
    picture.close();
  }
}
