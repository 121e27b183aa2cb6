"""What to ask of an endpoint, and how to say what came back: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from hearth_control.engine.reach.said import Request, Said
from hearth_control.plan.wire import is_secure

PROTOCOLS: Final[Mapping[str, str]] = {
    "http": "http",
    "https": "http",
    "redis": "redis",
    "rediss": "redis",
    "postgres": "postgres",
    "postgresql": "postgres",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question, where it was asked from, and what came back."""

    request: Request
    where: str
    said: Said

    @property
    def answers(self) -> bool:
        """Whether it can be used."""
        return self.said.answers


def request_for(
    url: str, *, host: str, port: int, user: str = "", password: str = "", database: str = ""
) -> Request:
    """Make the question for a URL; what stands in the URL is taken where nothing is given."""
    parts = urlsplit(url)
    asked = parts.query.replace(";", "&").split("&")
    needs_tls = any(one in {"sslmode=require", "sslmode=verify-full"} for one in asked)
    protocol = PROTOCOLS.get(parts.scheme, "tcp")
    path = unquote(parts.path.strip("/"))
    return Request(
        protocol=protocol,
        host=host,
        port=port,
        url=parts._replace(netloc=f"{host}:{port}").geturl(),
        user=user or unquote(parts.username or ""),
        password=password or unquote(parts.password or ""),
        database=database or (path if protocol == "postgres" else ""),
        tls=is_secure(url) or (protocol == "postgres" and needs_tls),
    )


def tell(answer: Answer) -> str:
    """Say in one line what was tried from where and what was said; no password is in it.

    Example:
        ``postgres at nas:5432 as `n8n`, from a container: password authentication failed``
    """
    request, said = answer.request, answer.said
    who = f" as `{request.user}`" if request.user else ""
    version = f" (version {said.version})" if said.version else ""
    return (
        f"{request.protocol} at {request.host}:{request.port}{who}, from {answer.where}:"
        f" {said.said}{version}"
    )


def advise(answer: Answer, *, localhost: bool) -> str:
    """Say what most often stands behind a failure; empty where nothing is known."""
    request, stage = answer.request, answer.said.stage
    if stage == "connect":
        return _advise_connection(answer, localhost=localhost)
    if stage == "name":
        return "check the name in the URL; containers do not know names of your /etc/hosts"
    if "CERTIFICATE_VERIFY_FAILED" in answer.said.said:
        return _advise_certificate(answer.said.said)
    if stage != "auth":
        return ""
    if request.protocol == "postgres" and request.database:
        return f"make the database `{request.database}` and the role `{request.user}` there"
    return "put the user and password into the URL: scheme://user:password@host:port"


def _advise_certificate(said: str) -> str:
    if "mismatch" in said:
        return "use a name that its certificate is made for in the URL"
    return "name the authority that signed it: hearth settings set CA_FILE /path/of/ca.pem"


def _advise_connection(answer: Answer, *, localhost: bool) -> str:
    port = answer.request.port
    if not localhost:
        return "check the address and port, and the firewall between"
    if answer.where.startswith("a container"):
        return f"let it listen on more than 127.0.0.1, and let containers through to port {port}"
    return f"start it, or name its port in `.env` if it is not {port}"
