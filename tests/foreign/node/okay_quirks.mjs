// Requests as the published clients send them, quirks and all, and their answers read as those clients read them.
//
// Usage: node okay_quirks.mjs BASE_URL PROGRAM HOME    exit 0: all of it worked
// PROGRAM is the software phone, which is linked and decides; HOME an empty folder for its keys.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { connect } from "node:net";

const [base, program, home] = process.argv.slice(2);
const secret = "securetoken";
const sign = (...fields) => createHash("sha256").update(fields.join("") + secret).digest("base64");
const phone = (name) => (...words) => execFileSync(program, ["device", ...words, "--home", `${home}/${name}`], { stdio: "pipe" });

/** Sends exactly these bytes; gives status and body. A connection that is dropped without an answer fails. */
const raw = (path, headers, body) => new Promise((resolve, reject) => {
  const { hostname, port } = new URL(base);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.on("error", reject);
  socket.on("data", (chunk) => { answer += chunk; });
  socket.on("end", () => {
    const at = answer.indexOf("\r\n\r\n");
    assert.ok(at > 0, "the connection was dropped");
    resolve({ status: Number(answer.slice(9, 12)), text: answer.slice(at + 4) });
  });
  const head = [`POST ${path} HTTP/1.1`, `Host: ${hostname}`, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, "Connection: close"];
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
});
const JSON_TYPE = "Content-Type: application/json";
const post = async (path, body, headers = [JSON_TYPE]) => {
  const { status, text } = await raw(path, headers, JSON.stringify(body));
  assert.equal(status, 200, text);
  return JSON.parse(text);
};
const done = { code: 0, message: "OK" };
const pending = { dataType: null, data: null };

// tenantId as a string; unsigned type and authParams with /check; the picture of the code as it is published.
{
  const [tenantId, user] = ["40007", "node client"];
  const linked = await post("/gateway/link", { tenantId, userExternalId: user, signature: sign(tenantId, user) });
  assert.deepEqual(linked.status, done);
  assert.match(linked.linkingCode, /^\d{6}$/);
  const picture = Buffer.from(linked.linkingQrImg, "base64");
  assert.equal(picture.subarray(1, 4).toString(), "PNG");
  assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20)], [300, 300]);
  assert.deepEqual([...picture.subarray(24, 29)], [1, 0, 0, 0, 0], "one bit, grayscale, not interlaced");
  phone("node")("link", "--server", base, "--code", linked.linkingCode);

  const authParams = { guiText: "Pay?", guiHeader: "Teapot Bank" };
  const start = { tenantId, userExternalId: user, type: 101, authParams };
  const started = await post("/gateway/auth", { ...start, signature: sign(tenantId, user, "Teapot Bank", "Pay?", 101) });
  assert.deepEqual(started.status, done);
  const sessionExternalId = started.sessionExternalId;
  const check = { tenantId, sessionExternalId, type: 101, authParams, signature: sign(tenantId, sessionExternalId) };
  const waiting = await post("/gateway/check", check);
  assert.equal(waiting.status.code, -1);
  assert.deepEqual(waiting.authResult, pending); // one client dereferences it while it waits
  phone("node")("approve");
  assert.deepEqual(await post("/gateway/check", check), { status: done, authResult: { dataType: 103, data: "OK" } });
}

// A base URL that ends in a slash, and numbers for everything; type 105 as that client means it.
{
  const [tenantId, user] = [40007, "2fa demo"];
  const linked = await post("//gateway/link", { tenantId, userExternalId: user, signature: sign(tenantId, user) });
  phone("2fa")("link", "--server", base, "--code", linked.linkingCode);
  const authParams = { guiText: "t", guiHeader: "h" };
  for (const [type, dataType] of [[101, 103], [105, 107]]) {
    const started = await post("//gateway/auth", { tenantId, userExternalId: user, type, authParams, signature: sign(tenantId, user, "h", "t", type) });
    const sessionExternalId = Number(started.sessionExternalId);
    assert.ok(Number.isSafeInteger(sessionExternalId), "it survives being made a number");
    phone("2fa")("approve");
    const checked = await post("//gateway/check", { tenantId, sessionExternalId, signature: sign(tenantId, sessionExternalId) });
    assert.deepEqual(checked.authResult, { dataType, data: "OK" });
  }
}

