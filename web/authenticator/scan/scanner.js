// A QR code's text, by the camera or from a picture. The camera is asked for when this is called, which is upon a tap, and let go of
// however it ends: found, given up, another screen, the app in the background.

import { element } from '../frame/dom.js';
import { button, paragraph } from '../frame/parts.js';
import { t } from '../frame/words.js';
import { readFrame, readPicture } from './reader.js';

/** Milliseconds between two looks. */
const LOOK_AFTER_MS = 120;

/**
 * Shows the scanner at the end of `root` until something was read.
 * @param {HTMLElement} root
 * @returns {Promise<string | null>} null: given up
 */
export async function scan(root) {
  const end = new AbortController();
  const { promise, resolve } = settled();
  const status = element('p', { role: 'status', class: 'hint' }, t('scanWait'));
  const video = element('video', { playsinline: true, 'aria-hidden': 'true' });
  video.muted = true; // The property counts: the attribute is read by the parser alone.
  const file = element('input', { type: 'file', accept: 'image/*', hidden: true, change: () => choose(file, status, resolve) });
  const panel = element('section', { class: 'scanner', 'aria-label': t('scanTitle') },
    element('div', { class: 'view' }, video), status,
    element('div', { class: 'row' }, button(t('scanPicture'), () => file.click()), button(t('cancel'), () => resolve(null))), file);
  root.append(panel);
  panel.scrollIntoView({ block: 'nearest' });
  try {
    look(panel, video, status, end.signal).then(resolve);
    return await promise;
  } finally {
    end.abort();
    panel.remove();
  }
}

/** @returns {{ promise: Promise<string | null>, resolve: (text: string | null) => void }} */
function settled() {
  /** @type {(text: string | null) => void} */
  let resolve = () => {};
  const promise = new Promise((done) => { resolve = done; });
  return { promise, resolve };
}

/**
 * Reads a chosen picture.
 * @param {HTMLInputElement} file
 * @param {HTMLElement} status
 * @param {(text: string) => void} found
 */
async function choose(file, status, found) {
  const [chosen] = file.files ?? [];
  file.value = ''; // So that the same picture can be chosen again.
  if (!chosen) return;
  status.textContent = t('scanReading');
  try {
    const text = await readPicture(chosen);
    if (text !== null) return found(text);
    status.textContent = t('scanNothing');
  } catch {
    status.textContent = t('scanNoPicture');
  }
}

/**
 * Looks through the camera until a code is read, the panel has left the page, or the signal ends it; null then. Without a camera it says
 * so, and a picture can still be chosen.
 * @param {HTMLElement} panel
 * @param {HTMLVideoElement} video
 * @param {HTMLElement} status
 * @param {AbortSignal} signal
 * @returns {Promise<string | null>}
 */
async function look(panel, video, status, signal) {
  /** @type {MediaStream | null} */
  let stream = null;
  try {
    for (;;) {
      await pause(LOOK_AFTER_MS);
      if (signal.aborted || !panel.isConnected) return null;
      // In the background nobody sees what the camera sees; it begins again when the app is seen.
      if (document.visibilityState === 'hidden') {
        stop(stream);
        stream = null;
        continue;
      }
      if (stream === null && !panel.classList.contains('blind')) stream = await openCamera(panel, video, status, signal);
      const text = stream && await readFrame(video);
      if (text && !signal.aborted) return text;
    }
  } finally {
    stop(stream);
    video.srcObject = null;
  }
}

/** @param {number} ms */
const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

/** @param {MediaStream | null} stream */
const stop = (stream) => stream?.getTracks().forEach((track) => track.stop());

/**
 * @param {HTMLElement} panel
 * @param {HTMLVideoElement} video
 * @param {HTMLElement} status
 * @param {AbortSignal} signal
 */
async function openCamera(panel, video, status, signal) {
  /** @type {MediaStream | null} */
  let stream = null;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 960 } } });
    if (signal.aborted || !panel.isConnected) {
      stop(stream);
      return null;
    }
    video.srcObject = stream;
    await video.play();
    panel.classList.add('seeing');
    status.textContent = t('scanPoint');
    return stream;
  } catch (error) {
    stop(stream);
    if (signal.aborted) return null;
    panel.classList.add('blind');
    const refused = error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError');
    status.replaceChildren(paragraph(t(refused ? 'scanRefused' : 'scanNoCamera')));
    return null;
  }
}
