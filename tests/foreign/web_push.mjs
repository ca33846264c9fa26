// The libraries http_ece and jose of npm, as they come out of the box, on pushes that were captured.
//
// Usage: node web_push.mjs NODE_MODULES < PUSHES     exit 0: all of them opened and verified
// PUSHES: a JSON array of {body, auth, privateKey, publicKey, authorization, audience, serverKey, now, text}; what is
// bytes is in base64url.

import assert from "node:assert/strict";
import { createECDH } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const ece = require("http_ece");
const { importJWK, jwtVerify } = await import(require.resolve("jose"));

/** The point's coordinates as the members of a JWK. */
const jwk = (point) => {
  const bytes = Buffer.from(point, "base64url");
  const [x, y] = [bytes.subarray(1, 33), bytes.subarray(33)].map((half) => half.toString("base64url"));
  return { kty: "EC", crv: "P-256", x, y };
};

const pushes = JSON.parse(readFileSync(0, "utf8"));
assert.ok(pushes.length > 0);
for (const push of pushes) {
  const body = Buffer.from(push.body, "base64url");
  const privateKey = createECDH("prime256v1");
  privateKey.setPrivateKey(Buffer.from(push.privateKey, "base64url"));
  const opened = (from) => ece.decrypt(from, { version: "aes128gcm", privateKey, authSecret: push.auth }).toString();
  assert.deepEqual(JSON.parse(opened(body)), push.text);
  const changed = Buffer.from(body);
  changed[body.length - 20] ^= 1;
  assert.throws(() => opened(changed));

  const [, token, beside] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(push.authorization);
  assert.equal(beside, push.serverKey);
  const key = await importJWK(jwk(beside), "ES256");
  const now = new Date(push.now * 1000);
  const options = { audience: push.audience, algorithms: ["ES256"], currentDate: now };
  const { payload } = await jwtVerify(token, key, options);
  assert.ok(payload.exp - push.now <= 24 * 3600 && payload.exp > push.now);
  assert.match(payload.sub, /^(mailto:.+@|https:\/\/)/);
  await assert.rejects(jwtVerify(token, key, { ...options, audience: "https://other.example" }));
}
console.log(`http_ece and jose (npm): ${pushes.length} pushes opened and verified`);
