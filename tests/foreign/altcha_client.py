"""The altcha library of PyPI, as it comes out of the box: it solves and verifies what this server issues, and this
server verifies what it solved.

Usage: python altcha_client.py BASE_URL SECRET STATEMENT    exit 0: all of it worked
STATEMENT: what the widget carries after a right code.
"""

import base64
import json
import sys
from urllib.request import urlopen

import altcha

base, secret, statement = sys.argv[1:]
place = f"{base}/ocapi/altcha/shop"


def issued(query):
    with urlopen(f"{place}/challenge?{query}") as answer:
        return json.load(answer)


def told(payload, key=secret):
    result = altcha.verify_server(payload, f"{place}/siteverify", key)
    return result.verified, result.reason


def solved_1(challenge):
    shown = altcha.ChallengeV1(
        algorithm=challenge["algorithm"],
        challenge=challenge["challenge"],
        max_number=challenge["maxnumber"],
        salt=challenge["salt"],
        signature=challenge["signature"],
    )
    solution = altcha.solve_challenge_v1(shown, max_number=challenge["maxnumber"])
    return altcha.PayloadV1(
        algorithm=challenge["algorithm"],
        challenge=challenge["challenge"],
        number=solution.number,
        salt=challenge["salt"],
        signature=challenge["signature"],
    ).to_base64()


def solved_2(challenge):
    shown = altcha.Challenge.from_dict(challenge)
    return altcha.Payload(shown, altcha.solve_challenge(shown)).to_base64()


def accepts_1(payload, key=secret):
    return altcha.verify_solution_v1(payload, key)[0]


def accepts_2(payload, key=secret):
    with_both = altcha.verify_solution(payload, key, hmac_key_secret=key).verified
    derived_again = altcha.verify_solution(payload, key).verified
    assert with_both == derived_again
    return with_both


for version, solve, accepts in [(1, solved_1, accepts_1), (2, solved_2, accepts_2)]:
    payload = solve(issued(f"v={version}"))
    assert accepts(payload), f"the library refuses version {version}"
    assert not accepts(payload, "another key"), version
    assert told(payload, "another key")[0] is False
    assert told(payload) == (True, None), f"the server refuses version {version}"
    assert told(payload) == (False, "ALREADY_USED")
    # Half of a proof is none, for whoever verifies it.
    half = solve(issued(f"v={version}&code=1"))
    assert not accepts(half), f"the library takes half of version {version}"
    assert told(half) == (False, "CODE_REQUIRED")

assert altcha.verify_server_signature(statement, secret).verified
assert not altcha.verify_server_signature(statement, "another key").verified
assert altcha.verify_server_signature_v1(statement, secret)[0]
decoded = json.loads(base64.b64decode(statement))
assert told(decoded) == (True, None)
assert told(statement) == (False, "ALREADY_USED")
print("altcha (PyPI): versions 1 and 2 and a statement, verified on both sides")
