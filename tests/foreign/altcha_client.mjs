// altcha-lib of npm, as it comes out of the box: it solves and verifies what this server issues, and this server
// verifies what it solved.
//
// Usage: node altcha_client.mjs BASE_URL NODE_MODULES SECRET STATEMENT    exit 0: all of it worked
// STATEMENT: what the widget carries after a right code.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const [base, modules, secret, statement] = process.argv.slice(2);
const require = createRequire(join(modules, "anything.js"));
const two = require("altcha-lib");
const one = require("altcha-lib/v1");
const { deriveKey } = require("altcha-lib/algorithms/pbkdf2");

const place = `${base}/ocapi/altcha/shop`;
const issued = async (query) => (await fetch(`${place}/challenge?${query}`)).json();
const told = async (payload, key = secret) => {
  const { verified, reason } = await two.verifyServer({ payload, secret: key, url: `${place}/siteverify` });
  return { verified, reason };
};
const encoded = (payload) => Buffer.from(JSON.stringify(payload)).toString("base64");

const versions = [
  {
    version: 1,
    solve: async (challenge) => {
      const { algorithm, salt, signature, maxnumber } = challenge;
      const solution = await one.solveChallenge(challenge.challenge, salt, algorithm, maxnumber).promise;
      return encoded({ algorithm, challenge: challenge.challenge, salt, signature, ...solution });
    },
    accepts: (payload, key = secret) => one.verifySolution(payload, key),
  },
  {
    version: 2,
    solve: async ({ parameters, signature }) => {
      const solution = await two.solveChallenge({ challenge: { parameters, signature }, deriveKey });
      return encoded({ challenge: { parameters, signature }, solution });
    },
    accepts: async (payload, key = secret) => {
      const given = { ...JSON.parse(atob(payload)), deriveKey, hmacSignatureSecret: key };
      const derivedAgain = await two.verifySolution(given);
      const withBoth = await two.verifySolution({ ...given, hmacKeySignatureSecret: key });
      assert.equal(derivedAgain.verified, withBoth.verified);
      return withBoth.verified;
    },
  },
];
for (const { version, solve, accepts } of versions) {
  const payload = await solve(await issued(`v=${version}`));
  assert.equal(await accepts(payload), true, `the library refuses version ${version}`);
  assert.equal(await accepts(payload, "another key"), false);
  const refused = await told(payload, "another key");
  assert.deepEqual(refused, { verified: false, reason: "send the site's private id as secret" });
  assert.deepEqual(await told(payload), { verified: true, reason: undefined });
  assert.deepEqual(await told(payload), { verified: false, reason: "ALREADY_USED" });
  // Half of a proof is none, for whoever verifies it.
  const half = await solve(await issued(`v=${version}&code=1`));
  assert.equal(await accepts(half), false, `the library takes half of version ${version}`);
  assert.deepEqual(await told(half), { verified: false, reason: "CODE_REQUIRED" });
}

const payload = JSON.parse(atob(statement));
assert.equal((await two.verifyServerSignature({ payload, hmacSecret: secret })).verified, true);
assert.equal((await two.verifyServerSignature({ payload, hmacSecret: "another key" })).verified, false);
assert.equal((await one.verifyServerSignature(statement, secret)).verified, true);
assert.deepEqual(await told(payload), { verified: true, reason: undefined });
assert.deepEqual(await told(statement), { verified: false, reason: "ALREADY_USED" });
console.log("altcha-lib (npm): versions 1 and 2 and a statement, verified on both sides");
