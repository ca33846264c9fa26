// The app in Chromium: linking, and every way in which a question is answered.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { button, linkByTyping, newPhone, openApp, openApproval, startBanks, title, withFinger } from './support/app.mjs';
import { launchBrowser } from './support/browser.mjs';
import { qrPicture } from './support/codes.mjs';

let bank;
let browser;
before(async () => { [bank, browser] = await Promise.all([startBanks(), launchBrowser()]); });
after(async () => {
  await browser?.close();
  await bank?.close();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

const data = async (session, id) => (await bank.check(session, id)).authResult;

/** A phone that is linked to a user of its own. */
async function linked(user, id, options) {
  const phone = await newPhone(browser, options);
  const page = await openApp(phone, bank);
  await linkByTyping(page, bank, user, id);
  return { phone, page };
}

async function typePin(page, pin) {
  for (const digit of pin) await page.getByRole('group', { name: 'Digits' }).getByRole('button', { name: digit, exact: true }).click();
}

async function setPin(page, user, pin = '1234', id = 40007) {
  const { session, number } = await bank.ask(user, 'SET_PIN', { id });
  await openApproval(page);
  await page.getByLabel('New PIN', { exact: true }).fill(pin);
  await page.getByLabel('The new PIN again').fill(pin);
  if (number) await page.getByLabel('Number').fill(number);
  await button(page, 'Set the PIN').click();
  await title(page, 'Approved');
  await page.getByRole('link', { name: 'To the approvals' }).click();
  return session;
}

test('the digits link a phone, which then approves and declines', async () => {
  const { phone, page } = await linked('yes and no');
  const first = await bank.ask('yes and no');
  await openApproval(page);
  assert.match(await page.locator('.facts').textContent(), /Asked byOnline BankYour accountyes and no/);
  await button(page, 'Approve').click();
  await title(page, 'Approved');
  assert.deepEqual(await data(first.session), { dataType: 103, data: 'OK' });
  await page.getByRole('link', { name: 'To the approvals' }).click();
  const second = await bank.ask('yes and no');
  await openApproval(page);
  await button(page, 'Decline').click();
  await title(page, 'Declined');
  assert.deepEqual(await data(second.session), { dataType: 101, data: 'CANCEL' });
  await page.goto(`${bank.app}#/history`);
  assert.deepEqual(await page.locator('.verdict').allTextContents(), ['Declined', 'Approved']);
  assert.deepEqual(phone.complaints, []);
});

test('a link that was opened links once the user says so, and leaves no code in the address', async () => {
  const page = await openApp(await newPhone(browser), bank, `#/link/${await bank.link('opened')}`);
  assert.match(await page.getByLabel('Linking code').inputValue(), /^\d{6}$/);
  assert.equal(new URL(page.url()).hash, '#/link');
  await page.getByLabel('Name of this phone').fill('Zoë’s phone');
  await button(page, 'Link').click();
  await title(page, 'Linked');
  assert.match(await page.locator('main').textContent(), /Online Bank.*opened/);
  await page.goto(`${bank.app}#/accounts`);
  await page.locator('a.card').click();
  assert.match(await page.locator('.facts').textContent(), /Zoë’s phone/);
});

test('a picture of the code links, and one of something else does not', async () => {
  const page = await openApp(await newPhone(browser), bank, '#/link');
  const choose = async (text) => {
    await button(page, 'Scan a QR code').click();
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), button(page, 'Choose a picture').click()]);
    await chooser.setFiles(qrPicture(text));
  };
  await choose('https://elsewhere.example/app/#/link/123456');
  await page.getByText('This is no linking code of this server.').waitFor();
  const code = await bank.link('picture');
  await choose(code);
  await page.waitForFunction((text) => document.querySelector('input[name=code]').value === text, code);
  await button(page, 'Link').click();
  await title(page, 'Linked');
  await page.getByRole('link', { name: 'To the approvals' }).click();
  await page.goto(`${bank.app}#/link`);
  await choose('otpauth://totp/Bank:me?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Bank');
  await page.waitForURL(/#\/enrol/);
});

