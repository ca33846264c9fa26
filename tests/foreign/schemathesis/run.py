"""Starts a server on a throw-away database, and has schemathesis call everything that `/openapi.json` describes.

Usage: run.py COUNTERSIGN [--seed N] [--examples N] [--phases …] [--only OPERATION,…] [--at-least N]
              [--granted-at-least N] [--keep FOLDER]
Exit 0: at least so many requests were answered, at least so many operations granted what they were asked once, none
answered by a 5xx, and all as described.
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import requests

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import world as w  # noqa: E402

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
]

# One token has 600 requests a minute: so many take turns.
TOKENS = 40
# A user has one phone.
LINKED = ("ext-alice", "ext-bob", "ext-carl")


@contextlib.contextmanager
def server(program, folder):
    """A server that is stopped at the end; gives its address and a function for sub-commands."""
    def run(*arguments):
        command = [program, *arguments, "--data", str(folder)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: {done.stderr}")
        return done.stdout

    run("init")
    text = (HERE / "provisioning.toml").read_text(encoding="utf-8")
    described = folder / "provisioning.toml"
    described.write_text(text.replace("# SITES: run.py puts those of world.py here.", w.site_tables()), encoding="utf-8")
    run("apply", str(described))
    with open(folder / "server.log", "w", encoding="utf-8") as log:
        command = [program, "serve", "--data", str(folder), "--listen", "127.0.0.1:0", "--trusted-proxy", "127.0.0.1"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            line = process.stdout.readline()
            if "http://" not in line:
                sys.exit(f"the server did not start: {(folder / 'server.log').read_text()}")
            yield line.split()[-1].strip(), run
        finally:
            process.terminate()
            process.wait(timeout=30)


def call(base, token, method, path, body=None):
    """One request to the management API that has to succeed."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.request(method, f"{base}/api/v1{path}", json=body, headers=headers, timeout=30)
    answer.raise_for_status()
    return answer.json()


def linked(base, user):
    """A phone, linked to a user of the bank."""
    phone = w.Phone.new()
    answer = requests.post(f"{base}/device/v1/link", json=phone.link_body(w.link(base, user)), timeout=30)
    answer.raise_for_status()
    return {"pem": phone.pem, "device": answer.json()["device"], "user": user}


def prepare(base, run, seed):
    """What the hooks know: tokens, phones, and the names of what there is."""
    first = json.loads(run("admin", "token", "create", "--role", "admin", "--name", "first", "--json"))["token"]
    made = [call(base, first, "POST", "/tokens", {"name": f"turn {n}", "role": "admin"}) for n in range(TOKENS)]
    phones = [linked(base, user) for user in LINKED]
    pools, protected = {}, [one["id"] for one in made]
    for tenant in ("BANK", "CHURN"):
        for users in call(base, first, "GET", f"/tenants/{tenant}/users?limit=500")["items"]:
            pools.setdefault(f"{tenant} user", []).append(users["id"])
            pools.setdefault(f"{tenant} serial", []).extend(users["authenticators"])
        for thing, member in (("clients", "id"), ("sites", "public_id"), ("policies", "code")):
            names = [one[member] for one in call(base, first, "GET", f"/tenants/{tenant}/{thing}")["items"]]
            pools[f"{tenant} {member if member != 'id' else 'client'}"] = names
    officers = [one["id"] for one in call(base, first, "GET", "/officers")["items"]]
    tokens = [one["token"] for one in made]
    return {"base": base, "seed": seed, "tokens": tokens, "protected": protected + ["BANK"], "phones": phones,
            "pools": pools | {"officer": officers, "token": protected[:1]}}


def fuzz(base, folder, options):
    """Runs schemathesis; gives its exit code."""
    config = folder / "schemathesis.toml"
    config.write_text("max-stream-events = 1\n[cache]\nenabled = false\n", encoding="utf-8")
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{base}/openapi.json",
               "--url", base, "--checks", ",".join(CHECKS), "--max-examples", str(options.examples), "--seed", str(options.seed),
               "--workers", "1", "--phases", options.phases, "--continue-on-failure", "--no-shrink", "--request-timeout", "30",
               "--generation-database", "none", "--suppress-health-check", "all", "--warnings", "off", "--no-color",
               "--report", "ndjson", "--report-ndjson-path", str(folder / "events.ndjson")]
    for name in options.only:
        command += ["--include-operation-id", name]
    told = {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "COUNTERSIGN_WORLD": str(folder / "world.json")}
    return subprocess.run(command, check=False, env=os.environ | told, cwd=folder).returncode


def still_stands(base):
    """Fails where the portal may no longer sign in: then most of what was sent to its protocols was refused at the door."""
    name, secret = w.PORTAL
    form = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
    answer = requests.post(f"{base}/idp/BANK/authn/token", data=form, timeout=30)
    if not answer.ok:
        sys.exit(f"something that was drawn took the portal away: {answer.text}")


def answers(folder):
    """How many requests were answered, by operation and status."""
    counted = collections.defaultdict(collections.Counter)
    with open(folder / "events.ndjson", encoding="utf-8") as lines:
        for line in lines:
            scenario = json.loads(line).get("ScenarioFinished")
            if not scenario:
                continue
            recorder = scenario["recorder"]
            for one in recorder.get("interactions", {}).values():
                if one.get("response"):
                    counted[recorder["label"]][one["response"]["status_code"]] += 1
    return counted


def summary(counted):
    """Prints the figures; gives how many answers there were, and from how many operations one that granted something."""
    statuses = collections.Counter()
    for label, by_status in sorted(counted.items()):
        statuses.update(by_status)
        print(f"{label}: " + ", ".join(f"{number} x {status}" for status, number in sorted(by_status.items(), key=str)))
    granted = {label for label, by_status in counted.items() if any(str(status)[0] in "23" for status in by_status)}
    print("never granted: " + (", ".join(sorted(set(counted) - granted)) or "none"))
    total = sum(statuses.values())
    print(f"{total} requests to {len(counted)} operations: " + ", ".join(f"{n} x {s}" for s, n in statuses.most_common()))
    return total, len(granted)


def main():
    """As the usage says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=150)
    parser.add_argument("--at-least", type=int, default=0)
    parser.add_argument("--granted-at-least", type=int, default=0)
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    parser.add_argument("--only", type=lambda text: text.split(","), default=[])
    parser.add_argument("--keep")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(options.keep or temporary)
        folder.mkdir(exist_ok=True)
        with server(options.program, folder) as (base, run):
            world = prepare(base, run, options.seed)
            (folder / "world.json").write_text(json.dumps(world), encoding="utf-8")
            code = fuzz(base, folder, options)
            requests.get(f"{base}/readyz", timeout=30).raise_for_status()
            still_stands(base)
        total, granted = summary(answers(folder))
        if total < options.at_least:
            sys.exit(f"{total} requests are fewer than {options.at_least}")
        if granted < options.granted_at_least:
            sys.exit(f"{granted} operations granted something, fewer than {options.granted_at_least}: is what is sent signed?")
    sys.exit(code)


if __name__ == "__main__":
    main()
