"""Asking one target by its protocol, and what the operating system's refusals mean.

Standard library only; see `said`.
"""

from __future__ import annotations

import socket
import ssl

from hearth_control.engine.reach.http import ask_http
from hearth_control.engine.reach.postgres import ask_postgres
from hearth_control.engine.reach.redis import ask_redis
from hearth_control.engine.reach.s3 import ask_s3
from hearth_control.engine.reach.said import Request, Said


def ask(request: Request) -> Said:
    """Ask, and give a plain answer whatever happens. At most a few `request.seconds`."""
    protocols = {"http": ask_http, "redis": ask_redis, "postgres": ask_postgres, "s3": ask_s3}
    talk = protocols.get(request.protocol, ask_tcp)
    try:
        return talk(request)
    except (OSError, ValueError) as error:
        return read_refusal(error, request)


def read_refusal(error: OSError | ValueError, request: Request) -> Said:
    """Say what stands behind an exception of the socket."""
    known = (
        (socket.gaierror, "name", f"there is no host `{request.host}`"),
        (ssl.SSLError, "speak", f"TLS failed: {_tls_words(error)}"),
        ((TimeoutError, socket.timeout), "connect", f"no answer within {request.seconds:g} s"),
        (ConnectionRefusedError, "connect", "connection refused: nothing listens there"),
        (ConnectionResetError, "speak", "the connection was closed before an answer"),
    )
    for kind, stage, words in known:
        if isinstance(error, kind):
            return Said(stage, words)
    return Said("connect", str(getattr(error, "strerror", None) or error).lower())


def _tls_words(error: Exception) -> str:
    """Say what TLS failed at; of a certificate also what is wrong with it."""
    reason = str(getattr(error, "reason", None) or error)
    wrong = str(getattr(error, "verify_message", "")).rstrip(".")
    return f"{reason}: {wrong}" if wrong else reason


def ask_tcp(request: Request) -> Said:
    """Open a connection and close it: all that can be asked of an unknown protocol."""
    with socket.create_connection((request.host, request.port), request.seconds):
        return Said("answers", "accepts connections")
