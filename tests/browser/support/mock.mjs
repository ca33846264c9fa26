// A server that speaks the browser's half of the Ocapi protocol and can be told to misbehave, for the states that
// the true server cannot be brought into at will: unreachable, slow, refusing, about to expire.
import { createHmac, pbkdf2Sync, randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { argon2id, root } from './modules.mjs';
import { ASKING, puzzle } from './puzzles.mjs';

export const VERSION = '1.0.0';
const files = join(root, 'web/widget');
const FRAME_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

/**
 * What a test may change. `least` and `most` bound the counter; `lie` makes one right answer wrong, `bare` without a next
 * challenge; `refusal` is a status that every request gets, `pictureRefusal` what every picture and sound does. `kind` is
 * what is made where nobody asks for one, `kinds` what the site lists.
 */
const usual = () => ({
  algorithm: 'PBKDF2/SHA-256', cost: 300, least: 0, most: 60, life: 300_000, down: false, delay: 0, retryAfter: null,
  lie: null, refusal: null, pictureRefusal: null, kind: 'pow', kinds: undefined, wasm: true,
});

/** A proof of work as the server makes it: what the browser gets, and whether an answer is right. */
async function work({ algorithm, cost, least, most }, expires) {
  const nonce = randomBytes(16);
  const salt = randomBytes(16);
  const counter = randomInt(least, most);
  const password = Buffer.concat([nonce, Buffer.alloc(4)]);
  password.writeUInt32BE(counter, 16);
  const memoryCost = algorithm === 'ARGON2ID' ? { memoryCost: 1024, parallelism: 1 } : {};
  const key = algorithm === 'ARGON2ID'
    ? Buffer.from(await argon2id({ password, salt, iterations: 1, memorySize: 1024, parallelism: 1, hashLength: 32, outputType: 'binary' }))
    : pbkdf2Sync(password, salt, cost, 32, 'sha256');
  const parameters = {
    algorithm, cost: algorithm === 'ARGON2ID' ? 1 : cost, keyLength: 32, keyPrefix: key.subarray(0, 16).toString('hex'),
    keySignature: createHmac('sha256', 'mock').update(key).digest('hex'),
    nonce: nonce.toString('hex'), salt: salt.toString('hex'), expiresAt: Math.floor(expires / 1000), ...memoryCost,
  };
  const right = { counter, derivedKey: key.toString('hex') };
  const isRight = (given) => given?.counter === counter && given.derivedKey === right.derivedKey;
  return { shown: { parameters, signature: '00' }, right, isRight };
}

/** @returns a running mock: `address`, `knobs`, `requests`, `challenges`, `pictures`, `reset`, `close` */
export async function startMock() {
  const mock = { knobs: usual(), requests: [], challenges: new Map(), files: new Map(), pictures: [] };

  mock.mint = async (publicId, kind = 'pow', lang = 'en') => {
    const { life, kinds = [...new Set([kind, 'pow'])] } = mock.knobs;
    const expires = Date.now() + life;
    const id = `c.${randomBytes(16).toString('base64url')}`;
    const made = ASKING.includes(kind) ? puzzle(kind, id, mock.challenges.size, lang) : await work(mock.knobs, expires);
    const challenge = { state: 'pending', expires, publicId, kind, lang, ...made };
    mock.challenges.set(id, challenge);
    return { id, kind, kinds, expires_at: new Date(expires).toISOString(), ...made.shown };
  };

  const problem = (status, detail) => ({ status, body: { type: 'about:blank', title: detail, status, detail } });

  const create = async (publicId, query) => {
    if (publicId === 'unknown') return problem(404, 'no site has this public id');
    const { kind, kinds = [kind] } = mock.knobs;
    const wanted = query.get('kind') || kind;
    if (wanted !== 'pow' && !kinds.includes(wanted)) return problem(400, 'the site does not list this kind');
    if (query.has('after') && !mock.challenges.has(query.get('after'))) return problem(400, 'after is no challenge of this site');
    return { status: 200, body: await mock.mint(publicId, wanted, query.get('lang')) };
  };

  const answer = async (id, { answer: given }) => {
    const challenge = mock.challenges.get(id);
    if (!challenge) return problem(404, 'unknown challenge');
    if (challenge.expires < Date.now()) return problem(410, 'the challenge has expired');
    const texts = [given].flatMap((one) => (typeof one === 'object' && one ? Object.values(one) : one));
    if (texts.some((one) => /\p{Cc}/u.test(one))) return problem(400, 'a text has a control character');
    const right = challenge.isRight(given);
    if (challenge.state !== 'pending') {
      return right && challenge.state === 'valid' ? { status: 200, body: { id, state: 'valid' } } : problem(409, 'already answered');
    }
    const { lie } = mock.knobs;
    mock.knobs.lie = null;
    challenge.state = right && !lie ? 'valid' : 'invalid';
    if (challenge.state === 'valid') return { status: 200, body: { id, state: 'valid' } };
    const next = lie === 'bare' ? {} : { next: await mock.mint(challenge.publicId, challenge.kind, challenge.lang) };
    return { status: 200, body: { id, state: 'invalid', ...next } };
  };

  const picture = (path) => {
    const challenge = mock.challenges.get(path.split('/')[4]);
    const file = challenge?.files?.get(path);
    if (mock.knobs.pictureRefusal) return problem(mock.knobs.pictureRefusal, 'refused');
    if (!file) return problem(404, 'there is no such picture');
    return challenge.state === 'pending' && challenge.expires > Date.now() ? { status: 200, file } : problem(410, 'the challenge is over');
  };

  const serveFile = (path, response) => {
    const name = path.replace(`/ocapi/${VERSION}/`, '/').slice(1);
    const kind = name.endsWith('.html') ? 'text/html' : 'text/javascript';
    const policy = mock.knobs.wasm ? FRAME_POLICY : FRAME_POLICY.replace(" 'wasm-unsafe-eval'", '');
    response.writeHead(200, {
      'Content-Type': `${kind}; charset=utf-8`, 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin',
      'Content-Security-Policy': policy, 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-cache',
    });
    response.end(mock.files.get(name) ?? readFileSync(join(files, name)));
  };

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://mock');
    if (/^(\/ocapi\/[^/]+)?\/(ocapi\.js|solver\.html|solver\.js|argon2id\.js)$/.test(pathname)) return serveFile(pathname, response);
    if (mock.knobs.down) return request.socket.destroy();
    const cors = {
      'Access-Control-Allow-Origin': request.headers.origin ?? '*', 'Access-Control-Expose-Headers': 'Retry-After', Vary: 'Origin',
    };
    if (request.method === 'OPTIONS') {
      return response.writeHead(204, { ...cors, 'Access-Control-Allow-Headers': 'content-type', 'Access-Control-Max-Age': '0' }).end();
    }
    let text = '';
    for await (const chunk of request) text += chunk;
    const drawn = /\/(image\/\d+|audio)$/.test(pathname);
    if (drawn) mock.pictures.push(pathname);
    else mock.requests.push({ method: request.method, path: pathname, body: text, query: Object.fromEntries(searchParams) });
    // A timer that runs on would keep the whole file from ending.
    if (mock.knobs.delay) await new Promise((resolve) => { setTimeout(resolve, mock.knobs.delay).unref(); });
    const last = decodeURIComponent(pathname.split('/').at(-1));
    let result = mock.knobs.retryAfter ? problem(429, 'too many requests') : undefined;
    if (mock.knobs.refusal) result = problem(mock.knobs.refusal, 'refused');
    if (drawn) result ??= picture(pathname);
    result ??= request.method === 'POST' ? await answer(last, JSON.parse(text)) : await create(last, searchParams);
    const type = result.file?.type ?? (result.status === 200 ? 'application/json' : 'application/problem+json');
    response.writeHead(result.status, {
      ...cors, 'Content-Type': type, 'Cache-Control': 'no-store',
      ...(result.status === 429 ? { 'Retry-After': String(mock.knobs.retryAfter) } : {}),
    });
    response.end(result.file?.bytes ?? JSON.stringify(result.body));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });

  mock.address = `http://127.0.0.1:${server.address().port}`;
  mock.publicId = 'shop';
  mock.count = (method) => mock.requests.filter((request) => request.method === method).length;
  mock.reset = () => {
    mock.knobs = usual();
    mock.requests = [];
    mock.pictures = [];
    mock.files.clear();
  };
  mock.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return mock;
}
