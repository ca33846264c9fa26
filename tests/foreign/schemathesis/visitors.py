"""How each operation for visitors is spoken: challenges created, worked out, answered and checked, as `acts.py` has it."""

import base64
import json

import world as w


def ocapi_name(world, case):
    """Creates, or checks with a token of the site."""
    rng = world.rng
    site = rng.choice(list(w.SITES))
    if rng.random() < 0.4:
        query = dict(case.query or {})
        if "kind" in query:
            query["kind"] = rng.choice(["pow", "text", "classification", "?"])
        if rng.random() < 0.7:
            query.pop("after", None)
            query.pop("peek", None)
        case.path_parameters, case.query = {"name": site}, query
        return None
    challenge = world.challenge(site).get("id", "c.unknown")
    if rng.random() < 0.4:
        answered(world, site)
    case.path_parameters = {"name": challenge}
    query = dict(case.query or {})
    if rng.random() < 0.7:
        query = {name: value for name, value in query.items() if name == "peek"}
    case.query = query

    def act(request):
        if rng.random() < 0.95:
            request.headers["Authorization"] = "Bearer " + w.site_token(site, rng.choice([None, challenge]))

    return act


def answered(world, site):
    """Answers a challenge of the kind `pow`, so that there is something to be checked."""
    asked = world.http.get(f"{world.base}/ocapi/v2/challenge/{site}?kind=pow", headers=world.sender(), timeout=30).json()
    answer = w.solved(asked.get("parameters", {}))
    if answer:
        place = f"{world.base}/ocapi/v2/challenge/{asked['id']}"
        world.http.post(place, json={"answer": answer}, headers=world.sender(), timeout=30)
        world.pools.add(f"solved {site}", asked["id"])


def ocapi_answer(world, case):
    rng = world.rng
    site = rng.choice(list(w.SITES))
    kind = rng.choice(["pow", "text"])
    url = f"{world.base}/ocapi/v2/challenge/{site}?kind={kind}"
    asked = world.http.get(url, headers=world.sender(), timeout=30).json()
    answer = w.solved(asked.get("parameters", {})) if kind == "pow" and rng.random() < 0.7 else None
    answer = answer or rng.choice(["7hlx4y", {"counter": 1, "derivedKey": "00"}, ["1"], {"1": "x"}, case.body])
    case.path_parameters = {"name": asked.get("id", "c.unknown")}
    case.body = rng.choice([{"answer": answer}] * 4 + [answer])
    return None


def ocapi_picture(world, case):
    site = world.rng.choice(list(w.SITES))
    url = f"{world.base}/ocapi/v2/challenge/{site}?kind=text"
    asked = world.http.get(url, headers=world.sender(), timeout=30).json()
    case.path_parameters = {**case.path_parameters, "name": asked.get("id", "c.unknown")}
    if "number" in case.path_parameters and world.rng.random() < 0.8:
        case.path_parameters["number"] = 1
    return None


def siteverify(world, case):
    rng = world.rng
    site = rng.choice(list(w.SITES)[:4])
    if rng.random() < 0.1:
        answered(world, site)
    body = {"secret": w.SITES[site], "response": world.pools.any(rng, f"solved {site}") or "unknown", "remoteip": "192.0.2.1"}
    body["sitekey"] = rng.choice([None, site])
    body["idempotency_key"] = rng.choice([None, "9f6c0b1e"])
    return w.as_form(w.mixed(rng, body, None, 0.1))


def altcha_challenge(world, case):
    case.path_parameters = {"public_id": world.rng.choice(list(w.SITES))}
    if world.rng.random() < 0.8:
        case.query = {"v": world.rng.choice([1, 2]), "code": world.rng.choice(["true", "false"])}
    return None


def altcha_payload(world, site):
    """A payload of ALTCHA's second form."""
    url = f"{world.base}/ocapi/altcha/{site}/challenge?v=2&code=false"
    asked = world.http.get(url, headers=world.sender(), timeout=30).json()
    solution = w.solved(asked.get("parameters", {}))
    payload = {"challenge": asked, "solution": dict(solution or {}, time=1)}
    return base64.b64encode(json.dumps(payload).encode()).decode()


def altcha_verify(world, case):
    site = world.rng.choice(list(w.SITES))
    case.path_parameters = {"public_id": site}
    body = {"payload": altcha_payload(world, site), "secret": w.SITES[site], "code": "7hlx4y"}
    return w.as_json(w.mixed(world.rng, body, case.body, 0.1))