test('a wrong code says what to do', async () => {
  const page = await openApp(await newPhone(browser), bank, '#/link');
  await page.getByLabel('Linking code').fill('12345');
  await button(page, 'Link').click();
  await page.getByText('A linking code has 6 to 12 digits.').waitFor();
  const code = await bank.link('wrong code');
  await page.getByLabel('Linking code').fill(String((Number(code) + 1) % 1_000_000).padStart(6, '0'));
  await button(page, 'Link').click();
  await page.getByText('The code is wrong, was used, or is too old. Get a new one.').waitFor();
  assert.equal(await page.getByLabel('Linking code').evaluate((field) => field === document.activeElement), true);
});

test('several accounts ask one phone, each with its own key', async () => {
  const { page } = await linked('both');
  await linkByTyping(page, bank, 'both', 40009);
  const [one, other] = [await bank.ask('both'), await bank.ask('both', 'OK', { id: 40009 })];
  await page.locator('a.waiting').nth(1).waitFor();
  await openApproval(page, 'Strict Bank');
  await button(page, 'Decline').click();
  await title(page, 'Declined');
  await page.getByRole('link', { name: 'To the approvals' }).click();
  await openApproval(page, 'Online Bank');
  await button(page, 'Approve').click();
  await title(page, 'Approved');
  assert.deepEqual(await data(other.session, 40009), { dataType: 101, data: 'NO' });
  assert.deepEqual(await data(one.session), { dataType: 103, data: 'OK' });
  const keys = await page.evaluate(() => new Promise((resolve) => {
    indexedDB.open('countersign-authenticator').onsuccess = ({ target }) => {
      target.result.transaction('devices').objectStore('devices').getAll().onsuccess = (found) => resolve(found.target.result.map(({ key }) => [key.privateKey.extractable, key.privateKey.algorithm.namedCurve]));
    };
  }));
  assert.deepEqual(keys, [[false, 'P-256'], [false, 'P-256']]);
});

test('a PIN is set, asked for, refused when wrong, forgotten, and the last wrong one ends it', async () => {
  const { page } = await linked('pins');
  assert.deepEqual(await data(await setPin(page, 'pins')), { dataType: 105, data: 'PIN' });
  const asked = await bank.ask('pins', 'PIN');
  await openApproval(page);
  await button(page, 'Approve').click();
  await page.getByText('4 to 12 digits.').first().waitFor();
  await typePin(page, '9999');
  await button(page, 'Approve').click();
  await page.getByText('The PIN is wrong. 2 tries left.').waitFor();
  assert.equal(await page.getByLabel('PIN', { exact: true }).inputValue(), '');
  await typePin(page, '12345');
  await button(page, 'Delete the last digit').click();
  await button(page, 'Approve').click();
  await title(page, 'Approved');
  assert.deepEqual(await data(asked.session), { dataType: 102, data: 'PIN' });
  await page.getByRole('link', { name: 'To the approvals' }).click();

  const wrong = await bank.ask('pins', 'FALLBACK');
  await openApproval(page);
  for (const left of ['2 tries', 'One try', null]) {
    await typePin(page, '8888');
    await button(page, 'Approve').click();
    if (left) await page.getByText(`The PIN is wrong. ${left} left.`).waitFor();
  }
  await title(page, 'It is over');
  assert.equal((await bank.check(wrong.session)).status.message, 'TenantSessionNotFound');
  await page.getByRole('link', { name: 'To the approvals' }).click();

  const forgot = await bank.ask('pins', 'PIN');
  await openApproval(page);
  await button(page, 'I forgot my PIN').click();
  await button(page, 'Yes, do it').click();
  await title(page, 'Declined: PIN forgotten');
  assert.deepEqual(await data(forgot.session), { dataType: 106, data: 'CANCEL' });
  await page.getByRole('link', { name: 'To the approvals' }).click();

  const forget = await bank.ask('pins', 'FORGET');
  await openApproval(page);
  await title(page, 'Shall your PIN be forgotten?');
  await button(page, 'Forget the PIN').click();
  await title(page, 'Approved');
  assert.deepEqual(await data(forget.session), { dataType: 106, data: 'OK' });
});

test('two new PINs that differ are not sent, and a tenant that wants four digits gets four', async () => {
  const { page } = await linked('four', 40009);
  const { session } = await bank.ask('four', 'SET_PIN', { id: 40009 });
  await openApproval(page);
  await page.getByText('4 digits.').waitFor();
  await typePin(page, '12341233');
  await button(page, 'Set the PIN').click();
  await page.getByText('The two are not the same. Type the new PIN again.').waitFor();
  await page.getByLabel('The new PIN again').fill('1234');
  await typePin(page, '5');
  await button(page, 'Set the PIN').click();
  await title(page, 'Approved');
  assert.deepEqual(await data(session, 40009), { dataType: 105, data: '1234' });
});

