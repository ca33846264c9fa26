// openid-client as it comes out of the box: discovery in both forms, tokens by both ways of client
// authentication, the password grant with the protocol's own parameters, introspection, revocation.
//
// Usage: node openid_client.mjs BASE_URL NODE_MODULES    exit 0: all of it worked

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { pathToFileURL } from "node:url";

const [base, modules] = process.argv.slice(2);
const entry = pathToFileURL(`${modules}/openid-client/build/index.js`);
const oidc = await import(entry.href);

const keyHex = "3132333435363738393031323334353637383930";
const code = (counter) =>
  execFileSync("oathtool", ["--hotp", "--counter", String(counter), keyHex]).toString().trim();

const issuer = new URL(`${base}/idp/ONLINEBANK/authn`);
let counter = 0;
for (const algorithm of ["oidc", "oauth2"]) {
  for (const authenticate of [oidc.ClientSecretBasic, oidc.ClientSecretPost]) {
    const config = await oidc.discovery(
      issuer,
      "spl-api",
      "password01",
      authenticate("password01"),
      { algorithm, execute: [oidc.allowInsecureRequests] },
    );
    assert.equal(config.serverMetadata().issuer, issuer.href);

    const own = await oidc.clientCredentialsGrant(config);
    assert.equal(own.token_type, "bearer"); // openid-client lower-cases it
    assert.equal(own.expires_in, 1576800);

    const users = await oidc.genericGrantRequest(config, "password", {
      username: "myTestUser1",
      password: code(counter),
      mode: "SYNCHRONOUS",
      authType: "AT_CUSTOTP",
    });
    counter += 1;
    assert.equal(users.expires_in, 86400);

    const told = await oidc.tokenIntrospection(config, users.access_token);
    assert.equal(told.active, true);
    assert.equal(told.username, "myTestUser1");
    await oidc.tokenRevocation(config, users.access_token);
    const after = await oidc.tokenIntrospection(config, users.access_token);
    assert.equal(after.active, false);

    await assert.rejects(
      oidc.genericGrantRequest(config, "password", {
        username: "myTestUser1",
        password: "000000",
        mode: "SYNCHRONOUS",
        authType: "AT_CUSTOTP",
      }),
      (error) => error.error === "invalid_grant",
    );
  }
}
console.log("openid-client: all of it worked");
