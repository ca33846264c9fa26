"""How each operation of the protocols and of the device API is spoken: bodies that are right or nearly so, signatures,
and who calls. Each act changes the case before it is sent, and gives what is to be done to the request's bytes, or nothing.
"""

import base64

import visitors
import world as w

LOGINS = ["alice", "alice", "bob", "nobody"]


# ActivID.


def portal_token(world):
    """A token of the portal, a fresh one now and then."""
    kept = world.pools.any(world.rng, "portal token")
    if kept and world.rng.random() < 0.9:
        return kept
    name, secret = w.PORTAL
    form = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
    answer = world.http.post(f"{world.base}/idp/BANK/authn/token", data=form, timeout=30)
    token = answer.json().get("access_token")
    world.pools.add("portal token", token)
    return token


def portal(world, request):
    """Has the portal call, in one of the three ways."""
    drawn = world.rng.random()
    if drawn < 0.5:
        request.headers["Authorization"] = f"Bearer {portal_token(world)}"
    elif drawn < 0.9:
        raw = ":".join(w.PORTAL).encode()
        request.headers["Authorization"] = "Basic " + base64.b64encode(raw).decode()


def with_portal(world, act):
    """What the portal sends."""
    def both(request):
        act(request)
        portal(world, request)

    return both


def activid_token(world, case):
    rng = world.rng
    mode = rng.choice(["SYNCHRONOUS", "SYNCHRONOUS", "ASYNCHRONOUS", "SIGNING", None])
    if mode is None:
        name, secret = w.PORTAL
        return w.as_form({"grant_type": "client_credentials", "client_id": name, "client_secret": secret})
    body = {"grant_type": "password", "mode": mode, "authType": "SIGNIN", "username": rng.choice(LOGINS)}
    if mode == "SYNCHRONOUS":
        body["password"] = w.hotp(w.HOTP_KEY, world.next_counter())
        body["noToken"] = rng.choice([None, None, "1"])
    elif mode == "ASYNCHRONOUS":
        body["password"] = w.ocra(world.pools.any(rng, "activid challenge") or "00000000")
        body["device_id"] = rng.choice([None, "13158"])
    else:
        body |= {"password": "12345678", "context": "sign1:Account:false sign2:10000:true"}
    return with_portal(world, w.as_form(w.mixed(rng, body, None, 0.1)))


def activid_look(world, case):
    token = world.rng.choice([portal_token(world), "unknown", ""])
    return with_portal(world, w.as_form({"token": token}))


def scim_act(world, case):
    rng = world.rng
    at_device = case.operation.definition.raw["operationId"].endswith("Device")
    if at_device:
        action = {"action": "AUTO-SYNCH", "attributes": [
            {"name": "OTP", "value": w.hotp(w.HOTP_KEY, world.next_counter())},
            {"name": "OTP2", "value": w.hotp(w.HOTP_KEY, world.next_counter())}]}
        name = rng.choice(["hotp-1", "13158", "unknown"])
    else:
        word = rng.choice(["USER-CHALLENGE", "USER-CHALLENGE", "DEVICE-CHALLENGE", "RESET", "UNKNOWN"])
        attributes = [{"name": "USER.EXTERNALID", "value": rng.choice(["ext-alice", "ext-alice", "ext-bob", "nobody"])}]
        if word == "DEVICE-CHALLENGE":
            attributes.append({"name": "DEVICE.ID", "value": "13158"})
        action = {"action": word, "attributes": attributes}
        name = rng.choice([".SIGNIN", ".SIGNIN", ".SIGNIN", ".UNKNOWN"])
    if rng.random() < 0.2 and case.body is not None and isinstance(case.body, (dict, list, str, int, float)):
        action["attributes"] = case.body
    case.path_parameters = {"tenant": "BANK", "id": name}
    case.body = {"schemas": ["urn:hid:scim:api:idp:2.0:Action"], "urn:hid:scim:api:idp:2.0:Action": action}
    return scim(world, case)


FILTERS = ["userName eq alice", "externalId sw ext", "not (id pr)", "userName co a and id gt 0", "(", "status eq ACTIVE",
           "owner.value pr or policy.value eq SIGNIN", 'userName eq "al ice"', "emails[type eq work]"]


def scim(world, case):
    rng = world.rng
    query = dict(case.query or {})
    if "filter" in query and rng.random() < 0.8:
        query["filter"] = rng.choice(FILTERS)
        case.query = query
    if case.operation.path.endswith(".search") and rng.random() < 0.8:
        case.body = {"filter": rng.choice(FILTERS), "startIndex": rng.randrange(-1, 4), "count": rng.randrange(-1, 200)}
    if (case.path_parameters or {}).get("id") and case.method.upper() == "GET" and rng.random() < 0.8:
        user = world.pools.any(rng, "BANK user") or "0"
        names = {"actividUser": [user], "actividAuthenticator": [f"{user}.SIGNIN"], "actividDevice": ["hotp-1", "13158"]}
        known = names.get(case.operation.definition.raw["operationId"])
        if known:
            case.path_parameters = {**case.path_parameters, "id": rng.choice(known)}

    def act(request):
        if rng.random() < 0.95:
            request.headers["Authorization"] = f"Bearer {portal_token(world)}"

    return act


