// Hostile texts in the app: they are shown as they are signed, with what cannot be seen spelt out, and nothing of them runs.
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { after, before, test } from 'node:test';
import { button, linkByTyping, newPhone, openApp, openApproval, startBanks, title } from './support/app.mjs';
import { launchBrowser } from './support/browser.mjs';

let bank;
let browser;
let phone;
let page;
before(async () => {
  [bank, browser] = await Promise.all([startBanks(), launchBrowser()]);
  phone = await newPhone(browser);
  page = await openApp(phone, bank);
  await linkByTyping(page, bank, 'hostile');
});
after(async () => {
  await browser?.close();
  await bank?.close();
});

const handler = 'on' + 'error';
const SCRIPTS = ['<script>document.title="run"</script>', `<img src=x ${handler}="document.title='run'">`, `"><svg onload=alert(1)>`, 'javascript:alert(1)', '{{constructor.constructor("alert(1)")()}}',
  '</textarea><script>alert(1)</script>', '<iframe srcdoc="<script>parent.document.title=1</script>">', '<a href="javascript:alert(1)">Pay</a>', '${alert(1)}', '<style>*{display:none}</style>', '&lt;b&gt;', '<!--', ']]>', '\\u003cscript\\u003e'];
const BIDI = ['\u202E', '\u202D', '\u202A', '\u202B', '\u202C', '\u2066', '\u2067', '\u2068', '\u2069', '\u200E', '\u200F', '\u061C'];
const UNSEEN = ['\u200B', '\u200C', '\u2060', '\uFEFF', '\u00AD', '\u180E', '\u2061', '\u2062', '\u2063', '\u2064', '\u206A', '\u034F', '\u115F', '\u1160', '\u3164', '\uFFA0', '\u2028', '\u2029', '\u{E0041}', '\u{E0100}', '\u2800', '\uFFF9', '\uE000', '\u0085', '\u007F', '\u001B', '\u0008', '\r', '\t'];

/** At least 200 texts, each as it goes to the gateway. */
const TEXTS = [
  ...SCRIPTS, ...SCRIPTS.map((text) => `Pay 10 EUR ${text} to ACME`),
  ...BIDI.flatMap((sign) => [`Pay 10${sign}00 EUR`, `${sign}Pay 1 EUR to ACME${sign}`, `a${sign}\nb`]),
  ...UNSEEN.flatMap((sign) => [`Pay${sign}10 EUR`, `${sign}${sign}${sign}`, `x\n${sign}\ny`]),
  ...['x'.repeat(8000), 'Ж'.repeat(3500), '\n'.repeat(3000) + 'Pay 1000000 EUR', 'word '.repeat(1500), '🇩🇪'.repeat(800), 'W'.repeat(300), ' '.repeat(2000) + 'end'],
  ...['e' + '\u0301'.repeat(200), 'Z\u0335\u0336\u0337\u0338\u0334\u0335\u0336 10', 'مرحبا 100 EUR إلى ACME', 'שלום 100', '支払い 100円', '👨\u200D👩\u200D👧 family', 'ﷺ'.repeat(50), '1\u20E3', 'a\u0300\u0301\u0302\u0303\u0304\u0305'],
  ...Array.from({ length: 60 }, (_, at) => `Pay ${at},00 EUR${String.fromCodePoint(0x2000 + at)}to \u202EEMCA\u202C \u200B${SCRIPTS[at % SCRIPTS.length]}`),
];

/** The text of a question as it stands on the screen, with each spelt sign put back. */
const displayed = () => page.evaluate(() => {
  const back = (node) => [...node.childNodes].map((child) => {
    if (child.nodeType === Node.TEXT_NODE) return child.data;
    if (!child.classList.contains('sign')) throw new Error(`an element in a text: ${child.outerHTML}`);
    return String.fromCodePoint(Number.parseInt(child.textContent.slice(2), 16));
  }).join('');
  return { header: back(document.querySelector('.question .header')), text: back(document.querySelector('.question .text')) };
});

