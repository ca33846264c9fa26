"""An application as the published DualShield samples have it, on the Python standard library alone: a client
certificate instead of a token, `app_context + method`, and the answer's body without a look at the status.

Usage: dualshield_mutual_tls.py HOST PORT CA CERTIFICATE KEY      exit 0: every answer was as documented

Responses come from PyPI's `oath`, and the grid is read by the few lines below.
"""

import http.client
import json
import ssl
import sys

from oath import OCRAChallengeResponseClient

HOST, PORT, CA, CERTIFICATE, KEY = sys.argv[1:]
APP_CONTEXT = "/das5/rest/"
SEED = bytes.fromhex("3132333435363738393031323334353637383930")
SUITE = "OCRA-1:HOTP-SHA1-6:QN08"
PATH = "0369146"
HOURS = {"0": (-1, 0), "1": (-1, 1), "3": (0, 1), "4": (1, 1), "6": (1, 0), "9": (0, -1)}

# The bodies of the seed document; what stands for a value is replaced, and `return` is quoted.
CHALLENGE = """{
	"user":
	{
		"loginName":"login name",
		"domain.id":"domainid"
	},
	"token":
	{
		"id":"tid1"
	},
	"return":["id", "code", "starts", "expires"]
}"""
GRID = """{
	"user":
	{
		"loginName":"login name",
		"domain.id":"domainid"
	},
	"token":
	{
		"product.method":"GridGo"
	},
	"return":["id", "code", "reference"]
}"""
RESPONSE = """{
	"user":
	{
		"id":"userid"
	},
	"token":
	{
		"serial":"10000000"
	},
	"credential":
	{
		"otp":"xxxxxx",
		"cc":"yyyyyy"
	}
}"""


def context(certificate=True):
    """TLS as the sample has it, with or without the client's certificate."""
    made = ssl.create_default_context(cafile=CA)
    if certificate:
        made.load_cert_chain(CERTIFICATE, KEY)
    return made


def post(method, body, tls=None):
    """Sends a body exactly as it stands; gives the envelope."""
    connection = http.client.HTTPSConnection(HOST, int(PORT), context=tls or context(), timeout=20)
    connection.request("POST", APP_CONTEXT + method, body, {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    assert isinstance(answer["error"], int), answer
    return answer


def done(method, body):
    """The result of a call that must succeed."""
    answer = post(method, body if isinstance(body, str) else json.dumps(body))
    assert answer["error"] == 0, (method, body, answer)
    return answer.get("result")


def read_off(code, row, column):
    """What stands along the path from a cell; the edges are sewn together."""
    grid = json.loads(code)
    assert sorted(grid) == ["cols", "grid", "indiecs", "rows"], sorted(grid)
    assert grid["indiecs"] == "ABCDEFGHJKMNPRSTUVWXYZ" and grid["cols"] == 22, grid
    assert len(grid["grid"]) == grid["rows"] == 10, grid
    symbols = grid["grid"][row][column]
    for hour in PATH:
        row, column = (row + HOURS[hour][0]) % 10, (column + HOURS[hour][1]) % 22
        symbols += grid["grid"][row][column]
    return symbols


def main():
    domain = done("auth/listDomains", {"return": ["id", "name"]})["rows"][0]
    named = {"user": {"loginName": "myTestUser1", "domain.name": domain["name"]}}
    tokens = done("auth/listTokens", {**named, "return": ["*"]})["rows"]
    mobile = next(token for token in tokens if token["serial"] == "10000000")
    seeds = {"login name": "myTestUser1", "domainid": domain["id"], "tid1": mobile["id"]}
    seeds["userid"] = mobile["user"]["id"]

    def filled(body, **codes):
        for theirs, ours in {**seeds, **codes}.items():
            body = body.replace(theirs, ours)
        return body

    # A MobileID challenge by login name and token id, answered by user id and serial.
    issued = done("auth/generate", filled(CHALLENGE))
    assert sorted(issued) == ["code", "expires", "id", "starts"], issued
    assert len(issued["code"]) == 8 and issued["expires"].endswith("Z"), issued
    otp = OCRAChallengeResponseClient(SEED, SUITE).compute_response(issued["code"])
    answered = filled(RESPONSE, xxxxxx=otp, yyyyyy=issued["code"])
    assert post("auth/verifyResponse", answered) == {"error": 0}
    again = post("auth/verifyResponse", answered)
    assert again["error"] == 1004 and again["result"] == {"attemptsLeft": 4}, again

    # The grid, twice parsed, read from two places.
    for row, column in (0, 0), (9, 21):
        issued = done("auth/getChallengeCode", filled(GRID))
        assert sorted(issued) == ["code", "id", "reference"], issued
        codes = {"xxxxxx": read_off(issued["code"], row, column), "yyyyyy": issued["reference"]}
        body = filled(RESPONSE, **codes).replace("10000000", "30000000")
        assert post("auth/verifyResponse", body) == {"error": 0}

    # A grid of the caller's own is never looked at.
    done("auth/getChallengeCode", filled(GRID))
    forged = json.dumps({"grid": ["n" * 22] * 10, "rows": 10, "cols": 22, "indiecs": "A"})
    credential = {"otp": "nnnnnnnn", "cc": forged}
    body = {**named, "token": {"product.method": "GridGo"}, "credential": credential}
    assert post("auth/verify", json.dumps(body))["error"] == 1002

    # A code that is a number, text that is no JSON, somebody without the certificate.
    body = filled(RESPONSE).replace('"yyyyyy"', "7880384")
    answer = post("auth/verifyResponse", body)
    assert answer["error"] == 1100 and "credential.cc" in answer["message"], answer
    answer = post("auth/getChallengeCode", filled(CHALLENGE).replace('"return"', "return"))
    assert answer["error"] == 1100 and "no JSON" in answer["message"], answer
    assert post("auth/logout", "{}", context(certificate=False))["error"] == 1101
    assert post("auth/logout", "{}") == {"error": 0}
    print("mutual TLS: every answer was as documented")


main()
