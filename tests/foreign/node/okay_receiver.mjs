// A receiver of callbacks as strict as the published ones: it compares type and status.code as numbers, needs authResult
// in every 102, never answers when a signature is wrong, and answers 500 to a type it does not know (such as 104).
//
// Usage: node okay_receiver.mjs SECRET    prints its address, then a line of JSON for each callback

import { createHash } from "node:crypto";
import { createServer } from "node:http";

const secret = process.argv[2];
const STATUS_NAMES = new Map([[0, "SUCCESS"], [101, "ERROR"], [-1, "INCOMPLETE"]]);
const sign = (...fields) => createHash("sha256").update(fields.join("") + secret).digest("base64");

const expected = (body, status) => {
  if (body.type === 101 || body.type === 103) return sign(body.userExternalId, status, body.type);
  if (body.type === 102) {
    const { data, dataType } = body.authResult;
    return sign(body.userExternalId, body.sessionExternalId, status, 102, data, dataType);
  }
  // The published receivers know no 104; this one verifies it, and answers as they do.
  const { data, dataType } = body.sessionResult;
  return sign(body.userExternalId, body.sessionExternalId, status, body.type, data, dataType);
};

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    let body;
    let verified = false;
    try {
      body = JSON.parse(Buffer.concat(chunks).toString());
      verified = body.signature === expected(body, STATUS_NAMES.get(Number(body.status.code)));
    } catch (error) {
      body = { unreadable: String(error), came: Buffer.concat(chunks).toString() };
    }
    const known = [101, 102, 103].includes(body.type);
    const strict = known ? STATUS_NAMES.has(body.status.code) : true;
    console.log(JSON.stringify({ verified: verified && strict, id: request.headers["webhook-id"], body }));
    if (!verified) return;
    response.writeHead(known ? 200 : 500, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ data: known ? body : "unknown type" }));
  });
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/callback`));
