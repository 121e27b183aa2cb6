"""What is asked of a target and what came back. Standard library only: it is sent into containers.

The modules `said`, `http`, `redis`, `postgres`, `s3` and `ask` run under any Python from 3.9 on,
because the image that can ask is not ours.
"""

from __future__ import annotations

import ssl
from typing import NamedTuple


class Request(NamedTuple):
    """One question: does this answer, to this user. `protocol`: http, s3, redis, postgres, tcp.

    `authorities` are certificates in PEM form that the server's may be signed by, besides those
    that the system knows.
    """

    protocol: str
    host: str
    port: int
    url: str = ""
    user: str = ""
    password: str = ""
    database: str = ""
    tls: bool = False
    seconds: float = 5.0
    authorities: str = ""


class Said(NamedTuple):
    """What came of it. `stage` is the one it failed in, or `answers`.

    `name`: no such host · `connect`: nothing listens, or nothing gets through · `speak`: something
    else answers there · `auth`: it answers and refuses the user. `said` is the other side's words.
    """

    stage: str
    said: str = ""
    version: str = ""

    @property
    def answers(self) -> bool:
        """Whether it can be used."""
        return self.stage == "answers"


def secure_context(request: Request) -> ssl.SSLContext:
    """Make what checks a server's certificate, by the request's authorities too."""
    context = ssl.create_default_context()
    if request.authorities:
        context.load_verify_locations(cadata=request.authorities)
    return context
