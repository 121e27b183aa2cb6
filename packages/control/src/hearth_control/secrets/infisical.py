"""Infisical over its HTTP API: sign in as a machine identity, list, create and change secrets.

Source: https://infisical.com/docs/api-reference/endpoints/universal-auth/login,
https://infisical.com/docs/api-reference/endpoints/secrets/list, …/create, …/update (v4, read
2026-11); servers before v4 have the same under `/api/v3/secrets/raw`, where a project is a
`workspaceId` (…/endpoints/deprecated/secrets).
"""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from hearth_kit.secret import Secret

from hearth_control.secrets.infisical_errors import (
    InfisicalAnswerError,
    InfisicalDeniedError,
    InfisicalDownError,
)

TIMEOUT_SECONDS: Final = 10.0
MOST_BYTES: Final = 8 * 1024 * 1024
_BUSY: Final = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in Infisical an installation's secrets lie, and who asks for them.

    `address` is `https://host[:port]`, `project` a project's id, `environment` its slug, `path` a
    folder that begins with a slash.
    """

    address: str
    project: str
    environment: str
    path: str
    client_id: str
    client_secret: Secret


class Infisical:
    """One place in one Infisical. It signs in at the first question."""

    def __init__(self, place: Place, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._place = place
        self._timeout = timeout_seconds
        self._token: Secret | None = None
        self._base, self._project_field = "/api/v4/secrets", "projectId"

    def load(self) -> Mapping[str, Secret]:
        """Give the secrets of the place by name, without those of folders below or imports.

        Raises:
            InfisicalDownError: it does not answer, is busy or broken.
            InfisicalDeniedError: it refuses the identity, or this place to it.
            InfisicalAnswerError: what answers speaks otherwise.
        """
        query = {**self._where(), "viewSecretValue": "true", "expandSecretReferences": "true"}
        status, answer = self._ask("GET", self._base, query=query)
        if status == 404 and self._is_missing_route(answer):
            self._base, self._project_field = "/api/v3/secrets/raw", "workspaceId"
            query = {**self._where(), "viewSecretValue": "true", "expandSecretReferences": "true"}
            status, answer = self._ask("GET", self._base, query=query)
        found = self._checked(status, answer).get("secrets")
        if not isinstance(found, list):
            raise self._odd("gave no list of secrets")
        return dict(self._secret(each) for each in found)

    def create(self, name: str, value: Secret) -> None:
        """Make a secret that is not there yet. Raises: as `load`."""
        self._write("POST", name, value)

    def change(self, name: str, value: Secret) -> None:
        """Give a secret that is there another value. Raises: as `load`."""
        self._write("PATCH", name, value)

    def _write(self, method: str, name: str, value: Secret) -> None:
        body = {**self._where(), "secretValue": value.reveal(), "type": "shared"}
        target = f"{self._base}/{quote(name, safe='')}"
        self._checked(*self._ask(method, target, body=body))

    def _where(self) -> dict[str, str]:
        place = self._place
        return {
            self._project_field: place.project,
            "environment": place.environment,
            "secretPath": place.path,
        }

    def _secret(self, each: object) -> tuple[str, Secret]:
        match each:
            case {"secretKey": str(name), "secretValueHidden": True}:
                msg = f"{self._place.address}: the identity may list `{name}` and not read it"
                raise InfisicalDeniedError(msg, hint="hearth settings list")
            case {"secretKey": str(name), "secretValue": str(value)}:
                return name, Secret(value)
            case _:
                raise self._odd("gave a secret without name or value")

    def _sign_in(self) -> Secret:
        place = self._place
        body = {"clientId": place.client_id, "clientSecret": place.client_secret.reveal()}
        answer = self._checked(*self._exchange("POST", "/api/v1/auth/universal-auth/login", body))
        token = answer.get("accessToken")
        if not isinstance(token, str) or not token:
            raise self._odd("gave no access token")
        return Secret(token)

    def _ask(
        self,
        method: str,
        target: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        if self._token is None:
            self._token = self._sign_in()
        whole = f"{target}?{urlencode(query)}" if query else target
        return self._exchange(method, whole, body, token=self._token)

    def _exchange(
        self,
        method: str,
        target: str,
        body: Mapping[str, str] | None,
        *,
        token: Secret | None = None,
    ) -> tuple[int, bytes]:
        address = urlsplit(self._place.address)
        headers = {"Accept": "application/json", "User-Agent": "hearth"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if token is not None:
            headers["Authorization"] = f"Bearer {token.reveal()}"
        connection = self._connect(address.scheme, address.hostname or "", address.port)
        try:
            # Redirects are not followed: credentials go where the person said and nowhere else.
            connection.request(
                method,
                address.path.rstrip("/") + target,
                body=None if body is None else json.dumps(body),
                headers=headers,
            )
            response = connection.getresponse()
            data = response.read(MOST_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            why = "took too long" if isinstance(error, TimeoutError) else "does not answer"
            msg = f"{self._place.address}: Infisical {why}"
            raise InfisicalDownError(
                msg, hint="hearth settings explain INFISICAL_ADDRESS"
            ) from error
        finally:
            connection.close()
        if len(data) > MOST_BYTES:
            raise self._odd(f"gave more than {MOST_BYTES} bytes")
        return response.status, data

    def _connect(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        if scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(host, port, timeout=self._timeout)

    def _checked(self, status: int, data: bytes) -> dict[str, Any]:
        where = self._place.address
        if status in {401, 403}:
            msg = f"{where}: Infisical refuses the machine identity, or this project to it"
            raise InfisicalDeniedError(msg, hint="hearth secrets set infisical_client_secret")
        if status in _BUSY or status >= 500:
            msg = f"{where}: Infisical answers with status {status}"
            raise InfisicalDownError(msg, hint="hearth settings explain INFISICAL_ADDRESS")
        if status >= 300:
            raise self._odd(f"refuses with status {status}{_reason(data)}")
        try:
            answer = json.loads(data)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise self._odd("gave no JSON object")
        return answer

    def _is_missing_route(self, data: bytes) -> bool:
        return b"Route" in data or not data.lstrip().startswith(b"{")

    def _odd(self, what: str) -> InfisicalAnswerError:
        msg = f"{self._place.address}: Infisical {what}"
        return InfisicalAnswerError(msg, hint="hearth settings list")


def _reason(data: bytes) -> str:
    """Give what an error says of itself; it speaks of names and rights, never of values."""
    try:
        said = json.loads(data).get("message")
    except (ValueError, AttributeError):
        return ""
    return f": {said[:200]}" if isinstance(said, str) else ""
