"""Writes files of tokens with python-pskc, in every way that it knows and the server reads.

Usage: pskc_files.py FOLDER. Prints a JSON list of what was written: file, serial of the first token, its user,
how many tokens, and which option opens the file with which other file.
"""

import json
import sys
from pathlib import Path

from pskc import PSKC

folder = Path(sys.argv[1])
written = []
HOTP = "urn:ietf:params:xml:ns:keyprov:pskc:hotp"
TOTP = "urn:ietf:params:xml:ns:keyprov:pskc:totp"
OCRA = "urn:ietf:params:xml:ns:keyprov:pskc:ocra"


def container(number):
    """Two tokens: one by counter, one by time."""
    pskc = PSKC()
    first = pskc.add_key(
        id=f"{number}1", serial=f"F{number}1", manufacturer="Foreign", issuer="Tests", algorithm=HOTP,
        response_length=6, response_encoding="DECIMAL", secret=bytes([number]) * 20, counter=70_000,
        key_userid=f"uid=holder{number},dc=example",
    )
    first.policy.key_usage.append("OTP")
    pskc.add_key(
        id=f"{number}2", serial=f"F{number}2", algorithm=TOTP, response_length=8, response_encoding="DECIMAL",
        secret=bytes([number, 1]) * 16, time_interval=60, time_drift=0, time_offset=0,
        algorithm_suite="HMAC-SHA256", key_userid=f"holder{number}",
    )
    return pskc


def write(number, pskc, opener="", opened_with="", count=2):
    name = f"file{number}.xml"
    pskc.write(str(folder / name))
    written.append({
        "file": name, "serial": f"F{number}1", "user": f"holder{number}", "count": count,
        "opener": opener, "with": opened_with,
    })


write(1, container(1))
number = 2
for algorithm, length in [("aes128-cbc", 16), ("aes192-cbc", 24), ("aes256-cbc", 32), ("kw-aes256", 32)]:
    pskc = container(number)
    key = bytes(range(number, number + length))
    pskc.encryption.setup_preshared_key(key=key, algorithm=algorithm, key_name="Transport", fields=["secret"])
    (folder / f"key{number}").write_text(key.hex())
    write(number, pskc, "--key-file", f"key{number}")
    number += 1
for algorithm in ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"]:
    pskc = container(number)
    key = bytes(range(number, number + 32))
    pskc.encryption.setup_preshared_key(key=key, algorithm="aes256-cbc", fields=["secret"])
    pskc.mac.setup(algorithm=algorithm)
    (folder / f"key{number}").write_text(key.hex())
    write(number, pskc, "--key-file", f"key{number}")
    number += 1
for prf in [None, "hmac-sha256", "hmac-sha512"]:
    pskc = container(number)
    pskc.encryption.setup_pbkdf2(
        password=f"passphrase {number}", algorithm="aes256-cbc", iterations=20_000, prf=prf, fields=["secret"],
    )
    (folder / f"passphrase{number}").write_text(f"passphrase {number}\n")
    write(number, pskc, "--passphrase-file", f"passphrase{number}")
    number += 1
# An OCRA key.
pskc = PSKC()
pskc.add_key(
    id="o", serial=f"F{number}1", algorithm=OCRA, algorithm_suite="OCRA-1:HOTP-SHA1-6:QN08",
    secret=b"12345678901234567890", key_userid=f"holder{number}", challenge_encoding="DECIMAL",
    challenge_min_length=8, challenge_max_length=8, response_length=6, response_encoding="DECIMAL",
)
write(number, pskc, count=1)
print(json.dumps(written))
