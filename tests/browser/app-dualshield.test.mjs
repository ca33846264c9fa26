// Offline codes of the app over the DualShield protocol: a response to the application's challenge, digits of a payee's account,
// and one-time passwords; each is taken once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.mjs';
import { enrol, newPhone, shown, startBank } from './support/codes.mjs';

let bank;
let browser;
let token;

/** What the application asks; gives the whole answer. */
async function das(method, body) {
  const answer = await fetch(`${bank.address}/das5/rest/auth/${method}`, {
    method: 'POST', body: JSON.stringify(body), headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
  });
  return answer.json();
}

before(async () => {
  [bank, browser] = await Promise.all([startBank(), launchBrowser()]);
  const answer = await fetch(`${bank.address}/das5/rest/oauth/token`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ grant_type: 'client_credentials', client_id: 'spl-api', client_secret: 'a-secret-of-the-portal-that-only-tests-know' }),
  });
  token = (await answer.json()).access_token;
});
after(async () => {
  await browser?.close();
  await bank?.close();
});

/** A phone with the device of one user. */
async function phoneOf(user) {
  const phone = await newPhone(browser, bank.address);
  const page = await phone.tab('codes');
  await enrol(page, bank.uris[user]);
  return page;
}

for (const [user, more] of [['mobile', {}], ['timed', { transaction: { account: 'NL91 ABNA 07880384' } }], ['plain', {}]]) {
  test(`a response to the application's challenge is taken once: ${user}`, async () => {
    const page = await phoneOf(user);
    const named = { user: { loginName: user }, token: { serial: user } };
    const { error, result } = await das('getChallengeCode', { ...named, ...more });
    assert.equal(error, 0);
    if (more.transaction) assert.equal(result.code, '07880384');
    await page.getByRole('link', { name: 'Answer a challenge' }).click();
    await page.getByLabel('Challenge code').fill(result.code);
    await page.getByRole('button', { name: 'Generate response', exact: true }).click();
    const credential = { otp: await shown(page.locator('.result')), cc: result.code };
    assert.deepEqual(await das('verifyResponse', { ...named, credential }), { error: 0 });
    assert.equal((await das('verifyResponse', { ...named, credential })).error, 1004);
    assert.deepEqual(page.complaints, []);
  });
}

test('a time-based code is taken once', async () => {
  const page = await phoneOf('time');
  const otp = await shown(page.locator('.codes .card', { hasText: 'ONLINEBANK' }).locator('.now'));
  const asked = { user: { loginName: 'time' }, credential: { otp } };
  assert.deepEqual(await das('verify', asked), { error: 0 });
  assert.equal((await das('verify', asked)).error, 1000);
});
