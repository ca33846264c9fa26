"""What a run of schemathesis knows of the server under test: its secrets, its keys, and what the server told.

Everything is of the throw-away server that `run.py` starts; `hooks.py` reads it to say who calls and to sign.
"""

import base64
import collections
import hashlib
import hmac
import json
import os
import random
import struct
import threading
import time
import urllib.parse

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

HOTP_KEY = bytes.fromhex("3132333435363738393031323334353637383930")
TOTP_KEY = bytes.fromhex("3132333435363738393031323334353637383931")
OCRA_KEY = bytes.fromhex("3132333435363738393031323334353637383932")
CHURNED_KEY = bytes.fromhex("3132333435363738393031323334353637383933")
OCRA_SUITE = "OCRA-1:HOTP-SHA1-8:QN08"
OKAY = {40007: "the-secret-of-the-bank-for-the-gateway", 40008: "the-secret-of-the-churn-for-the-gateway"}
PORTAL = ("portal", "the-secret-of-the-portal")
# Many, since a site whose challenges are left or answered wrong makes its proofs dear.
SITES = {f"site-{number}": f"the-private-id-of-site-{number}-" + "x" * 64 for number in range(20)}


def site_tables():
    """The sites as they stand in the provisioning file: half of them ask for a code first."""
    table = '[[tenant.site]]\npublic_id = "{}"\nsecret = "{}"\nkinds = {}\ndifficulty = 20\n'
    kinds = ('["pow", "text"]', '["text", "pow"]')
    return "\n".join(table.format(name, SITES[name], kinds[turn % 2]) for turn, name in enumerate(SITES))



def truncated(digest, digits):
    """RFC 4226, section 5.3."""
    place = digest[-1] & 15
    number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def hotp(key, counter, digits=6):
    """RFC 4226."""
    return truncated(hmac.new(key, struct.pack(">Q", counter), "sha1").digest(), digits)


def ocra(question):
    """RFC 6287, for `OCRA_SUITE`."""
    digits = "".join(letter for letter in str(question) if letter in "0123456789")[:8] or "0"
    number = f"{int(digits):x}"
    padded = bytes.fromhex(number.ljust(256, "0"))
    return truncated(hmac.new(OCRA_KEY, OCRA_SUITE.encode() + b"\0" + padded, "sha1").digest(), 8)


def base64url(raw):
    """Without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def site_token(site, challenge=None):
    """The JSON Web Token by which a site's server asks."""
    now = int(time.time())
    told = {"iss": site, "iat": now, "exp": now + 60}
    if challenge:
        told["sub"] = challenge
    parts = [base64url(json.dumps(part).encode()) for part in ({"alg": "HS512", "typ": "JWT"}, told)]
    signed = ".".join(parts)
    return signed + "." + base64url(hmac.new(SITES[site].encode(), signed.encode(), "sha512").digest())


def solved(parameters):
    """Works a proof of work out; nothing where it is none of PBKDF2."""
    if parameters.get("algorithm") != "PBKDF2/SHA-256":
        return None
    nonce, salt = bytes.fromhex(parameters["nonce"]), bytes.fromhex(parameters["salt"])
    for counter in range(100):
        password = nonce + struct.pack(">I", counter)
        key = hashlib.pbkdf2_hmac("sha256", password, salt, parameters["cost"], parameters["keyLength"])
        if key.hex().startswith(parameters["keyPrefix"]):
            return {"counter": counter, "derivedKey": key.hex()}
    return None


def signed_text(title, fields):
    """docs/device-api.md, "The exact signed bytes"."""
    lines = [f"{title}\n".encode()]
    for name, value in fields:
        raw = value.encode()
        lines.append(f"{name}:{len(raw)}:".encode() + raw + b"\n")
    return b"".join(lines)


