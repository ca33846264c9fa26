// Pictures and sounds for the mock: shapes, text in small capitals, and tones; as files that a browser decodes.
import { crc32, deflateSync } from 'node:zlib';

const chunk = (name, data) => {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
};

/** A PNG of `width` by `height` whose grey at a point is told by `shade`, from 0 to 255. */
function png(width, height, shade) {
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = shade(x, y);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0)),
  ]);
}

const SHAPES = {
  circle: (x, y) => x * x + y * y < 0.6,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.65,
  triangle: (x, y) => y < 0.7 && y > 2 * Math.abs(x) - 0.8,
};

/** @param {keyof SHAPES} shape @param {number} ink grey of the shape @param {number} pattern of the paper behind it */
export const shapePicture = (shape, ink = 60, pattern = 20) => png(
  240, 240, (x, y) => (SHAPES[shape](x / 120 - 1, y / 120 - 1) ? ink : 215 + (x + y) % pattern));

/** Five by seven points a letter, a row as a number, the highest bit to the left. */
const LETTERS = {
  3: '17 1 2 6 1 17 14', 4: '2 6 10 18 31 2 2', 7: '31 1 2 4 8 8 8', 9: '14 17 17 15 1 17 14', a: '14 17 17 31 17 17 17',
  d: '30 17 17 17 17 17 30', e: '31 16 16 30 16 16 31', h: '17 17 17 31 17 17 17', i: '14 4 4 4 4 4 14', j: '7 2 2 2 2 18 12', l: '16 16 16 16 16 16 31',
  m: '17 27 21 21 17 17 17', n: '17 25 21 19 17 17 17', o: '14 17 17 17 17 17 14', r: '30 17 17 30 20 18 17',
  t: '31 4 4 4 4 4 4', u: '17 17 17 17 17 17 14', w: '17 17 17 21 21 21 10', x: '17 17 10 4 10 17 17', y: '17 17 10 4 4 4 4',
};

/**
 * @param {string} text of the letters above and spaces
 * @param {number} width
 * @param {number} height
 * @param {number} [paper] grey behind the text; a pattern if it is not told
 */
export function textPicture(text, width, height, paper) {
  const scale = Math.floor(Math.min(width / (6 * text.length + 2), height / 9));
  const rows = [...text].map((letter) => (LETTERS[letter] ?? '0 0 0 0 0 0 0').split(' ').map(Number));
  return png(width, height, (x, y) => {
    const column = Math.floor(x / scale) - 1;
    const row = Math.floor(y / scale) - 1;
    const lit = ((rows[Math.floor(column / 6)]?.[row] ?? 0) >> (4 - (column % 6))) & 1;
    return lit && column >= 0 ? 20 : paper ?? 225 + (x * y) % 20;
  });
}

/** Half a second of a tone: WAV, mono, 8 kHz, 16 bits. */
export function tone() {
  const sound = Buffer.alloc(44 + 8000);
  sound.write('RIFF....WAVEfmt ', 'latin1');
  sound.writeUInt32LE(36 + 8000, 4);
  sound.writeUInt32LE(16, 16);
  sound.writeUInt16LE(1, 20);
  sound.writeUInt16LE(1, 22);
  sound.writeUInt32LE(8000, 24);
  sound.writeUInt32LE(16_000, 28);
  sound.writeUInt16LE(2, 32);
  sound.writeUInt16LE(16, 34);
  sound.write('data', 36, 'latin1');
  sound.writeUInt32LE(8000, 40);
  for (let i = 0; i < 4000; i++) sound.writeInt16LE(Math.round(6000 * Math.sin(i / 3)), 44 + 2 * i);
  return sound;
}