// type by name while its number is hashed, and answers read with regular expressions (a Keycloak plugin): what is not
// its decline word lets the user in, which is why the word is the tenant's.
{
  const [tenantId, user] = [40008, "keycloak user"];
  const first = (pattern, text) => pattern.exec(text)?.[1];
  const read = (text) => ({
    code: Number(first(/"code"\s*:\s*(-?\d+)/, text)), message: first(/"message"\s*:\s*"([^"]*)"/, text),
    session: first(/"sessionExternalId"\s*:\s*"([^"]*)"/, text), data: first(/"data"\s*:\s*"([^"]*)"/, text),
  });
  const ask = async (path, body) => read((await raw(path, [JSON_TYPE], JSON.stringify(body))).text);
  const authParams = { guiText: "t", guiHeader: "h" };
  const auth = { tenantId, userExternalId: user, type: "AUTH_OK", authParams, signature: sign(tenantId, user, "h", "t", 101) };
  assert.deepEqual((await ask("/gateway/auth", auth)).message, "UserNotLinked");
  const linked = await post("/gateway/link", { tenantId, userExternalId: user, signature: sign(tenantId, user) });
  phone("keycloak")("link", "--server", base, "--code", linked.linkingCode);
  for (const [act, data] of [["approve", "OK"], ["decline", "NO"]]) {
    const { code, message, session } = await ask("/gateway/auth", auth);
    assert.deepEqual([code, message], [0, "OK"]);
    phone("keycloak")(act);
    const checked = await ask("/gateway/check", { tenantId, sessionExternalId: session, signature: sign(tenantId, session) });
    assert.deepEqual([checked.code, checked.data], [0, data]);
  }
}

// Two Content-Type headers, the wrong one alone, and none: the body is JSON whatever they say.
{
  const [tenantId, user] = [40007, "php client"];
  const body = { tenantId, userExternalId: user, signature: sign(tenantId, user) };
  const form = "Content-Type: application/x-www-form-urlencoded";
  for (const headers of [[JSON_TYPE, form], [form], []]) {
    assert.deepEqual((await post("/gateway/link/", body, headers)).status, done);
  }
}

// What is wrong is told in a body that every client can read; the connection is never dropped.
{
  const [tenantId, user] = [40007, "node client"];
  const forged = await post("/gateway/link", { tenantId, userExternalId: user, signature: sign(tenantId, "somebody else") });
  assert.deepEqual(forged.status, { code: 101, message: "ProtocolError" });
  for (const body of ["", "[]", "{", "tenantId=40007"]) {
    const { status, text } = await raw("/gateway/link", [JSON_TYPE], body);
    assert.equal(status, 400);
    assert.deepEqual(JSON.parse(text).status, { code: 101, message: "ProtocolError" });
  }
}

// The guide's DEVICE_INFO: by name, tenantId as a string. The callback is of a type that no published receiver knows.
{
  const [tenantId, user, deviceData] = ["40007", "3137", "isBioEnabled"];
  const linked = await post("/gateway/link", { tenantId, userExternalId: user, signature: sign(tenantId, user) });
  phone("info")("link", "--server", base, "--code", linked.linkingCode);
  const wanted = { userExternalId: user, tenantId, type: "DEVICE_INFO", sessionParams: { deviceData }, signature: sign(tenantId, user, deviceData, 104) };
  assert.deepEqual((await post("/gateway/session", wanted)).status, done);
  phone("info")("approve");
  phone("2fa")("unlink");
}
