"""Authlib's OAuth 2.0 session as it comes out of the box: gets tokens by both ways of client
authentication, verifies a one-time password, introspects and revokes.

Usage: authlib_client.py BASE_URL    exit 0: all of it worked
"""

import subprocess
import sys

from authlib.integrations.requests_client import OAuth2Session

BASE = sys.argv[1]
KEY_HEX = "3132333435363738393031323334353637383930"


def code(counter):
    """A one-time password from oathtool."""
    command = ["oathtool", "--hotp", "--counter", str(counter), KEY_HEX]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def main():
    metadata_url = f"{BASE}/idp/ONLINEBANK/authn/.well-known/openid-configuration"
    for counter, method in enumerate(("client_secret_basic", "client_secret_post")):
        session = OAuth2Session("spl-api", "password01", token_endpoint_auth_method=method)
        metadata = session.get(metadata_url, withhold_token=True, timeout=10).json()
        assert metadata["issuer"] == f"{BASE}/idp/ONLINEBANK/authn", metadata
        endpoint = metadata["token_endpoint"]
        token = session.fetch_token(endpoint, grant_type="client_credentials")
        assert token["token_type"] == "Bearer" and token["expires_in"] == 1576800, token
        token = session.fetch_token(
            endpoint,
            grant_type="password",
            username="myTestUser1",
            password=code(counter),
            mode="SYNCHRONOUS",
            authType="AT_CUSTOTP",
        )
        told = session.introspect_token(metadata["introspection_endpoint"], token["access_token"])
        told = told.json()
        assert told["active"] is True and told["username"] == "myTestUser1", told
        revoked = session.revoke_token(metadata["revocation_endpoint"], token["access_token"])
        assert revoked.status_code == 200 and revoked.content == b"", revoked.text
        told = session.introspect_token(metadata["introspection_endpoint"], token["access_token"])
        assert told.json() == {"active": False}, told.text
    print("authlib: all of it worked")


main()