test(`${TEXTS.length} hostile texts are shown as they are asked, and do nothing`, async () => {
  assert.ok(TEXTS.length >= 200);
  const wrong = await page.evaluate(async (texts) => {
    const { shown, parts } = await import('/app/frame/visible.js');
    const seen = /[^\P{C}\n]|[\u2028\u2029\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u2800\u3164\uFFA0]/u;
    return texts.filter((text) => {
      const made = shown(text, 'div', 'text');
      document.querySelector('main').append(made);
      const back = [...made.childNodes].map((child) => (child.nodeType === Node.TEXT_NODE ? child.data : String.fromCodePoint(Number.parseInt(child.textContent.slice(2), 16)))).join('');
      const plain = parts(text).filter(({ hidden }) => !hidden).map((part) => part.text).join('').replace(/\p{Extended_Pictographic}\u200D(?=\p{Extended_Pictographic})/gu, '');
      const bad = back !== text || seen.test(plain) || [...made.children].some((child) => child.className !== 'sign');
      made.remove();
      return bad;
    });
  }, TEXTS);
  assert.deepEqual(wrong, []);
});

test('what was shown is what was signed, for texts of each sort', async () => {
  for (const text of [`${SCRIPTS[1]}\u202Egpj.exe\u200B`, TEXTS.find((one) => one.startsWith('\n'.repeat(100))), 'Ж'.repeat(3500), 'مرحبا 100 EUR إلى ACME', 'Zoë paid 12,50 € 👨\u200D👩\u200D👧\n\nto ACME', 'e' + '\u0301'.repeat(50)]) {
    const header = `Header ${text.slice(0, 40)}`;
    const { session } = await bank.ask('hostile', 'OK', { header, text });
    await openApproval(page);
    assert.deepEqual(await displayed(), { header, text });
    await page.locator('.question').evaluate((box) => box.scrollTo(0, box.scrollHeight));
    await button(page, 'Approve').click();
    await title(page, 'Approved');
    const { proof } = JSON.parse(bank.program('--json', 'approval', 'show', session, '--tenant', 'T40007'));
    assert.ok(proof.signed.includes(`\nheader:${Buffer.byteLength(header)}:${header}\ntext:${Buffer.byteLength(text)}:${text}\n`), 'the signed text has it byte for byte');
    const point = Buffer.from(proof.public_key, 'base64');
    const key = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') } });
    assert.ok(verify('sha256', Buffer.from(proof.signed), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(proof.signature, 'base64')));
    await page.getByRole('link', { name: 'To the approvals' }).click();
  }
  assert.deepEqual(phone.complaints, []);
  assert.doesNotMatch(await page.title(), /run/);
});

test('a long text has to be scrolled to its end before it can be approved', async () => {
  const { session } = await bank.ask('hostile', 'OK', { text: 'line\n'.repeat(400) + 'and 1,000,000 EUR' });
  await openApproval(page);
  await page.waitForTimeout(1200);
  assert.equal(await button(page, 'Approve').getAttribute('aria-disabled'), 'true');
  await button(page, 'Approve').click({ force: true });
  assert.equal((await bank.check(session)).status.code, -1);
  await page.getByText('You can approve once you have read to the end.').waitFor();
  await page.locator('.question').focus();
  await page.keyboard.press('End');
  await button(page, 'Approve').click();
  await title(page, 'Approved');
  await page.getByRole('link', { name: 'To the approvals' }).click();
});

test('signs that cannot be seen are counted in a warning', async () => {
  await bank.ask('hostile', 'OK', { header: 'Pay', text: '10\u200B00 \u202EEUR' });
  await openApproval(page);
  await page.getByText('The text has 2 signs in it that cannot be seen.').waitFor();
  assert.deepEqual(await page.locator('.question .sign').allTextContents(), ['U+200B', 'U+202E']);
  await button(page, 'Decline').click();
  await title(page, 'Declined');
});

test('a user and a tenant of hostile names do nothing either', async () => {
  const name = `${SCRIPTS[1]}\u202E`;
  await linkByTyping(page, bank, name);
  await bank.ask(name);
  await openApproval(page, 'Authorization requested');
  assert.match(await page.locator('.facts').textContent(), /<img src=x .*U\+202E/);
  assert.equal(await page.locator('main img').count(), 0);
  await button(page, 'Decline').click();
  await page.goto(`${bank.app}#/accounts`);
  await page.locator('a.card').nth(1).waitFor();
  assert.equal(await page.locator('main img').count(), 0);
  assert.deepEqual(phone.complaints, []);
});