# DualShield.


def dual_token(world, case):
    name, secret = w.PORTAL
    body = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
    return w.as_form(w.mixed(world.rng, body, None, 0.1))


def dual_bearer(world):
    """A token of the application."""
    kept = world.pools.any(world.rng, "dual token")
    if kept:
        return kept
    name, secret = w.PORTAL
    form = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
    answer = world.http.post(f"{world.base}/das5/rest/oauth/token", data=form, timeout=30)
    world.pools.add("dual token", answer.json().get("access_token"))
    return world.pools.any(world.rng, "dual token")


def dual_body(world, method):
    """A body that the method takes."""
    rng = world.rng
    user = {"loginName": rng.choice(LOGINS)}
    token = {"serial": rng.choice(["ocra-1", "grid-1", "card-1", "hotp-1"])}
    if method in ("getChallengeCode", "generate"):
        more = {"transaction": {"account": "NL91 ABNA 0417 1643 00", "amount": "12.50"}} if rng.random() < 0.3 else {}
        return {"user": user, "token": token, "return": rng.choice([["*"], ["id", "code"], {"token": ["id"]}, []])} | more
    if method in ("verifyResponse", "verify", "logon"):
        cc = world.pools.any(rng, "dual challenge")
        credential = rng.choice([
            {"otp": w.hotp(w.HOTP_KEY, world.next_counter())},
            {"otp": w.ocra(cc or "0"), "cc": cc or "00000000"},
            {"method": "SPASS", "password": rng.choice(["correct horse battery staple", "wrong"])},
            {"otp": "A1B2C3D4"},
            {"method": "OTPoD", "otp": "123456"},
        ])
        if rng.random() < 0.01:
            credential = {"method": "OOBA"}
        return {"user": user, "credential": credential, "return": ["*"], "remoteIp": "192.0.2.9"}
    return {"user": user, "step": 1, "return": ["*"], "max": rng.randrange(0, 5), "offset": rng.randrange(0, 3)}


METHODS = ["getChallengeCode", "generate", "verifyResponse", "verify", "logon", "logout", "listApplications", "listDomains",
           "listAuthenticators", "getLogonSteps", "listTokens", "listTokenAssignments", "sendOTP"]


def dual_call(world, case):
    rng, method = world.rng, world.rng.choice(METHODS)
    if rng.random() < 0.3:
        answer = world.http.post(
            f"{world.base}/das5/rest/auth/getChallengeCode", timeout=30,
            headers={"Authorization": f"Bearer {dual_bearer(world)}"},
            json={"user": {"loginName": "alice"}, "token": {"serial": "ocra-1"}, "return": ["code"]}).json()
        world.pools.add("dual challenge", (answer.get("result") or {}).get("code"))
    case.path_parameters = {**case.path_parameters, "method": method}
    case.body = w.mixed(rng, dual_body(world, method), case.body)

    def act(request):
        if rng.random() < 0.95:
            request.headers["Authorization"] = f"Bearer {dual_bearer(world)}"

    return act


# Okay.


def gateway(world, case):
    rng = world.rng
    operation = case.operation.definition.raw["operationId"]
    tenant, user = rng.choice([40007, 40007, 40008, 7]), rng.choice(["ext-alice", "ext-bob", "ext-nobody"])
    body = {"tenantId": tenant, "userExternalId": user}
    signed = [user]
    if operation == "gatewayCheck":
        session = world.pools.any(rng, "okay session") or "4503599627370496"
        body, signed = {"tenantId": tenant, "sessionExternalId": session}, [session]
    elif operation in ("gatewayAuth", "gatewaySession"):
        kind = rng.choice(["AUTH_OK", "101", 102, 103, "AUTH_PIN_TAN", 105, "DEVICE_INFO", "SET_PIN", 106, 108, 111, "?"])
        header, text = rng.choice(["Sign in", "\u202e<b>", ""]), f"Pay {rng.randrange(10**6)}"
        numbers = {"AUTH_OK": 101, "AUTH_PIN_TAN": 103, "DEVICE_INFO": 104, "SET_PIN": 105}
        body |= {"type": kind, "authParams": {"guiHeader": header, "guiText": text}}
        signed += [header, text, numbers.get(kind, kind)]
        if kind == "DEVICE_INFO":
            body = {"tenantId": tenant, "userExternalId": user, "type": kind, "sessionParams": {"deviceData": "data"}}
            signed = [user, "data", 104]
    body["signature"] = w.gateway_signature(tenant, *signed)
    case.body = w.mixed(rng, body, case.body, 0.1)
    return None


