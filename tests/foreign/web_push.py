"""The libraries http-ece and joserfc of PyPI, as they come out of the box, on pushes that were captured.

Usage: python web_push.py < PUSHES     exit 0: all of them opened and verified
PUSHES: as for web_push.mjs.
"""

import base64
import json
import sys

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwk, jwt


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def opened(push, body):
    private = ec.derive_private_key(int.from_bytes(decoded(push["privateKey"]), "big"), ec.SECP256R1())
    return http_ece.decrypt(body, private_key=private, auth_secret=decoded(push["auth"]), version="aes128gcm")


def refused(push, body):
    try:
        opened(push, body)
    except Exception:  # noqa: BLE001 - the library lets the errors of what it is built on through
        return True
    return False


pushes = json.load(sys.stdin)
assert pushes
for push in pushes:
    body = decoded(push["body"])
    assert json.loads(opened(push, body)) == push["text"]
    assert refused(push, body[:-1] + bytes([body[-1] ^ 1]))
    token, beside = push["authorization"].removeprefix("vapid t=").split(", k=")
    assert beside == push["serverKey"]
    point = decoded(beside)
    key = jwk.ECKey.import_key({"kty": "EC", "crv": "P-256", "x": encoded(point[1:33]), "y": encoded(point[33:])})
    claims = jwt.decode(token, key, algorithms=["ES256"]).claims
    assert claims["aud"] == push["audience"]
    assert 0 < claims["exp"] - push["now"] <= 24 * 3600
print(f"http-ece and joserfc (PyPI): {len(pushes)} pushes opened and verified")
