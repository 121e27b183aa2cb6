"""Asking a PostgreSQL server: start-up, sign-in, version. Standard library only; see `said`.

Source: https://www.postgresql.org/docs/17/protocol-message-formats.html and RFC 5802 (read
2026-11). Sign-in by SCRAM-SHA-256, MD5 or plain password, as the server asks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import socket
import ssl
import struct

from hearth_control.engine.reach.said import Request, Said

PROTOCOL = 196_608
SSL_REQUEST = struct.pack("!ii", 8, 80_877_103)
MOST_BYTES = 1_048_576
AUTH_CODES = ("28000", "28P01", "3D000", "42501")
"""Refusals of this user or database: no entry, wrong password, no such database, no right."""


def ask_postgres(request: Request) -> Said:
    """Start a session as the user, and end it."""
    with socket.create_connection((request.host, request.port), request.seconds) as plain:
        stream = _secure(plain, request) if request.tls else plain
        if stream is None:
            return Said("speak", "the server does not speak TLS")
        stream.sendall(startup(request.user or "postgres", request.database or "postgres"))
        return _Session(stream, request).run()


class _Session:
    def __init__(self, stream: socket.socket, request: Request) -> None:
        self.stream, self.request = stream, request
        self.user, self.password = request.user or "postgres", request.password
        self.nonce = base64.b64encode(secrets.token_bytes(18)).decode()
        self.version = ""

    def run(self) -> Said:
        while True:
            kind, body = self._read()
            if kind == b"E":
                said = read_error(body)
                return said if self.request.user else said._replace(stage=self._judge(said))
            if kind == b"S" and body.startswith(b"server_version\0"):
                self.version = body.split(b"\0")[1].decode("utf-8", "replace")
            elif kind == b"Z":
                self.stream.sendall(b"X" + struct.pack("!i", 4))
                return Said("answers", "signed in", self.version)
            elif kind == b"R":
                refused = self._authenticate(struct.unpack("!i", body[:4])[0], body[4:])
                if refused is not None:
                    return refused
            elif kind not in (b"S", b"K", b"N", b"v"):
                return Said("speak", "no PostgreSQL answer")

    def _judge(self, said: Said) -> str:
        """Let a server that turned a made-up user away count as one that answers."""
        return "answers" if said.stage == "auth" else said.stage

    def _authenticate(self, code: int, body: bytes) -> Said | None:
        """Answer the server's question; code 0 is welcome, 12 the end of SCRAM."""
        if code in (0, 12):
            return None
        if not self.password:
            # Reached without a password being known: as much as can be asked.
            return Said("answers", "it asks for a password, and none was tried", self.version)
        if code == 3:
            self._send(self.password.encode() + b"\0")
        elif code == 5:
            self._send(md5_answer(self.user, self.password, body[:4]) + b"\0")
        elif code == 10:
            first = ("n,,n=,r=" + self.nonce).encode()
            self._send(b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first)
        elif code == 11:
            self._send(scram_answer(self.password, self.nonce, body.decode()))
        else:
            return Said("auth", f"it asks for a sign-in that is not known here (kind {code})")
        return None

    def _send(self, body: bytes) -> None:
        self.stream.sendall(b"p" + struct.pack("!i", len(body) + 4) + body)

    def _read(self) -> tuple[bytes, bytes]:
        head = self._exactly(5)
        size = struct.unpack("!i", head[1:])[0] - 4
        if not 0 <= size <= MOST_BYTES:
            return b"?", b""
        return head[:1], self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.stream.recv(size - len(data))
            if not piece:
                raise ConnectionResetError(0, "it hung up")
            data += piece
        return data


def startup(user: str, database: str) -> bytes:
    """Write the message that begins a session."""
    pairs = ("user", user, "database", database, "application_name", "hearth")
    body = struct.pack("!i", PROTOCOL) + b"".join(word.encode() + b"\0" for word in pairs) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def read_error(body: bytes) -> Said:
    """Read an error message's fields: `C` is the code, `M` the words."""
    fields = {
        part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if len(part) > 1
    }
    code, words = fields.get(b"C", ""), fields.get(b"M", "an error without words")
    return Said("auth" if code in AUTH_CODES else "speak", words)


def md5_answer(user: str, password: str, salt: bytes) -> bytes:
    """Answer the MD5 question."""
    inner = hashlib.md5((password + user).encode()).hexdigest()  # noqa: S324  # the protocol's own
    return b"md5" + hashlib.md5(inner.encode() + salt).hexdigest().encode()  # noqa: S324  # likewise


def scram_answer(password: str, nonce: str, challenge: str) -> bytes:
    """Answer the SCRAM challenge `r=…,s=…,i=…` with the proof of the password."""
    given = dict(part.split("=", 1) for part in challenge.split(","))
    if not given["r"].startswith(nonce):
        raise ConnectionResetError(0, "the sign-in was answered by somebody else")
    salted = hashlib.pbkdf2_hmac(
        "sha256", password.encode(), base64.b64decode(given["s"]), int(given["i"])
    )
    without_proof = "c=biws,r=" + given["r"]
    message = ",".join(("n=,r=" + nonce, challenge, without_proof)).encode()
    client = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(client).digest(), message, "sha256")
    proof = bytes(a ^ b for a, b in zip(client, signature))  # noqa: B905  # `strict` is newer than 3.9
    return (without_proof + ",p=" + base64.b64encode(proof).decode()).encode()


def _secure(plain: socket.socket, request: Request) -> ssl.SSLSocket | None:
    plain.sendall(SSL_REQUEST)
    if plain.recv(1) != b"S":
        return None
    context = ssl.create_default_context()
    # As libpq's `sslmode=require`: encrypted, the certificate not checked.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=request.host)
