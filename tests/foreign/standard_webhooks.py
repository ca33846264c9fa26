"""The Standard Webhooks library of PyPI, as it comes out of the box, on callbacks that were captured.

Usage: python standard_webhooks.py < CALLBACKS     exit 0: all of them verified
CALLBACKS: a JSON array of {secret, headers, body}.
"""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError


def refused(webhook, body, headers):
    try:
        webhook.verify(body, headers)
    except WebhookVerificationError:
        return True
    return False


callbacks = json.load(sys.stdin)
assert callbacks
for callback in callbacks:
    webhook = Webhook(callback["secret"])
    body, headers = callback["body"], callback["headers"]
    assert webhook.verify(body, headers) == json.loads(body)
    assert refused(webhook, body + " ", headers)
    later = {**headers, "webhook-id": headers["webhook-id"] + "0"}
    assert refused(webhook, body, later)
print(f"standardwebhooks (PyPI): {len(callbacks)} callbacks verified")
