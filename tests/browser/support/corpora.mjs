// Two small corpora for the true server. What an image shows can be told from its shades, so that a test can do what a
// visitor's eyes do, and does not have to know what the server drew lots for.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shapePicture, textPicture } from './pictures.mjs';

const INKS = { circle: 20, square: 80, triangle: 140 };
const TEXTS = [
  'armada', 'hero round', 'water mill', 'yellow rye', 'reed trail', 'old harmony', 'linden', 'oatmeal',
  'mandolin', 'home road', 'winter tea', 'hill and dale', 'marathon', 'one thread', 'tin trial', 'alder',
];
const PAPER = 100;
const STEP = 8;

/** @param {Record<string, Buffer>} files @param {string} header @param {[string, string][]} rows name and what it shows, if it is known */
function folderOf(files, header, rows) {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-corpus-'));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  const csv = join(folder, 'corpus.csv');
  writeFileSync(csv, [header, ...rows.map((row) => row.join())].join('\n'));
  return { folder, csv };
}

/** Three dozen shapes, a third of them not known. */
export function shapes() {
  const files = {};
  const rows = [];
  Object.entries(INKS).forEach(([shape, ink], at) => {
    for (let i = 0; i < 12; i++) {
      const name = `${at * 12 + i}.png`;
      files[name] = shapePicture(shape, ink + i, 12 + i);
      rows.push([name, i < 8 ? shape : '']);
    }
  });
  return { name: 'shapes', ...folderOf(files, 'file,class', rows) };
}

/** Sixteen texts, four of them not known. */
export function texts() {
  const files = Object.fromEntries(TEXTS.map((text, i) => [`${i}.png`, textPicture(text, 640, 120, PAPER + STEP * i)]));
  return { name: 'texts', ...folderOf(files, 'file,text', TEXTS.map((text, i) => [`${i}.png`, i < 12 ? text : ''])) };
}

/** Whether a shape's shade in the middle of its picture is that of the name. @param {string} name @param {number} shade */
export const isShape = (name, shade) => shade > INKS[name] - 15 && shade < INKS[name] + 30;

/** The text on paper of that shade. @param {number} shade */
export const textOn = (shade) => TEXTS[Math.round((shade - PAPER) / STEP)];
