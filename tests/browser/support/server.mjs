// The true server: `countersign serve` with a site of its own, or `countersign demo` with its website. The program is
// COUNTERSIGN_BIN, by default target/debug/countersign.
import { execFileSync, spawn } from 'node:child_process';
import { createDecipheriv, createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './modules.mjs';

export const program = process.env.COUNTERSIGN_BIN ?? join(root, 'target/debug/countersign');
export const SECRET = 'the-private-id-of-a-site-that-only-tests-know-and-that-is-long-enough-for-hs512';

/**
 * @param {string[]} words
 * @param {RegExp} announced what it prints when it is ready; its groups are given back
 */
export async function run(words, announced) {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const found = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${announced} in: ${said}`)), 90_000);
    child.on('exit', (code) => reject(new Error(`${words[0]} ended with ${code}: ${said}`)));
    const listen = (chunk) => {
      said += chunk;
      const match = announced.exec(said);
      if (!match) return;
      clearTimeout(timer);
      resolve(match);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
  });
  child.removeAllListeners('exit');
  const stop = () => new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.on('exit', resolve);
    child.kill('SIGKILL');
  });
  return { found, stop };
}

/** The code that the image of a challenge shows, which the server's own key alone tells: the id is opened with it. */
export function codeOf(data, id) {
  const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
  const lines = readFileSync(join(data, 'master.key'), 'utf8').trim().split('\n');
  const master = Buffer.from(lines.at(-1).split(' ')[1], 'hex');
  const sealed = Buffer.from(id.slice(2), 'base64url');
  const key = hmac(hmac(master, 'countersign tickets v1'), sealed.subarray(4, 8));
  const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(8, 20));
  cipher.setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([cipher.update(sealed.subarray(20, -16)), cipher.final()]);
  return plain.subarray(51).toString();
}

/**
 * A server with the site `shop`, whose pages may come from the given origins.
 * @param {string[]} origins
 * @param {{kinds?: string[], corpora?: {name: string, folder: string, csv: string}[]}} [wishes] by default proof of work
 */
export async function startServer(origins, { kinds = ['pow'], corpora = [] } = {}) {
  const data = mkdtempSync(join(tmpdir(), 'countersign-browser-'));
  const file = join(data, 'sites.toml');
  writeFileSync(file, `[[tenant]]
name = "TESTS"
  [[tenant.site]]
  public_id = "shop"
  secret = "${SECRET}"
  kinds = ${JSON.stringify(kinds)}
  corpora = ${JSON.stringify(corpora.map(({ name }) => name))}
  origins = ${JSON.stringify(origins)}
  difficulty = 200
`);
  const imports = corpora.map(({ name, folder, csv }) => ['corpus', 'import', folder, '--csv', csv, '--tenant', 'TESTS', '--name', name]);
  for (const words of [['init'], ['apply', file], ...imports]) execFileSync(program, ['--data', data, ...words], { stdio: 'pipe' });
  const serve = (listen) => run(['--data', data, 'serve', '--listen', listen], /listening on (http:\/\/\S+)/);
  let running = await serve('127.0.0.1:0');
  const address = running.found[1];
  return {
    address,
    stop: () => running.stop(),
    startAgain: async () => { running = await serve(new URL(address).host); },
    codeOf: (id) => codeOf(data, id),
    /** What a partner's server is told about a challenge. */
    check: async (id) => {
      const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const now = Math.floor(Date.now() / 1000);
      const text = `${part({ alg: 'HS512', typ: 'JWT' })}.${part({ iss: 'shop', iat: now, exp: now + 60 })}`;
      const token = `${text}.${createHmac('sha512', SECRET).update(text).digest('base64url')}`;
      const response = await fetch(`${address}/ocapi/v2/challenge/${id}`, { headers: { Authorization: `Bearer ${token}` } });
      return (await response.json()).state;
    },
    close: async () => {
      await running.stop();
      rmSync(data, { recursive: true });
    },
  };
}

/** The demo and its websites: a form, customers who approve on a phone, customers who sign in by grid, phone, card or sent code. */
export async function startDemo() {
  const announced = /listening on (http:\S+)[\s\S]*?Open (http:\S+)\/ in[\s\S]*?Open (http:\S+)\/ in[\s\S]*?Open (http:\S+)\/ in/;
  const running = await run(['demo', '--listen', '127.0.0.1:0'], announced);
  const [, address, website, okayWebsite, dualWebsite] = running.found;
  return { address, website, okayWebsite, dualWebsite, close: running.stop };
}
