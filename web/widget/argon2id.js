/**
 * argon2id.js: Argon2id (RFC 9106) for the worker of solver.js, and nothing else.
 *
 * The blocks are mixed by WebAssembly that is put together here, instruction by instruction; where a browser
 * refuses that, by the same arithmetic in JavaScript, which takes some fifteen times longer.
 */
(() => {
  'use strict';

  /**
   * @typedef {object} Recipe of a derivation; memory is in KiB, at least 8 a lane
   * @property {number} passes @property {number} memory @property {number} lanes @property {number} length
   * @property {Uint8Array} salt @property {Uint8Array} [secret] @property {Uint8Array} [associated]
   * @typedef {(prev: number, ref: number, out: number) => void} Mix makes the block `out` of two, given by byte offset
   * @typedef {object} Kitchen
   * @property {ArrayBuffer} buffer @property {Mix} mix
   * @property {Mix} mixInto like mix, but what was in `out` is kept in (passes after the first)
   */

  // ------------------------------------------------------------------ 64 bits in two halves, low first

  /** @param {Int32Array} v @param {number} to @param {number} low @param {number} high */
  function add(v, to, low, high) {
    const sum = (v[to] >>> 0) + (low >>> 0);
    v[to] = sum;
    v[to + 1] += high + (sum > 0xffffffff ? 1 : 0);
  }

  /**
   * v[to] = (v[to] ^ v[by]) rotated to the right
   * @param {Int32Array} v @param {number} to @param {number} by @param {number} bits 16, 24, 32 or 63
   */
  function xorRotate(v, to, by, bits) {
    const low = v[to] ^ v[by];
    const high = v[to + 1] ^ v[by + 1];
    if (bits < 32) {
      v[to] = (low >>> bits) | (high << (32 - bits));
      v[to + 1] = (high >>> bits) | (low << (32 - bits));
    } else {
      v[to] = bits === 32 ? high : (low << 1) | (high >>> 31);
      v[to + 1] = bits === 32 ? low : (high << 1) | (low >>> 31);
    }
  }

  /** @param {number} a @param {number} b @returns {number} the high half of the product of two unsigned halves */
  function timesHigh(a, b) {
    const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
    const middle = Math.imul(ah, bl);
    const carry = (Math.imul(al, bl) >>> 16) + (middle & 0xffff) + Math.imul(al, bh);
    return (Math.imul(ah, bh) + (middle >>> 16) + (carry >>> 16)) | 0;
  }

  // ------------------------------------------------------------------------------- BLAKE2b (RFC 7693)

  const IV = Int32Array.of(
    0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a,
    0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19);
  const SIGMA = [
    '0123456789abcdef', 'ea489fd61c02b753', 'b8c052fdae367194', '7931dcbe265a40f8', '905724afe1bc683d',
    '2c6a0b834d75fe19', 'c51fed4a0763928b', 'db7ec13950f4862a', '6fe9b308c2d714a5', 'a2847615fb9e3cd0',
    '0123456789abcdef', 'ea489fd61c02b753',
  ].map((row) => Array.from(row, (digit) => parseInt(digit, 16)));
  /** The four columns and four diagonals of a round. */
  const QUARTERS = [
    0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15,
    0, 5, 10, 15, 1, 6, 11, 12, 2, 7, 8, 13, 3, 4, 9, 14,
  ];

  /**
   * @param {number} length of the digest in bytes, at most 64
   * @param {Uint8Array[]} parts
   */
  function blake2b(length, parts) {
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    const message = new Uint8Array(Math.max(Math.ceil(total / 128), 1) * 128);
    let at = 0;
    for (const part of parts) {
      message.set(part, at);
      at += part.length;
    }
    const h = IV.slice();
    h[0] ^= 0x01010000 ^ length;
    const v = new Int32Array(32);
    for (let block = 0; block < message.length; block += 128) {
      const m = new Int32Array(message.buffer, block, 32);
      v.set(h);
      v.set(IV, 16);
      v[24] ^= Math.min(block + 128, total);
      if (block + 128 === message.length) {
        v[28] = ~v[28];
        v[29] = ~v[29];
      }
      for (const row of SIGMA) {
        for (let q = 0; q < 8; q++) {
          const [a, b, c, d] = QUARTERS.slice(4 * q, 4 * q + 4).map((word) => 2 * word);
          for (const [side, first, second] of [[0, 32, 24], [1, 16, 63]]) {
            const word = 2 * row[2 * q + side];
            add(v, a, v[b], v[b + 1]);
            add(v, a, m[word], m[word + 1]);
            xorRotate(v, d, a, first);
            add(v, c, v[d], v[d + 1]);
            xorRotate(v, b, c, second);
          }
        }
      }
      for (let i = 0; i < 16; i++) h[i] ^= v[i] ^ v[i + 16];
    }
    return new Uint8Array(h.buffer, 0, length);
  }

  // ------------------------------------------------------------------- mixing blocks, in two languages

  /** Where things lie in the memory, in bytes: two blocks of scratch, three for addresses, then the lanes. */
  const RAW = 0, MIXED = 1024, ZERO = 2048, INPUT = 3072, ADDRESSES = 4096, LANES = 5120;
  /** Offsets of the sixteen words of a row and of a column of a block; a row is 128 bytes, a column 16 wide. */
  const ROW = Array.from({ length: 16 }, (_, k) => 8 * k);
  const COLUMN = Array.from({ length: 16 }, (_, k) => 128 * (k >> 1) + 8 * (k & 1));

  /**
   * RFC 9106, sections 3.5 and 3.6, in JavaScript.
   * @param {Recipe} recipe
   * @returns {Kitchen} with room for it
   */
  function plainKitchen(recipe) {
    const memory = new Int32Array(LANES / 4 + 256 * recipe.memory);
    /**
     * Half of a quarter: a += b + 2 * low(a) * low(b), then d ^= a, rotated.
     * @param {number} a @param {number} b @param {number} d @param {number} bits
     */
    const half = (a, b, d, bits) => {
      const al = memory[a], bl = memory[b];
      const low = Math.imul(al, bl), twice = low << 1;
      const first = (al + bl) | 0, sum = (first + twice) | 0;
      const carry = (((al & bl) | ((al | bl) & ~first)) >>> 31) + (((first & twice) | ((first | twice) & ~sum)) >>> 31);
      const high = (memory[a + 1] + memory[b + 1] + ((timesHigh(al, bl) << 1) | (low >>> 31)) + carry) | 0;
      memory[a] = sum;
      memory[a + 1] = high;
      xorRotate(memory, d, a, bits);
    };
    /** @param {number} base @param {number[]} offsets */
    const permute = (base, offsets) => {
      for (let q = 0; q < 32; q += 4) {
        const a = (base + offsets[QUARTERS[q]]) >> 2, b = (base + offsets[QUARTERS[q + 1]]) >> 2;
        const c = (base + offsets[QUARTERS[q + 2]]) >> 2, d = (base + offsets[QUARTERS[q + 3]]) >> 2;
        half(a, b, d, 32);
        half(c, d, b, 24);
        half(a, b, d, 16);
        half(c, d, b, 63);
      }
    };
    /** @param {boolean} keep @returns {Mix} */
    const mixer = (keep) => (prev, ref, out) => {
      const p = prev >> 2, r = ref >> 2, o = out >> 2;
      for (let i = 0; i < 256; i++) memory[(RAW >> 2) + i] = memory[p + i] ^ memory[r + i];
      memory.copyWithin(MIXED >> 2, RAW >> 2, MIXED >> 2);
      for (let i = 0; i < 8; i++) permute(MIXED + 128 * i, ROW);
      for (let i = 0; i < 8; i++) permute(MIXED + 16 * i, COLUMN);
      for (let i = 0; i < 256; i++) {
        memory[o + i] = (keep ? memory[o + i] : 0) ^ memory[(RAW >> 2) + i] ^ memory[(MIXED >> 2) + i];
      }
    };
    return { buffer: memory.buffer, mix: mixer(false), mixInto: mixer(true) };
  }

  const GET = 0x20, SET = 0x21, TEE = 0x22, LOAD = 0x29, STORE = 0x37, I32_CONST = 0x41, I64_CONST = 0x42, CALL = 0x10;
  const ADD = 0x7c, MULTIPLY = 0x7e, XOR = 0x85, SHIFT_LEFT = 0x86, ROTATE_RIGHT = 0x8a;
  /** The low half of a word: i32.wrap_i64, i64.extend_i32_u. */
  const LOW = [0xa7, 0xad];
  const I32 = 0x7f, I64 = 0x7e, FUNCTION = 0x60, END = 0x0b;

  /** @param {number} n @returns {number[]} LEB128; a seventh bit that is set gets a zero after it, which both readings accept */
  function leb(n) {
    const bytes = [];
    for (; n > 63; n >>>= 7) bytes.push((n & 127) | 128);
    return [...bytes, n];
  }

  /** @param {number[][]} items */
  const list = (items) => [...leb(items.length), ...items.flat()];

  /** @param {number} id @param {number[]} content */
  const section = (id, content) => [id, ...leb(content.length), ...content];

  /** @param {number} words how many 64-bit variables beside the parameters @param {number[]} code */
  function body(words, code) {
    const content = [...list([[...leb(words), I64]]), ...code, END];
    return [...leb(content.length), ...content];
  }

  /**
   * The function that permutes sixteen words of a block, given the address of the first. They become variables 1 to 16.
   * @param {number[]} offsets
   */
  function permutation(offsets) {
    /** @param {number} to @param {number} by */
    const multiplyAdd = (to, by) => [
      GET, to, GET, by, ADD, GET, to, ...LOW, GET, by, ...LOW, MULTIPLY, I64_CONST, 1, SHIFT_LEFT, ADD, SET, to,
    ];
    /** @param {number} to @param {number} by @param {number} bits */
    const turn = (to, by, bits) => [GET, to, GET, by, XOR, I64_CONST, ...leb(bits), ROTATE_RIGHT, SET, to];
    const quarters = [0, 4, 8, 12, 16, 20, 24, 28].map((q) => {
      const [a, b, c, d] = QUARTERS.slice(q, q + 4).map((word) => word + 1);
      return [
        ...multiplyAdd(a, b), ...turn(d, a, 32), ...multiplyAdd(c, d), ...turn(b, c, 24),
        ...multiplyAdd(a, b), ...turn(d, a, 16), ...multiplyAdd(c, d), ...turn(b, c, 63),
      ];
    });
    return body(16, [
      ...offsets.map((offset, k) => [GET, 0, LOAD, 3, ...leb(offset), SET, k + 1]),
      ...quarters,
      ...offsets.map((offset, k) => [GET, 0, GET, k + 1, STORE, 3, ...leb(offset)]),
    ].flat());
  }

  /** @param {boolean} keep @returns {number[]} the function (prev, ref, out) that mixes; functions 0 and 1 permute */
  function mixing(keep) {
    const words = Array.from({ length: 128 }, (_, k) => 8 * k);
    const zero = [I32_CONST, 0];
    return body(1, [
      ...words.map((at) => [
        ...zero, ...zero, GET, 0, LOAD, 3, ...leb(at), GET, 1, LOAD, 3, ...leb(at), XOR, TEE, 3,
        STORE, 3, ...leb(RAW + at), GET, 3, STORE, 3, ...leb(MIXED + at),
      ]),
      ...[0, 1, 2, 3, 4, 5, 6, 7].map((i) => [I32_CONST, ...leb(MIXED + 128 * i), CALL, 0]),
      ...[0, 1, 2, 3, 4, 5, 6, 7].map((i) => [I32_CONST, ...leb(MIXED + 16 * i), CALL, 1]),
      ...words.map((at) => [
        GET, 2, ...zero, LOAD, 3, ...leb(RAW + at), ...zero, LOAD, 3, ...leb(MIXED + at), XOR,
        ...(keep ? [GET, 2, LOAD, 3, ...leb(at), XOR] : []), STORE, 3, ...leb(at),
      ]),
    ].flat());
  }

  /**
   * The same in WebAssembly. Throws where a browser does not allow it.
   * @param {Recipe} recipe
   * @returns {Kitchen} with room for it
   */
  function fastKitchen(recipe) {
    const name = [1, 0x6d];
    const code = Uint8Array.from([
      0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
      ...section(1, list([[FUNCTION, ...list([[I32]]), 0], [FUNCTION, ...list([[I32], [I32], [I32]]), 0]])),
      ...section(2, list([[...name, ...name, 2, 0, 1]])),
      ...section(3, list([[0], [0], [1], [1]])),
      ...section(7, list([[1, 0x61, 0, 2], [1, 0x62, 0, 3]])),
      ...section(10, list([permutation(ROW), permutation(COLUMN), mixing(false), mixing(true)])),
    ]);
    const memory = new WebAssembly.Memory({ initial: Math.ceil((LANES + 1024 * recipe.memory) / 65_536) });
    const { a, b } = new WebAssembly.Instance(new WebAssembly.Module(code), { m: { m: memory } }).exports;
    return { buffer: /** @type {ArrayBuffer} */ (memory.buffer), mix: /** @type {Mix} */ (a), mixInto: /** @type {Mix} */ (b) };
  }

  /** @param {Recipe} recipe @returns {Kitchen} the fastest there is */
  function kitchenFor(recipe) {
    try {
      return fastKitchen(recipe);
    } catch {
      return plainKitchen(recipe);
    }
  }

  // ------------------------------------------------------------------------------ Argon2id (RFC 9106)

  /** @param {number[]} numbers @returns {Uint8Array} little-endian */
  const le32 = (...numbers) => new Uint8Array(Uint32Array.from(numbers).buffer);

  /**
   * H' of section 3.3.
   * @param {number} length
   * @param {Uint8Array[]} parts
   */
  function longHash(length, parts) {
    if (length <= 64) return blake2b(length, [le32(length), ...parts]);
    const out = new Uint8Array(length);
    let digest = blake2b(64, [le32(length), ...parts]);
    let at = 0;
    for (; length - at > 64; at += 32) {
      out.set(digest.subarray(0, 32), at);
      digest = blake2b(Math.min(64, length - at - 32), [digest]);
    }
    out.set(digest, at);
    return out;
  }

  /**
   * @param {Uint8Array} password
   * @param {Recipe} recipe
   * @param {Kitchen} kitchen
   * @returns {Uint8Array}
   */
  function argon2id(password, recipe, { buffer, mix, mixInto }) {
    const { passes, memory, lanes, length, salt, secret = new Uint8Array(), associated = new Uint8Array() } = recipe;
    const segment = Math.floor(memory / (4 * lanes));
    const columns = 4 * segment;
    const bytes = new Uint8Array(buffer);
    const words = new Int32Array(buffer);
    /** @param {number} lane @param {number} column */
    const place = (lane, column) => LANES + 1024 * (lane * columns + column);

    const seed = blake2b(64, [
      le32(lanes, length, memory, passes, 0x13, 2), le32(password.length), password, le32(salt.length), salt,
      le32(secret.length), secret, le32(associated.length), associated,
    ]);
    for (let lane = 0; lane < lanes; lane++) {
      bytes.set(longHash(1024, [seed, le32(0, lane)]), place(lane, 0));
      bytes.set(longHash(1024, [seed, le32(1, lane)]), place(lane, 1));
    }
    bytes.fill(0, ZERO, INPUT);

    /** @param {number} pass @param {number} slice @param {number} lane */
    const fill = (pass, slice, lane) => {
      const independent = pass === 0 && slice < 2;
      bytes.fill(0, INPUT, ADDRESSES);
      [pass, lane, slice, columns * lanes, passes, 2].forEach((value, i) => { words[INPUT / 4 + 2 * i] = value; });
      for (let index = 0; index < segment; index++) {
        if (independent && index % 128 === 0) {
          words[INPUT / 4 + 12]++;
          mix(ZERO, INPUT, ADDRESSES);
          mix(ZERO, ADDRESSES, ADDRESSES);
        }
        if (pass === 0 && slice === 0 && index < 2) continue;
        const column = slice * segment + index;
        const prev = place(lane, (column || columns) - 1);
        const from = (independent ? ADDRESSES + 8 * (index % 128) : prev) / 4;
        const ref = pass === 0 && slice === 0 ? lane : (words[from + 1] >>> 0) % lanes;
        const done = pass === 0 ? slice * segment : columns - segment;
        const choice = done + (ref === lane ? index - 1 : index === 0 ? -1 : 0);
        const square = timesHigh(words[from], words[from]) >>> 0;
        const back = choice - 1 - Math.floor((choice * square) / 2 ** 32);
        const start = pass === 0 ? 0 : (slice + 1) * segment;
        (pass === 0 ? mix : mixInto)(prev, place(ref, (start + back) % columns), place(lane, column));
      }
    };
    for (let round = 0; round < 4 * passes; round++) {
      for (let lane = 0; lane < lanes; lane++) fill(round >> 2, round & 3, lane);
    }

    const last = new Int32Array(256);
    for (let lane = 0; lane < lanes; lane++) {
      const at = place(lane, columns - 1) / 4;
      for (let i = 0; i < 256; i++) last[i] ^= words[at + i];
    }
    return longHash(length, [new Uint8Array(last.buffer)]);
  }

  Object.assign(globalThis, { argon2id, fastKitchen, plainKitchen, kitchenFor });
})();
