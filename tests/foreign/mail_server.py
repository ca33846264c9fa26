"""A mail server that keeps nothing: it prints each message that it took, a line of JSON each.

    mail_server.py [--tls | --starttls] [--certificate FILE --key FILE] [--user NAME --password WORD]
                   [--port PORT] [--refuse CODE] [--hang-first]

The first line is its port. With --starttls nothing is taken before TLS, with --user nobody who has not signed
in. --refuse answers every receiver with this code, and with the address, as mail servers do. --hang-first
says nothing to the first message.
"""

import argparse
import asyncio
import json
import ssl

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

parser = argparse.ArgumentParser()
parser.add_argument("--tls", action="store_true")
parser.add_argument("--starttls", action="store_true")
parser.add_argument("--certificate")
parser.add_argument("--key")
parser.add_argument("--user")
parser.add_argument("--password")
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--refuse", type=int)
parser.add_argument("--hang-first", action="store_true")
options = parser.parse_args()


def show(value):
    print(json.dumps(value), flush=True)


class Handler:
    def __init__(self):
        self.hangs = options.hang_first

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if options.refuse:
            return f"{options.refuse} 5.1.1 <{address}>: no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.hangs:
            self.hangs = False
            await asyncio.sleep(3600)
        show({
            "peer": session.peer[1],
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "user": session.auth_data.login.decode() if session.authenticated else None,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "data": envelope.original_content.decode(),
        })
        return "250 taken"


def authenticate(server, session, envelope, mechanism, auth_data):
    known = LoginPassword(options.user.encode(), options.password.encode())
    return AuthResult(success=auth_data == known, handled=False, auth_data=auth_data)


async def main():
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)
    handler = Handler()
    settings = {"hostname": "localhost", "enable_SMTPUTF8": False}
    if options.starttls:
        settings |= {"tls_context": context, "require_starttls": True}
    if options.user:
        settings |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": not options.tls}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, loop=loop, **settings),
        "127.0.0.1",
        options.port,
        ssl=context if options.tls else None,
    )
    show(server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(main())