# The device API.


def phone(world, case):
    """Signs with the key of a phone."""
    if case.query and "wait_s" in case.query:
        case.query = {**case.query, "wait_s": 0}
    return signed_by(world.rng.choice(world.phones))


def subscribing(world, case):
    """Subscribes a phone to pushes."""
    keys = {"p256dh": w.base64url(base64.b64decode(w.Phone.new().public())), "auth": w.base64url(b"a" * 16)}
    body = {"endpoint": f"https://push.example/send/{world.rng.randrange(10**6)}", "keys": keys}
    case.body = w.mixed(world.rng, body, case.body, 0.1)
    return phone(world, case)


def unlinking(world, case):
    """Unlinks a phone that was linked for it."""
    one = w.Phone.new()
    code = w.link(world.base, "ext-unlinked", session=world.http)
    headers = {"Content-Type": "application/json"} | world.sender()
    answer = world.http.post(f"{world.base}/device/v1/link", json=one.link_body(code), headers=headers, timeout=30)
    one.device = answer.json().get("device", "1-1")

    def act(request):
        request.headers["Authorization"] = one.authorization(request.method, request.path_url, b"")

    return act


def linking(world, case):
    code = w.link(world.base, "ext-linked", session=world.http) if world.rng.random() < 0.7 else "000000"
    case.body = w.mixed(world.rng, w.Phone.new().link_body(code or "000000"), case.body, 0.08)
    return None


def deciding(world, case):
    """Has a phone asked, and decides."""
    rng, one = world.rng, world.rng.choice(world.phones)
    kind, number = rng.choice([("AUTH_OK", 101), ("AUTH_PIN", 102), ("SET_PIN", 105), ("AUTH_BIOMETRIC_OK", 107)])
    text = f"Pay {rng.randrange(10**9)}"
    body = {"tenantId": 40007, "userExternalId": one.user, "type": kind, "authParams": {"guiHeader": "H", "guiText": text}}
    signature = w.gateway_signature(40007, one.user, "H", text, 105 if kind == "AUTH_BIOMETRIC_OK" else number)
    asked = world.http.post(f"{world.base}/gateway/auth", json=body | {"signature": signature}, timeout=30).json()
    world.pools.add("okay session", asked.get("sessionExternalId"))
    session = {"tenant_id": 40007, "tenant_name": "Bank", "user": one.user, "type": kind.removeprefix("AUTH_"),
               "session": asked.get("sessionExternalId") or "1", "header": "H", "text": text}
    word = rng.choice(["approve", "approve", "decline", "not_me", "forgot_pin", "fall_back"])
    pin = "1234" if "PIN" in kind and rng.random() < 0.9 else None
    case.path_parameters = {**case.path_parameters, "session": session["session"]}
    case.body = w.mixed(rng, one.decision_body(session, word, pin), case.body, 0.05)
    return signed_by(one)


def signed_by(one):
    """Signs with this phone's key."""
    def act(request):
        raw = request.body or b""
        raw = raw.encode() if isinstance(raw, str) else raw
        request.headers["Authorization"] = one.authorization(request.method, request.path_url, raw)

    return act


ACTS = {
    "actividToken": activid_token,
    "actividIntrospect": activid_look,
    "actividRevoke": activid_look,
    "actividActOnAuthenticator": scim_act,
    "actividActOnDevice": scim_act,
    "dualshieldToken": dual_token,
    "dualshieldCall": dual_call,
    "dualshieldShortCall": dual_call,
    "devicePushPut": subscribing,
    "deviceUnlink": unlinking,
    "deviceLink": linking,
    "deviceDecide": deciding,
    "ocapiCreateOrCheck": visitors.ocapi_name,
    "ocapiAnswer": visitors.ocapi_answer,
    "ocapiAudio": visitors.ocapi_picture,
    "ocapiImage": visitors.ocapi_picture,
    "altchaChallenge": visitors.altcha_challenge,
    "altchaVerify": visitors.altcha_verify,
    "altchaSiteverify": visitors.altcha_verify,
} | {
    name: act
    for act, names in {
        scim: ["actividListUsers", "actividListDevices", "actividListAuthenticators", "actividSearchUsers",
               "actividSearchDevices", "actividSearchAuthenticators", "actividUser", "actividDevice", "actividAuthenticator"],
        gateway: ["gatewayLink", "gatewayAuth", "gatewaySession", "gatewayCheck"],
        phone: ["deviceShow", "deviceCapabilities", "devicePushDelete", "deviceEvents", "deviceSessions"],
        visitors.siteverify: ["recaptchaSiteverify", "hcaptchaSiteverify", "turnstileSiteverify"],
    }.items()
    for name in names
}
