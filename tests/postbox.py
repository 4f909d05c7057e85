"""A mail server and a webhook on this machine, which keep what they get: real sockets, and as little of the protocols as a client needs."""

from __future__ import annotations

import base64
import json
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass
class Postbox:
    """What a mail server has got, and how it behaves."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    #: {name: password} of who may send; everybody when empty
    accounts: dict[str, str] = field(default_factory=dict)
    #: certificate and key; None for a server that keeps no line closed
    certificate: Path | None = None
    #: the line is closed from its beginning, as on port 465, instead of by STARTTLS
    is_closed_at_once: bool = False
    #: recipients that it does not take
    refused: set[str] = field(default_factory=set)
    #: after a message has come, before it is taken
    looks_through_seconds: float = 0
    #: the names that came to log in, each with whether the line was closed to others
    log_ins: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails]

    @property
    def texts(self) -> list[str]:
        return [mail.get_content().replace("\r\n", "\n") for mail in self.mails]


class _Mail(socketserver.StreamRequestHandler):
    box: Postbox

    def handle(self) -> None:
        self.is_encrypted, self.is_known, recipients = False, not self.box.accounts, 0
        if self.box.is_closed_at_once and self.box.certificate and not self.encrypt(self.box.certificate):
            return
        self.say("220 post.example")
        while line := self.rfile.readline():
            words = line.decode("ascii", "replace").strip()
            command = words.upper()
            if command.startswith(("EHLO", "HELO")):
                offers = ["STARTTLS"] if self.box.certificate and not self.is_encrypted else []
                offers += ["AUTH PLAIN"] if self.box.accounts else []
                self.say("250-post.example")
                for offer in offers:
                    self.say(f"250-{offer}")
                self.say("250 OK")
            elif command == "STARTTLS" and self.box.certificate:
                self.say("220 go ahead")
                if not self.encrypt(self.box.certificate):
                    return
            elif command.startswith("AUTH PLAIN"):
                _, user, password = base64.b64decode(words.split()[2]).decode().split("\0")
                self.box.log_ins.append((user, self.is_encrypted))
                self.is_known = self.box.accounts.get(user) == password
                self.say("235 welcome" if self.is_known else "535 no")
            elif command.startswith("MAIL"):
                self.say("250 OK" if self.is_known else "530 log in first")
            elif command.startswith("RCPT"):
                is_taken = words[words.index("<") + 1 : words.index(">")] not in self.box.refused
                recipients += is_taken
                self.say("250 OK" if is_taken else "550 nobody is called so")
            elif command == "DATA" and recipients:
                self.say("354 go on")
                self.keep()
                # A slow server is slow by the clock alone.
                time.sleep(self.box.looks_through_seconds)
                self.say("250 kept")
            elif command == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 OK" if command in ("RSET", "NOOP") else "502 what?")

    def finish(self) -> None:
        if isinstance(self.connection, ssl.SSLSocket):
            # The library closes the line itself, and knows nothing of what is around it.
            self.rfile.close()
            self.connection.close()
        super().finish()

    def keep(self) -> None:
        lines = [line for line in iter(self.rfile.readline, b".\r\n")]
        mail = message_from_bytes(b"".join(line[1:] if line.startswith(b"..") else line for line in lines), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.box.mails.append(mail)

    def encrypt(self, certificate: Path) -> bool:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        line = context.wrap_socket(self.connection, server_side=True, do_handshake_on_connect=False)
        self.connection = line
        try:
            line.do_handshake()
        except (ssl.SSLError, OSError):
            # The client does not trust it.
            return False
        self.rfile, self.is_encrypted = self.connection.makefile("rb"), True
        return True

    def say(self, answer: str) -> None:
        self.connection.sendall(f"{answer}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def postbox(**behaviour: Any) -> Iterator[Postbox]:
    """Serve a mail server until the block ends."""
    box = Postbox(**behaviour)
    with _Server(("127.0.0.1", box.port), type("Mail", (_Mail,), {"box": box})) as server:
        box.port = server.server_address[1]
        yield from _served(server, box)


@dataclass
class Hook:
    """What a webhook has got."""

    port: int = 0
    records: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    answers: int = 200
    #: after a record has come, before it is answered
    looks_through_seconds: float = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


class _Hook(BaseHTTPRequestHandler):
    hook: Hook

    def do_POST(self) -> None:
        self.hook.tokens.append(self.headers.get("Authorization", ""))
        self.hook.records.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        time.sleep(self.hook.looks_through_seconds)
        self.send_response(self.hook.answers)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def webhook(answers: int = 200) -> Iterator[Hook]:
    """Serve a webhook until the block ends."""
    hook = Hook(answers=answers)
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Post", (_Hook,), {"hook": hook})) as server:
        hook.port = server.server_address[1]
        yield from _served(server, hook)


def _served(server: socketserver.BaseServer, box: T) -> Iterator[T]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        thread.join()


def certificate(folder: Path, *, name: str = "IP:127.0.0.1") -> Path:
    """Return a file with a key and a certificate for this machine, or another name, that nobody has signed but itself."""
    file = folder / f"{name.replace(':', '-')}.pem"
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name.partition(':')[2]}", "-addext", f"subjectAltName={name}"]
    subprocess.run(["openssl", "req", "-x509", *options, "-keyout", str(file), "-out", str(folder / "one.pem")], check=True, capture_output=True)  # noqa: S607 - openssl from the path
    file.write_text(file.read_text() + (folder / "one.pem").read_text())
    return file
