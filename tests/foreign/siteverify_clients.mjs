// Better Auth of npm with its plug-in for captchas, as it comes out of the box: people sign up, and what they send with it is
// verified in the shapes of three other services, each with another address.
//
// Usage: node siteverify_clients.mjs BASE_URL NODE_MODULES SECRET ID...    exit 0: all of it worked
// ID: six challenges that were answered right, two for each shape.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [base, modules, secret, ...ids] = process.argv.slice(2);
assert.equal(ids.length, 6);
const require = createRequire(join(modules, "anything.js"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { betterAuth } = await load("better-auth");
const { captcha } = await load("better-auth/plugins");
const { memoryAdapter } = await load("better-auth/adapters/memory");

const WRONG = "a-private-id-that-no-site-has-and-that-is-as-long-as-those-that-some-have";
const SHAPES = {
  "google-recaptcha": "/recaptcha/api/siteverify",
  hcaptcha: "/siteverify",
  "cloudflare-turnstile": "/turnstile/v0/siteverify",
};

let people = 0;

/** Somebody signs up at a website that verifies in this shape; the status and the code that they are told. */
async function signUp(provider, secretKey, response, more = {}) {
  const tables = { user: [], session: [], account: [], verification: [] };
  const auth = betterAuth({
    baseURL: "http://shop.example",
    secret: "what-the-shop-signs-its-cookies-with-and-nobody-else-knows",
    database: memoryAdapter(tables),
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [captcha({ provider, secretKey, siteVerifyURLOverride: `${base}${SHAPES[provider]}`, ...more })],
  });
  people += 1;
  const reply = await auth.handler(new Request("http://shop.example/api/auth/sign-up/email", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      origin: "http://shop.example",
      ...(response && { "x-captcha-response": response }),
    },
    body: JSON.stringify({ name: "Ann", email: `ann${people}@shop.example`, password: "a good long password" }),
  }));
  const told = await reply.json();
  assert.equal(tables.user.length, reply.status === 200 ? 1 : 0, "who is refused has no account");
  return { status: reply.status, code: told.code };
}

const DONE = { status: 200, code: undefined };
const FAILED = { status: 403, code: "VERIFICATION_FAILED" };

for (const [number, provider] of Object.keys(SHAPES).entries()) {
  const [first, second] = ids.slice(2 * number);
  assert.deepEqual(await signUp(provider, secret, first), DONE, provider);
  assert.deepEqual(await signUp(provider, secret, first), FAILED, `${provider}: a challenge twice`);
  assert.deepEqual(await signUp(provider, WRONG, second), FAILED, `${provider}: a wrong secret`);
  for (const nothing of ["c.AAAA", "nonsense"]) assert.deepEqual(await signUp(provider, secret, nothing), FAILED);
  assert.equal((await signUp(provider, secret, "")).status, 400);
  if (provider === "hcaptcha") {
    assert.deepEqual(await signUp(provider, secret, second, { siteKey: "forum" }), FAILED, "another site's key");
    assert.deepEqual(await signUp(provider, secret, second, { siteKey: "shop" }), DONE, "nothing was spent");
  } else {
    assert.deepEqual(await signUp(provider, secret, second), DONE, `${provider}: a wrong secret spent the challenge`);
  }
}
console.log("Better Auth: verified in three shapes by another address");
