"""Hooks of schemathesis: they say who calls, sign what has to be signed, and put what the server told before in the
place of what was drawn, so that the code behind the door is reached and not the door alone.

One request in six stays as it was drawn. What is replaced is drawn from one seed.
"""

import json
import os

import schemathesis
from acts import ACTS
from world import World

WORLD = World(os.environ["COUNTERSIGN_WORLD"])

# By which of the server's answers which names are learnt: operation, pool, member.
LEARNT = {
    "tenantCreate": ("tenant", "name"),
    "tenantList": ("tenant", "name"),
    "officerCreate": ("officer", "id"),
    "officerList": ("officer", "id"),
    "tokenCreate": ("token", "id"),
    "clientCreate": ("client", "id"),
    "siteCreate": ("public_id", "public_id"),
    "policyCreate": ("code", "code"),
    "userCreate": ("user", "id"),
    "userList": ("user", "id"),
    "authenticatorCreate": ("serial", "serial"),
    "authenticatorList": ("serial", "serial"),
    "challengeList": ("challenge", "id"),
    "sessionList": ("session", "id"),
    "linkedDeviceList": ("device", "id"),
    "userDevices": ("device", "id"),
    "callbackServer": ("callback", "id"),
    "callbackTenant": ("callback", "id"),
}

# What an `{id}` names, by the beginning of the operation's name.
IDS = {"client": "client", "challenge": "challenge", "session": "session", "linkedDevice": "device", "callback": "callback"}

# By which member a new thing is named, and no other may be.
NAMES = {
    "tenantCreate": "name",
    "officerCreate": "login_name",
    "clientCreate": "id",
    "siteCreate": "public_id",
    "policyCreate": "code",
    "userCreate": "login_name",
    "authenticatorCreate": "serial",
}

# Operations that change what the protocols are called with: never on the tenant BANK.
CHANGES = ("POST", "PATCH", "DELETE", "PUT")


class Spoken:
    """What is done to a request when its bytes are known."""

    def __init__(self, act):
        self.act = act

    def __call__(self, request):
        request.headers.update(WORLD.sender())
        self.act(request)
        return request


def operation_of(case):
    """The name of the operation in the description."""
    return case.operation.definition.raw.get("operationId", "")


@schemathesis.hook
def before_call(context, case, kwargs):
    """Says who calls, and what about."""
    operation, rng = operation_of(case), WORLD.rng
    as_drawn = rng.random() < 1 / 6
    if operation == "ocapiWidgetFile" or as_drawn:
        case._auth = Spoken(lambda request: spare(operation, request))
        return
    management = "management" in case.operation.tags
    tenant = place(case, operation, management)
    if management:
        manage(case, operation, tenant)
    act = ACTS.get(operation)
    speak = act(WORLD, case) if act else None
    case._auth = Spoken(lambda request: said(request, management, speak))


def takes_away(request):
    """Whether a request would change the tenant with which the protocols are called, as the description's examples name it."""
    return request.method in CHANGES and "/tenants/BANK" in request.path_url


def spare(operation, request):
    """A request as it was drawn calls as nobody, or as somebody who may."""
    managed = request.path_url.startswith("/api/") and operation != "tokenRevoke" and not takes_away(request)
    if managed and WORLD.rng.random() < 0.7:
        request.headers["Authorization"] = "Bearer " + WORLD.token()


def said(request, management, speak):
    """The last word: the caller's token or signature."""
    if management:
        drawn = WORLD.rng.random()
        token = "cst_" + "a" * 64 if drawn < 0.02 else WORLD.token()
        if (drawn < 0.95 or drawn > 0.97) and not takes_away(request):
            request.headers["Authorization"] = "Bearer " + token
    if speak:
        speak(request)


def place(case, operation, management):
    """Puts names that there are into the path; gives the tenant."""
    rng, pools, parameters = WORLD.rng, WORLD.pools, dict(case.path_parameters or {})
    changes = case.method.upper() in CHANGES
    tenant = "BANK" if not management or (not changes and rng.random() < 0.6) else "CHURN"
    if operation in ("tenantRemove", "tenantChange", "tenantShow") and rng.random() < 0.5:
        tenant = next((name for name in [pools.any(rng, "tenant")] if name and name != "BANK"), tenant)
    for name in parameters:
        kind = IDS.get(next((key for key in IDS if operation.startswith(key)), ""), "") if name == "id" else name
        known = tenant if name == "tenant" else pools.any(rng, f"{tenant} {kind}", kind)
        protected = changes and known in WORLD.protected and operation not in ("actividActOnDevice",)
        if known and not (management and protected) and rng.random() < (0.9 if management else 0.97):
            parameters[name] = known
    if parameters:
        case.path_parameters = parameters
    return tenant


