"""A bank's portal as the published ActivID samples have it: their bodies byte for byte, with codes
from oathtool and from PyPI's `oath`, and nothing of ours but the server.

Usage: portal.py BASE_URL    exit 0: every answer was as documented
"""

import json
import subprocess
import sys
import time

import requests
from oath import OCRAChallengeResponseClient

BASE = sys.argv[1]
TOKEN = f"{BASE}/idp/ONLINEBANK/authn/token"
KEY_HEX = "3132333435363738393031323334353637383930"
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}

# The bodies of the published samples; only the passwords are replaced.
CLIENT_TOKEN = "grant_type=client_credentials&client_id=spl-api&client_secret=password01"
SYNCHRONOUS = (
    "mode=SYNCHRONOUS&password=129066&grant_type=password&authType=AT_CUSTOTP"
    "&client_id=spl-api&username=myTestUser1"
)
ASYNCHRONOUS = (
    "mode=ASYNCHRONOUS&password=47808082&device_id=13158&grant_type=password"
    "&channel=CH_CSTPORT&authType=AT_CUSTOTP&client_id=spl-api&username=myTestUser1"
)
SIGNING = (
    "mode=SIGNING&password=21035914&device_id=13158&grant_type=password"
    "&context=sign1%3AAccountId1%3Afalse sign2%3ATransactionId1%3Afalse sign3%3A10000%3Afalse"
    "&channel=CH_CSTPORT&authType=AT_CUSTOTP&client_id=spl-api&username=myTestUser1"
)
TRAILING = SIGNING.replace("%3Afalse sign", "%3Afalse+sign").replace(
    "10000%3Afalse&", "10000%3Afalse+&"
)


def oathtool(*arguments):
    """A code from oathtool."""
    command = ["oathtool", *arguments, KEY_HEX]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def ocra(suite, question):
    """A response from an OCRA implementation that is not ours."""
    return OCRAChallengeResponseClient(bytes.fromhex(KEY_HEX), suite).compute_response(question)


def post(body, bearer=None):
    """Sends a body exactly as it stands."""
    headers = dict(FORM)
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    return requests.post(TOKEN, data=body.encode(), headers=headers, timeout=10)


def with_password(body, password):
    """A published body with another password."""
    fields = ["password=" + password if f.startswith("password=") else f for f in body.split("&")]
    return "&".join(fields)


def accept(body, bearer):
    """The body must be answered by a user's token."""
    answer = post(body, bearer)
    assert answer.status_code == 200, (body, answer.status_code, answer.text)
    assert answer.headers["Cache-Control"] == "no-store", answer.headers
    assert answer.headers["Pragma"] == "no-cache", answer.headers
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8", answer.headers
    content = answer.json()
    assert list(content) == ["access_token", "token_type", "expires_in"], content
    assert content["token_type"] == "Bearer" and content["expires_in"] == 86400, content
    assert len(content["access_token"]) == 40, content


def refuse(body, bearer):
    """The body must be refused; gives the refusal's bytes."""
    answer = post(body, bearer)
    assert answer.status_code == 400, (body, answer.status_code, answer.text)
    assert answer.json()["error"] == "invalid_grant", answer.text
    return answer.content


def challenge(bearer, name, attributes):
    """Asks for a challenge as the vendor's clients do; gives the challenge."""
    action = "urn:hid:scim:api:idp:2.0:Action"
    answer = requests.post(
        f"{BASE}/scim/ONLINEBANK/v2/Authenticator/{name}.AT_CUSTOTP?api-version%20=%209",
        data=json.dumps(
            {
                "schemas": [action],
                action: {
                    "action": "USER-CHALLENGE" if name == "" else "DEVICE-CHALLENGE",
                    "attributes": attributes,
                },
            }
        ),
        headers={
            "Authorization": f"Bearer {bearer}",
            "Content-Type": "application/scim+json",
            "Accept": "*/*",
            "X-Correlation-ID": "portal-1",
        },
        timeout=10,
    )
    assert answer.status_code == 200, (answer.status_code, answer.text)
    assert answer.headers["Content-Type"] == "application/scim+json;charset=utf-8", answer.headers
    first = answer.json()["attributes"][0]
    assert first["name"] == "CHALLENGE" and len(first["value"]) == 8, answer.text
    return first["value"]


def main():
    answer = post(CLIENT_TOKEN)
    assert answer.status_code == 200, answer.text
    assert answer.json()["expires_in"] == 1576800, answer.text
    bearer = answer.json()["access_token"]

    # One-time passwords: event-based and time-based, each once.
    hotp = with_password(SYNCHRONOUS, oathtool("--hotp", "--counter", "0"))
    accept(hotp, bearer)
    replayed = refuse(hotp, bearer)
    totp = with_password(SYNCHRONOUS, oathtool("--totp"))
    accept(totp, bearer)
    assert refuse(totp, bearer) == replayed
    # The step before the present one is earlier than the one just spent.
    earlier = oathtool("--totp", "--now", time.strftime("%F %T UTC", time.gmtime(time.time() - 30)))
    assert refuse(with_password(SYNCHRONOUS, earlier), bearer) == replayed

    # A right code makes the count of failures begin anew.
    accept(with_password(SYNCHRONOUS, oathtool("--hotp", "--counter", "1")), bearer)

    # Challenge and response: by user, then by device; each challenge once.
    by_user = [{"name": "CHANNEL", "value": "CH_IIS"}, {"name": "USER.EXTERNALID", "value": "uid406jkt"}]
    by_device = [{"name": "DEVICE.ID", "value": "13158"}]
    for name, attributes in ("", by_user), ("13158", by_device):
        response = ocra("OCRA-1:HOTP-SHA1-8:QN08", challenge(bearer, name, attributes))
        accept(with_password(ASYNCHRONOUS, response), bearer)
        assert refuse(with_password(ASYNCHRONOUS, response), bearer) == replayed

    # A signature over three fields, with literal spaces; the same one again is refused and says so.
    signature = ocra("OCRA-1:HOTP-SHA1-8:QA64", "AccountId1TransactionId110000")
    accept(with_password(SIGNING, signature), bearer)
    again = refuse(with_password(SIGNING, signature), bearer)
    assert again != replayed, again
    other = TRAILING.replace("10000", "10001")
    signature = ocra("OCRA-1:HOTP-SHA1-8:QA64", "AccountId1TransactionId110001")
    accept(with_password(other, signature), bearer)

    # An unknown user, a wrong code and a locked user cannot be told apart.
    unknown = SYNCHRONOUS.replace("myTestUser1", "nobody")
    assert refuse(unknown, bearer) == replayed
    for _ in range(5):
        assert refuse(with_password(SYNCHRONOUS, "000000"), bearer) == replayed
    locked = with_password(SYNCHRONOUS, oathtool("--hotp", "--counter", "2"))
    assert refuse(locked, bearer) == replayed
    print("portal: every answer was as documented")


main()
