"""What messages are sent to in the tests: a web server or a mail server on loopback.

receiver.py http SECRET [wait]   answers by path; checks signatures with Python's own HMAC;
                                 waiting for a line, it has its port and takes no connection
receiver.py smtp MODE            plain, auth, reject, late, busy, stall or tls

Prints its port, then one line of JSON for each message it took.
"""

import hashlib
import hmac
import http.server
import json
import socket
import sys
import threading
import time


def tell(value):
    print(json.dumps(value) if isinstance(value, dict) else value, flush=True)


class Hook(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    secret = b""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = self.headers["Earshot-Timestamp"].encode() + b"." + body
        wanted = "v1=" + hmac.new(self.secret, signed, hashlib.sha256).hexdigest()
        tell(
            {
                "path": self.path,
                "body": body.decode(),
                "delivery": self.headers["Earshot-Delivery"],
                "verified": hmac.compare_digest(wanted, self.headers["Earshot-Signature"] or ""),
                "fields": sorted(name.lower() for name in self.headers.keys()),
            }
        )
        self.close_connection = True
        if self.path == "/silent":
            time.sleep(60)
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                pass
        elif self.path != "/closed":
            status = int(self.path.strip("/"))
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/200")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *arguments):
        pass


def serve_http(secret, waits):
    Hook.secret = secret.encode()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook, bind_and_activate=False)
    server.daemon_threads = True
    server.server_bind()
    if not waits:
        server.server_activate()
    tell(server.server_address[1])
    if waits:
        sys.stdin.readline()
        server.server_activate()
    server.serve_forever()


def serve_silence():
    """Takes connections and says nothing."""
    server = socket.create_server(("127.0.0.1", 0))
    tell(server.getsockname()[1])
    kept = []
    while True:
        kept.append(server.accept())


def serve_smtp(mode):
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult

    class Mails:
        async def handle_RCPT(self, server, session, envelope, address, options):
            if mode == "reject":
                return "550 5.1.1 There is nobody of this name"
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server, session, envelope):
            if mode == "late":
                return "554 5.7.1 This is not wanted"
            if mode == "busy":
                return "451 4.3.0 Come again later"
            tell(
                {
                    "from": envelope.mail_from,
                    "to": envelope.rcpt_tos,
                    "text": envelope.content.decode(),
                    "user": session.auth_data or "",
                }
            )
            return "250 Taken"

    def check(server, session, envelope, mechanism, data):
        good = data.login == b"me@example.org" and data.password == b"secret"
        return AuthResult(success=good, handled=good, auth_data=data.login.decode())

    options = {}
    if mode == "auth":
        options = {"authenticator": check, "auth_required": True, "auth_require_tls": False}
    if mode == "tls":
        options = {"tls_context": untrusted_context()}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Mails(), hostname="127.0.0.1", port=port, **options)
    controller.start()
    tell(port)
    threading.Event().wait()


def untrusted_context():
    """TLS with a certificate that nobody has signed."""
    import ssl
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            + ["-nodes", "-subj", "/CN=localhost", "-days", "1"]
            + ["-keyout", f"{folder}/key", "-out", f"{folder}/certificate"],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/certificate", f"{folder}/key")
        return context


if __name__ == "__main__":
    if sys.argv[1] == "http":
        serve_http(sys.argv[2], sys.argv[3:] == ["wait"])
    elif sys.argv[2] == "stall":
        serve_silence()
    else:
        serve_smtp(sys.argv[2])