class Phone:
    """A linked phone."""

    def __init__(self, pem, device=None, user=None):
        self.key = serialization.load_pem_private_key(pem.encode(), None)
        self.pem, self.device, self.user = pem, device, user

    @classmethod
    def new(cls):
        """With a key of its own, linked to nobody."""
        key = ec.generate_private_key(ec.SECP256R1())
        plain = serialization.NoEncryption()
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
        return cls(key.private_bytes(*form, plain).decode())

    def sign(self, title, fields):
        """The signature in base64."""
        raw = self.key.sign(signed_text(title, fields), ec.ECDSA(hashes.SHA256()))
        one, other = decode_dss_signature(raw)
        return base64.b64encode(one.to_bytes(32, "big") + other.to_bytes(32, "big")).decode()

    def public(self):
        """The uncompressed point in base64."""
        form = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        return base64.b64encode(self.key.public_key().public_bytes(*form)).decode()

    def authorization(self, method, path, body):
        """The header of a request."""
        now, nonce = str(int(time.time() * 1000)), base64url(os.urandom(18))
        fields = [("device", self.device), ("method", method), ("path", path), ("time", now), ("nonce", nonce)]
        fields.append(("body_sha256", hashlib.sha256(body).hexdigest()))
        signature = self.sign("countersign request 1", fields)
        return f'Countersign device="{self.device}", time="{now}", nonce="{nonce}", signature="{signature}"'

    def link_body(self, code, name="Phone", platform="Android 16"):
        """The body of `POST /device/v1/link`."""
        now = int(time.time() * 1000)
        fields = [("code", code), ("public_key", self.public()), ("name", name), ("platform", platform)]
        signature = self.sign("countersign link 1", fields + [("time", str(now))])
        body = {"code": code, "public_key": self.public(), "name": name, "platform": platform}
        return body | {"capabilities": {"biometrics": True, "push": False}, "time_ms": now, "signature": signature}

    def decision_body(self, session, decision, pin=None, number=None):
        """The body of `POST /device/v1/sessions/{session}/decision`."""
        now = int(time.time() * 1000)
        names = ["tenant_id", "tenant_name", "user", "session", "type", "header", "text", "device_data"]
        fields = [(name, str(session.get(name) or "")) for name in names]
        fields += [("decision", decision), ("number", number or ""), ("pin", "given" if pin else "")]
        fields += [("user_verified", "yes"), ("time", str(now))]
        body = {"decision": decision, "pin": pin, "number": number, "user_verified": True}
        return body | {"time_ms": now, "signature": self.sign("countersign decision 1", fields)}


def gateway_signature(tenant, *fields):
    """The signature of a request to the gateway."""
    signed = "".join(str(field) for field in (tenant, *fields)) + OKAY.get(tenant, "")
    return base64.b64encode(hashlib.sha256(signed.encode("utf-8", "surrogatepass")).digest()).decode()


def link(base, user, tenant=40007, session=requests):
    """Has a linking code drawn for a user."""
    body = {"tenantId": tenant, "userExternalId": user, "signature": gateway_signature(tenant, user)}
    return session.post(f"{base}/gateway/link", json=body, timeout=30).json().get("linkingCode")


class Pools:
    """What the server told, by what it names; the newest of each."""

    def __init__(self):
        self.lock = threading.Lock()
        self.kept = collections.defaultdict(lambda: collections.deque(maxlen=60))

    def add(self, name, value):
        """Keeps one more, unless it is there."""
        with self.lock:
            if value and value not in self.kept[name]:
                self.kept[name].append(value)

    def any(self, rng, *names):
        """One of those under the first name that has any; nothing where none has."""
        with self.lock:
            for name in names:
                if self.kept[name]:
                    return rng.choice(list(self.kept[name]))
        return None


class World:
    """Everything that is known."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
        self.base, self.tokens, self.protected = told["base"], told["tokens"], set(told["protected"])
        self.phones = [Phone(**one) for one in told["phones"]]
        self.rng, self.pools = random.Random(told["seed"]), Pools()
        self.counter, self.turn, self.lock = 0, 0, threading.Lock()
        self.http = requests.Session()
        for name, values in told["pools"].items():
            for value in values:
                self.pools.add(name, value)

    def next_counter(self):
        """A counter of the button token that was not used yet."""
        with self.lock:
            self.counter += 1
            return self.counter

    def token(self):
        """Tokens take turns, since each has a number of requests a minute."""
        with self.lock:
            self.turn += 1
            return self.tokens[self.turn % len(self.tokens)]

    def challenge(self, site):
        """A challenge for a visitor of a site."""
        answer = self.http.get(f"{self.base}/ocapi/v2/challenge/{site}", headers=self.sender(), timeout=30)
        return answer.json() if answer.status_code == 200 else {}

    def sender(self):
        """Another address each time, as a trusted proxy tells it."""
        numbers = [str(self.rng.randrange(1, 255)) for _ in range(3)]
        return {"X-Forwarded-For": "10." + ".".join(numbers)}


def form(members):
    """Members as a form's body."""
    return urllib.parse.urlencode({name: value for name, value in members.items() if value is not None})


def mixed(rng, body, drawn, share=0.2):
    """A right body in which some members are as they were drawn, or missing."""
    body = dict(body)
    for name in list(body):
        if rng.random() < share:
            if isinstance(drawn, dict) and name in drawn:
                body[name] = drawn[name]
            elif rng.random() < 0.3:
                del body[name]
    return body


def as_form(members):
    """Sends a form."""
    def act(request):
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        request.prepare_body(form(members), None)

    return act


def as_json(value):
    """Sends JSON."""
    def act(request):
        request.headers["Content-Type"] = "application/json"
        request.prepare_body(json.dumps(value).encode(), None)

    return act
