"""Asking a Redis or Valkey server. Standard library only; see `said`.

Source: https://redis.io/docs/latest/develop/reference/protocol-spec (RESP2, read 2026-11).
"""

from __future__ import annotations

import socket
import ssl

from hearth_control.engine.reach.said import Request, Said, secure_context

MOST_BYTES = 65_536


def ask_redis(request: Request) -> Said:
    """Sign in where there is a password, then ask who it is."""
    with socket.create_connection((request.host, request.port), request.seconds) as plain:
        try:
            stream = secure(plain, request) if request.tls else plain
        except TimeoutError:
            # A server without TLS takes the greeting for the begin of a command and waits on.
            return Said("speak", "it does not answer TLS: perhaps it speaks without (redis://)")
        file = stream.makefile("rb")
        if request.password:
            pair = (request.user, request.password) if request.user else (request.password,)
            stream.sendall(command("AUTH", *pair))
            said = read_reply(file.readline(MOST_BYTES), b"")
            if not said.answers:
                return said
        stream.sendall(command("INFO", "server"))
        head = file.readline(MOST_BYTES)
        size = int(head[1:]) if head[:1] == b"$" and head[1:].strip().isdigit() else 0
        return read_reply(head, file.read(min(size, MOST_BYTES)))


def command(*words: str) -> bytes:
    r"""Write a command.

    Example:
        >>> command("PING")
        b'*1\r\n$4\r\nPING\r\n'
    """
    parts = [f"*{len(words)}\r\n".encode()]
    for word in words:
        data = word.encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def read_reply(head: bytes, body: bytes) -> Said:
    """Judge a reply's first line, and find the version in what follows it."""
    text = head.decode("utf-8", "replace").strip()
    if head[:1] in (b"+", b"$"):
        lines = dict(
            line.split(":", 1)
            for line in body.decode("utf-8", "replace").splitlines()
            if ":" in line
        )
        version = lines.get("valkey_version") or lines.get("redis_version", "")
        return Said("answers", text, version.strip())
    if head[:1] != b"-":
        return Said("speak", f"no Redis answer: {text[:80]}" if text else "it hung up")
    refused = ("-NOAUTH", "-WRONGPASS", "-NOPERM", "-ERR invalid password", "-ERR AUTH")
    return Said("auth" if text.startswith(refused) else "speak", text[1:])


def secure(plain: socket.socket, request: Request) -> ssl.SSLSocket:
    """Speak TLS over a connection, with the certificate checked."""
    return secure_context(request).wrap_socket(plain, server_hostname=request.host)
