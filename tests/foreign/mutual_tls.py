"""Mutual TLS with nothing but Python's standard library, as a caller of an API would write it.

Usage: mutual_tls.py PORT CA VERSION [CERTIFICATE KEY] [--no-ems] [--alpn PROTOCOL]
VERSION: TLSv1_1, TLSv1_2 or TLSv1_3; --no-ems: without the extended master secret of RFC 7627; --alpn: the
one protocol that is offered

Prints as JSON what `GET /` was answered twice on one connection, and on another one that offered to take
up the session of the first, and whether it was taken up. Exit 1: refused, with the reason on stderr.
"""

import argparse
import http.client
import json
import ssl
import sys

# OpenSSL's SSL_OP_NO_EXTENDED_MASTER_SECRET, which Python has no name for.
NO_EXTENDED_MASTER_SECRET = 1


def connected(port, context, session=None):
    """An HTTPS connection that is open."""
    connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=20)
    if session is None:
        connection.connect()
    else:
        http.client.HTTPConnection.connect(connection)
        connection.sock = context.wrap_socket(
            connection.sock, server_hostname="localhost", session=session
        )
    return connection


def asked(connection):
    """What the server answers."""
    connection.request("GET", "/")
    return connection.getresponse().read().decode()


def main():
    """Asks three times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("ca")
    parser.add_argument("version")
    parser.add_argument("pair", nargs="*")
    parser.add_argument("--no-ems", action="store_true")
    parser.add_argument("--alpn")
    arguments = parser.parse_args()
    context = ssl.create_default_context(cafile=arguments.ca)
    version = ssl.TLSVersion[arguments.version]
    if version < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    if arguments.no_ems:
        context.options |= NO_EXTENDED_MASTER_SECRET
    if arguments.alpn:
        context.set_alpn_protocols([arguments.alpn])
    if arguments.pair:
        context.load_cert_chain(*arguments.pair)
    first = connected(arguments.port, context)
    answers = [asked(first), asked(first)]
    second = connected(arguments.port, context, first.sock.session)
    answers.append(asked(second))
    told = {"answers": answers, "version": first.sock.version()}
    print(json.dumps({**told, "taken_up": second.sock.session_reused}))


try:
    main()
except (OSError, http.client.HTTPException) as error:
    sys.exit(f"refused: {error!r}")