test('the number on the asking page has to be typed', async () => {
  const { page } = await linked('number', 40008);
  const { session, number } = await bank.ask('number', 'OK', { id: 40008 });
  await openApproval(page);
  await button(page, 'Approve').click();
  await page.getByText('Type the number in digits.').waitFor();
  await page.getByLabel('Number').fill(number === '11' ? '12' : '11');
  await button(page, 'Approve').click();
  await page.getByText('The number is wrong. 2 tries left.').waitFor();
  await page.getByLabel('Number').fill(number);
  await button(page, 'Approve').click();
  await title(page, 'Approved');
  assert.deepEqual(await data(session, 40008), { dataType: 103, data: 'OK' });
  await page.getByRole('link', { name: 'To the approvals' }).click();
  await setPin(page, 'number', '4711', 40008);
  const both = await bank.ask('number', 'PIN_TAN', { id: 40008 });
  await openApproval(page);
  await typePin(page, '4711');
  await page.getByLabel('Number').fill(both.number);
  await button(page, 'Approve').click();
  await title(page, 'Approved');
  assert.deepEqual(await data(both.session, 40008), { dataType: 102, data: 'PIN' });
});

test('“this was not me” declines after a question, and nothing is asked for a while', async () => {
  const { page } = await linked('somebody');
  const { session } = await bank.ask('somebody');
  await openApproval(page);
  await button(page, 'This was not me').click();
  await button(page, 'Cancel').click();
  assert.equal((await bank.check(session)).status.code, -1);
  await button(page, 'This was not me').click();
  await button(page, 'Yes, do it').click();
  await title(page, 'Declined: not you');
  assert.deepEqual(await data(session), { dataType: 101, data: 'CANCEL' });
  await assert.rejects(bank.ask('somebody'), /TenantReachedLimits/);
});

test('biometrics count once the phone has verified its user, and fall back where it cannot', async () => {
  const { page } = await linked('finger');
  const refused = await bank.ask('finger', 'BIOMETRIC_OK');
  await openApproval(page);
  await page.getByText('This phone or browser cannot make sure who holds it.').waitFor();
  await button(page, 'Not possible now: ask me for a PIN instead').click();
  await title(page, 'Declined: a PIN instead');
  assert.deepEqual(await data(refused.session), { dataType: 108, data: 'CANCEL' });
  await page.getByRole('link', { name: 'To the approvals' }).click();

  const finger = await withFinger(page);
  const { session } = await bank.ask('finger', 'BIOMETRIC_OK');
  await finger.verifies(false);
  await openApproval(page);
  await button(page, 'Approve').click();
  await page.getByText('The phone did not make sure that it is you. Try again.').waitFor();
  assert.equal((await bank.check(session)).status.code, -1);
  await finger.verifies(true);
  await button(page, 'Approve').click();
  await title(page, 'Approved');
  assert.deepEqual(await data(session), { dataType: 107, data: 'OK' });
  await page.getByRole('link', { name: 'To the approvals' }).click();

  const info = await bank.ask('finger', 'DEVICE_INFO');
  await openApproval(page);
  await page.getByText('Wanted: isBioEnabled').waitFor();
  await button(page, 'Tell them').click();
  await title(page, 'Approved');
  assert.deepEqual(await data(info.session), { dataType: 104, data: 'isBiometryEnabled=1;isApnsEnabled=0;' });
});

test('what expires says so by the server’s clock, however wrong the phone’s is', async () => {
  const phone = await newPhone(browser);
  await phone.addInitScript(() => {
    const now = Date.now;
    Date.now = () => now() + 3_600_000;
  });
  const page = await openApp(phone, bank);
  await linkByTyping(page, bank, 'late', 40010);
  await bank.ask('late', 'OK', { id: 40010 });
  await openApproval(page);
  assert.match(await page.getByRole('timer').textContent(), /^[0-4] s left$/);
  await page.getByText('The time is up. Nothing was approved.').waitFor();
});

test('what its asker withdraws goes from the phone', async () => {
  const { page } = await linked('withdrawn');
  const { session } = await bank.ask('withdrawn');
  await openApproval(page);
  bank.program('approval', 'cancel', session, '--tenant', 'T40007');
  await page.getByText('What became of it is not known here.').waitFor();
});
