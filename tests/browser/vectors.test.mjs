// The derivations of the widget against published vectors, in the browser; and what is promised of its files.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { modules, root } from './support/modules.mjs';
import { formPage, openWorld, untilState } from './support/world.mjs';

const widget = readFileSync(join(root, 'web/widget/ocapi.js'), 'utf8');
const derivation = readFileSync(join(root, 'web/widget/argon2id.js'), 'utf8');
/** The same script, but with its inner functions within reach. */
const opened = (names) => {
  const end = /\}\)\(\);\s*$/;
  assert.match(widget, end);
  return widget.replace(end, `globalThis.inner = { ${names} };\n})();`);
};

let world;
before(async () => { world = await openWorld(); });
after(() => world.close());

/** A page without policy that runs the given script. */
async function pageWith(script) {
  const page = await world.open(formPage(world.mock.address, ''), { policy: null });
  await page.addScriptTag({ content: script });
  return page;
}

test('PBKDF2 gives what RFC 7914, section 11 says, natively and in slices', async () => {
  const page = await pageWith(opened('pbkdf2, nativePbkdf2, hexOf'));
  const vectors = [
    ['passwd', 'salt', 1, '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc'],
    ['Password', 'NaCl', 80_000, '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56'],
  ];
  for (const [password, salt, iterations, key] of vectors) {
    assert.deepEqual(await page.evaluate(async ([p, s, n]) => {
      const [bytes, grains] = [p, s].map((text) => new TextEncoder().encode(text));
      const { pbkdf2, nativePbkdf2, hexOf } = window.inner;
      return [hexOf(pbkdf2(bytes, grains, n)), hexOf(await nativePbkdf2(bytes, grains, n))];
    }, [password, salt, iterations]), [key, key]);
  }
  const password = randomBytes(20);
  const salt = randomBytes(16);
  assert.equal(
    await page.evaluate(([p, s]) => window.inner.hexOf(window.inner.pbkdf2(Uint8Array.from(p), Uint8Array.from(s), 777)), [[...password], [...salt]]),
    pbkdf2Sync(password, salt, 777, 32, 'sha256').toString('hex'));
});

test('Argon2id gives what RFC 9106, section 5.3 says, in WebAssembly and in JavaScript', async () => {
  const page = await pageWith(derivation);
  const keys = await page.evaluate(() => {
    const recipe = {
      passes: 3, memory: 32, lanes: 4, length: 32, salt: new Uint8Array(16).fill(2),
      secret: new Uint8Array(8).fill(3), associated: new Uint8Array(12).fill(4),
    };
    return [window.fastKitchen, window.plainKitchen].map((kitchen) => Array.from(
      window.argon2id(new Uint8Array(32).fill(1), recipe, kitchen(recipe)), (byte) => byte.toString(16).padStart(2, '0')).join(''));
  });
  const key = '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659';
  assert.deepEqual(keys, [key, key]);
});

test('Argon2id with 16 MiB is quick enough for a hundred attempts', async (t) => {
  const page = await pageWith(derivation);
  const [fast, plain] = await page.evaluate(() => [window.fastKitchen, window.plainKitchen].map((kitchen) => {
    const recipe = { passes: 1, memory: 16_384, lanes: 1, length: 32, salt: new Uint8Array(16) };
    const ready = kitchen(recipe);
    const tries = kitchen === window.fastKitchen ? 12 : 2;
    const times = Array.from({ length: tries }, (_, i) => {
      const began = performance.now();
      window.argon2id(new Uint8Array(20).fill(i), recipe, ready);
      return performance.now() - began;
    });
    return Math.min(...times);
  }));
  t.diagnostic(`${fast.toFixed(1)} ms in WebAssembly, ${plain.toFixed(0)} ms in JavaScript`);
  assert.ok(fast < 150, `${fast} ms`);
});

test('the files pass the type checker', () => {
  execFileSync(process.execPath, [join(modules, 'typescript/bin/tsc'), '-p', join(root, 'web')], { stdio: 'pipe' });
});

test('the widget is one file of at most 84 kB, and a script tag with its hash takes it', async () => {
  assert.ok(Buffer.byteLength(widget) <= 84_000, `${Buffer.byteLength(widget)} bytes`);
  const hash = `sha384-${createHash('sha384').update(widget).digest('base64')}`;
  const html = formPage(world.mock.address).replace('crossorigin', `integrity="${hash}" crossorigin`);
  const page = await world.open(html);
  await untilState(page, 'ready');
  assert.deepEqual(page.complaints, []);
  const wrong = await world.open(html.replace(hash, hash.replace(/.{4}"?$/, 'AAAA')));
  assert.equal(await wrong.evaluate(() => typeof window.ocapi), 'undefined');
});
