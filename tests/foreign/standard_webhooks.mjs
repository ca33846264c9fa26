// The Standard Webhooks library of npm, as it comes out of the box, on callbacks that were captured.
//
// Usage: node standard_webhooks.mjs NODE_MODULES < CALLBACKS     exit 0: all of them verified
// CALLBACKS: a JSON array of {secret, headers, body}.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules] = process.argv.slice(2);
const { Webhook } = createRequire(`${modules}/`)("standardwebhooks");

const callbacks = JSON.parse(readFileSync(0, "utf8"));
assert.ok(callbacks.length > 0);
for (const { secret, headers, body } of callbacks) {
  const webhook = new Webhook(secret);
  assert.deepEqual(webhook.verify(body, headers), JSON.parse(body));
  assert.throws(() => webhook.verify(`${body} `, headers));
  const later = { ...headers, "webhook-timestamp": String(Number(headers["webhook-timestamp"]) + 1) };
  assert.throws(() => webhook.verify(body, later));
}
console.log(`standardwebhooks (npm): ${callbacks.length} callbacks verified`);