def manage(case, operation, tenant):
    """What every operation of the management API has in common: headers, and members without which nothing is made."""
    rng, headers = WORLD.rng, dict(case.headers or {})
    for name in list(headers):
        if name.lower() in ("if-match", "if-none-match", "idempotency-key") and rng.random() < 0.6:
            tag = WORLD.pools.any(rng, "tag")
            if name.lower() == "idempotency-key" or not tag or rng.random() < 0.7:
                del headers[name]
            else:
                headers[name] = tag
    if operation in ("auditServer", "auditTenant"):
        headers["Accept"] = rng.choice(["application/json", "application/x-ndjson", "text/csv", "*/*"])
    case.headers = headers
    query = dict(case.query or {})
    for name in list(query):
        if rng.random() < 0.5:
            del query[name]
    if "user" in query:
        query["user"] = WORLD.pools.any(rng, f"{tenant} user", "user") or query["user"]
    case.query = query
    if isinstance(case.body, dict) and rng.random() < 0.8:
        case.body = complete(operation, dict(case.body), tenant)


def complete(operation, body, tenant):
    """A body that was drawn, with what would else be refused at once."""
    rng, pools = WORLD.rng, WORLD.pools
    named = NAMES.get(operation)
    if named and rng.random() < 0.8:
        body[named] = f"drawn-{rng.randrange(10**6)}"
    if "policies" in body:
        body["policies"] = [pools.any(rng, f"{tenant} code") or "CHURNED"]
    if operation == "authenticatorCreate":
        for name in ("suite", "signature_suite", "algorithm", "grid_mode", "path", "pin", "digits"):
            if rng.random() < 0.8:
                body.pop(name, None)
        body["secret"] = rng.choice([{"generate": True}, {"hex": "31" * 20}])
        if body.get("kind") == "grid":
            body.pop("secret", None)
            body["path"] = rng.choice(["0369146", "123456"])
        elif body.get("kind") == "on_demand":
            body.pop("secret", None)
    if operation in ("clientCreate", "siteCreate"):
        body["secret"] = rng.choice([{"generate": True}, "a-private-key-of-at-least-64-characters" * 2])
    if operation in ("clientCreate", "clientChange") and rng.random() < 0.8:
        for name in ("addresses", "certificate_sha256", "default_policy"):
            body.pop(name, None)
    if operation in ("siteCreate", "siteChange") and rng.random() < 0.8:
        for name in ("corpora", "kinds", "jwt_algorithms"):
            body.pop(name, None)
        body["origins"] = rng.choice([[], ["https://shop.example"]])
    if operation in ("tenantCreate", "tenantChange") and isinstance(body.get("okay"), dict):
        body["okay"]["secret"] = {"generate": True}
        for name in ("id", "trial_expires", "callback_url", "callback_standard_secret"):
            if rng.random() < 0.8:
                body["okay"].pop(name, None)
    if operation in ("officerCreate", "tokenCreate", "officerChange"):
        body["tenant"] = rng.choice([None, "BANK", "CHURN"])
    if operation in ("userCreate", "userChange") and rng.random() < 0.8:
        for name in ("password", "email", "phone"):
            body.pop(name, None)
    if operation == "userReset":
        body["policy"] = pools.any(rng, f"{tenant} code")
    return body


@schemathesis.hook
def after_call(context, case, response):
    """Learns the names of what there is."""
    tag = response.headers.get("etag")
    if tag:
        WORLD.pools.add("tag", tag[0])
    learnt = LEARNT.get(operation_of(case))
    if not learnt or response.status_code not in (200, 201):
        return
    try:
        told = json.loads(response.content)
    except ValueError:
        return
    tenant = (case.path_parameters or {}).get("tenant")
    pool, member = learnt
    for one in told.get("items", [told]) if isinstance(told, dict) else []:
        name = one.get(member) if isinstance(one, dict) else None
        if name and name not in WORLD.protected:
            WORLD.pools.add(f"{tenant} {pool}" if tenant else pool, name)


# These three speak as the vendors do, whose verdict is always told with 200: also to a request with another method.
VERDICTS = ("recaptchaSiteverify", "hcaptchaSiteverify", "turnstileSiteverify")


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """What is no failure."""
    return not (operation_of(case) in VERDICTS and type(failure).__name__ == "UnsupportedMethodResponse")
