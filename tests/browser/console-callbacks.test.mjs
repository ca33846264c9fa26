// What moves, in a true browser: what phones are asked, and callbacks that were given up, by a tenant whose server takes none at first.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign as signText } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.mjs';
import { lookAt, newVisitor, setUp, startConsole } from './support/console.mjs';
import { program } from './support/server.mjs';

const SECRET = 'the-secret-of-a-tenant-that-only-tests-know';
const HOSTILE = `</bdi><img src=x onerror=alert(1)>\u202E${'long'.repeat(250)}`;
const sign = (...fields) => createHash('sha256').update(fields.join('')).update(SECRET).digest('base64');

let receiver;
let server;
let browser;
let page;
const phones = mkdtempSync(join(tmpdir(), 'countersign-phones-'));
before(async () => {
  receiver = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(receiver.status).end());
  });
  receiver.status = 410;
  await new Promise((resolve) => { receiver.listen(0, '127.0.0.1', resolve); });
  [server, browser] = await Promise.all([startConsole(`[[tenant]]
name = "TEAPOTS"
  [tenant.okay]
  id = 40007
  secret = "${SECRET}"
  callback_url = "http://127.0.0.1:${receiver.address().port}/callback"
  allow_private_callback = true
`), launchBrowser()]);
  page = await newVisitor(browser);
  await setUp(page, server.link());
});
after(async () => {
  await browser?.close();
  await server?.close();
  receiver.close();
  rmSync(phones, { recursive: true });
});

async function post(path, body) {
  const answer = await fetch(`${server.address}/gateway/${path}`, { method: 'POST', body: JSON.stringify({ tenantId: 40007, ...body }) });
  return answer.json();
}

async function link(user) {
  const { linkingCode } = await post('link', { userExternalId: user, signature: sign(40007, user) });
  execFileSync(program, ['device', 'link', '--server', server.address, '--code', linkingCode, '--home', join(phones, user)]);
}

/** Links a phone that gives itself this name and platform, over the device API (docs/device-api.md). */
async function linkNamed(user, name, platform) {
  const { linkingCode: code } = await post('link', { userExternalId: user, signature: sign(40007, user) });
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-65).toString('base64');
  const time = Date.now();
  const field = (key, value) => `${key}:${Buffer.byteLength(value)}:${value}\n`;
  const text = `countersign link 1\n${field('code', code)}${field('public_key', point)}${field('name', name)}${field('platform', platform)}${field('time', String(time))}`;
  const signature = signText('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64');
  const answer = await fetch(`${server.address}/device/v1/link`, { method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code, public_key: point, name, platform, time_ms: time, signature }) });
  assert.ok(answer.ok, await answer.text());
}

async function ask(user, header, text) {
  const told = await post('auth', { userExternalId: user, type: 101, authParams: { guiHeader: header, guiText: text }, signature: sign(40007, user, header, text, 101) });
  assert.ok(told.sessionExternalId, JSON.stringify(told));
  return told.sessionExternalId;
}

/** Loads the page until it has what is looked for: messages leave by themselves. */
async function until(path, there) {
  for (let tries = 0; tries < 100; tries += 1) {
    await page.goto(server.address + path);
    if (await there()) return;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  assert.fail(`${path} is ${await page.locator('main').textContent()}`);
}

test('what a phone is asked is listed, looked at with its text inert, and withdrawn', async () => {
  await link('ann');
  await ask('ann', 'Payment of 10 EUR', HOSTILE);
  await page.goto(`${server.address}/console/tenants/TEAPOTS/approvals`);
  assert.equal(await page.locator('tbody tr').count(), 1);
  await lookAt(page, 'approvals');
  await page.getByRole('link', { name: 'Payment of 10 EUR' }).click();
  assert.equal(await page.locator('main img').count(), 0);
  await lookAt(page, 'approval');
  await page.getByRole('link', { name: 'Withdraw' }).click();
  await lookAt(page, 'approval-withdraw');
  await page.getByRole('button', { name: 'Withdraw' }).click();
  await page.getByText('Nobody is being asked.').waitFor();
  await lookAt(page, 'approvals-none');
  await page.getByLabel('State').selectOption('all');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.locator('.state', { hasText: 'withdrawn' }).waitFor();
});

test('what a phone calls itself is inert on the page of its user', async () => {
  const name = '"><img src=x onerror=alert(1)>\u202Eevil';
  await linkNamed('eve', name, '<script>alert(2)</script>');
  await page.goto(`${server.address}/console/tenants/TEAPOTS/users?q=eve`);
  await page.getByRole('link', { name: 'eve' }).click();
  await page.getByText('onerror=alert(1)').first().waitFor();
  assert.equal(await page.locator('main img[src=x], main script').count(), 0);
  await lookAt(page, 'user-hostile-phone');
  assert.deepEqual(page.complaints, []);
});

test('what was given up is told with the reason, and leaves again: one, and those of a page', async () => {
  const dead = '/console/tenants/TEAPOTS/callbacks?state=dead';
  await until(dead, async () => await page.locator('tbody tr').count() > 0);
  await page.getByText('they are stopped since').waitFor();
  await page.getByText('410: the receiver wants no callbacks').first().waitFor();
  await link('bob');
  await until(dead, async () => await page.locator('tbody tr').count() > 1);
  await lookAt(page, 'callbacks');
  receiver.status = 200;
  const first = page.getByRole('button', { name: 'Send now' }).first();
  const sent = (await first.textContent()).trim();
  await first.click();
  await page.getByText('Messages that leave now: 1.').waitFor();
  assert.equal(new URL(page.url()).search, '?state=dead');
  await until(dead, async () => !(await page.locator('main').textContent()).includes(sent));
  // What came while callbacks were stopped may be given up later than what was sent again.
  await until(dead, async () => {
    const given = await page.locator('tbody tr').count();
    if (given) await page.getByRole('button', { name: 'Send all of this page' }).click();
    return given === 0;
  });
  await until('/console/callbacks', async () => await page.locator('tbody tr').count() === 0);
  await lookAt(page, 'callbacks-none');
  assert.deepEqual(page.complaints, []);
});

test('without script a filter and a withdrawal work', async () => {
  await ask('ann', 'Plain', 'plain?');
  const context = await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() });
  const plain = await context.newPage();
  await plain.goto(`${server.address}/console/tenants/TEAPOTS/callbacks`);
  await plain.getByLabel('Going there').selectOption('email');
  await plain.getByRole('button', { name: 'Show' }).click();
  await plain.getByText('Nothing waits here.').waitFor();
  assert.equal(await plain.getByLabel('Going there').inputValue(), 'email');
  await plain.goto(`${server.address}/console/tenants/TEAPOTS/approvals`);
  await plain.getByRole('link', { name: 'Withdraw' }).click();
  await plain.getByRole('button', { name: 'Withdraw' }).click();
  await plain.getByText('is withdrawn').waitFor();
  await context.close();
});
