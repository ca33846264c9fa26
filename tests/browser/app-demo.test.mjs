// The first five minutes: the demo's website gives a code, the app is opened with it, and approves what the website asks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { button, newPhone, title } from './support/app.mjs';
import { launchBrowser } from './support/browser.mjs';
import { startDemo } from './support/server.mjs';

let demo;
let browser;
before(async () => { [demo, browser] = await Promise.all([startDemo(), launchBrowser()]); });
after(async () => {
  await browser?.close();
  await demo?.close();
});

test('the demo leads to the app, which links and approves', async () => {
  const phone = await newPhone(browser);
  const site = await phone.newPage();
  await site.goto(`${demo.okayWebsite}/?user=five%20minutes`);
  await site.getByRole('button', { name: 'Get a linking code' }).click();
  const [app] = await Promise.all([phone.waitForEvent('page'), site.getByRole('link', { name: 'Open the authenticator app with this code' }).click()]);
  await title(app, 'Link this phone');
  assert.match(app.url(), /^http:\/\/localhost:\d+\/app\/#\/link$/);
  await button(app, 'Link').click();
  await title(app, 'Linked');
  await app.getByRole('link', { name: 'To the approvals' }).click();
  await site.bringToFront();
  await site.getByRole('button', { name: 'Ask the phone' }).click();
  await app.bringToFront();
  await app.locator('a.waiting').click();
  await button(app, 'Approve').click();
  await title(app, 'Approved');
  await site.bringToFront();
  await site.locator('#entries > li', { hasText: 'Callback 102, an approval ended: Approved · ✓ verified' }).waitFor();
});
