"""Whether the server on this machine is ready, asked from outside. Lean: probes call it often."""

from __future__ import annotations

import http.client
import json
from typing import Final

_ANY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # read, not listened on


def find_fault(host: str, port: int, *, timeout_seconds: float = 4.0) -> str | None:
    """Ask `/health/ready` and say in a few words what is wrong, None when nothing is."""
    connection = http.client.HTTPConnection(_ANY.get(host, host), port, timeout=timeout_seconds)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        body = answer.read()
    except TimeoutError:
        return f"no answer within {timeout_seconds:g} seconds"
    except (OSError, http.client.HTTPException):
        return "nothing answers yet"
    finally:
        connection.close()
    return None if answer.status == http.client.OK else _not_ready(body)


def _not_ready(body: bytes) -> str:
    try:
        found = json.loads(body)["dependencies"]
        names = [each["name"] for each in found if each["status"] != "ready"]
    except (ValueError, KeyError, TypeError, AttributeError):
        names = []
    return f"not ready: {', '.join(names)}" if names else "not ready"
