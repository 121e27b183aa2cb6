"""An account in Immich for each person, by its administrators' API.

Source: https://api.immich.app (read 2026-11): `GET /api/admin/users`, `POST /api/admin/users` with
`email`, `name`, `password` and `shouldChangePassword`; the key goes into `x-api-key`.
"""

from __future__ import annotations

import os
from typing import Any, Final

import httpx2
from hearth_kit.secret import Secret

from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.errors import ProvisioningError
from hearth_server.capabilities.identity.model import Person

PATIENCE_SECONDS: Final = 10.0
USERS: Final = "/api/admin/users"


class ImmichAccounts:
    """A step of provisioning.

    The password it sets is nobody's: Immich's administrator hands out a new one, or people sign in
    there by a provider.
    """

    name = "immich"

    def __init__(
        self, url: str, api_key: Secret, *, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self._url = url
        self._api_key = api_key
        self._transport = transport

    async def provision(self, person: Person) -> str:
        """Find the account of a person's address, or make it; give its id there."""
        try:
            async with httpx2.AsyncClient(
                base_url=self._url,
                headers={"x-api-key": self._api_key.reveal(), "accept": "application/json"},
                timeout=PATIENCE_SECONDS,
                transport=self._transport,
            ) as client:
                found = await _find(client, person.email)
                if found is None:
                    found = await _make(client, person)
        except httpx2.HTTPError as error:
            msg = "immich: does not answer"
            raise ProvisioningError(msg, hint="hearth status immich") from error
        return found


async def _find(client: httpx2.AsyncClient, email: str) -> str | None:
    answer = await client.get(USERS, params={"withDeleted": "false"})
    users = _read(answer, expected=200)
    for each in users if isinstance(users, list) else ():
        if isinstance(each, dict) and str(each.get("email", "")).lower() == email:
            return str(each["id"])
    return None


async def _make(client: httpx2.AsyncClient, person: Person) -> str:
    password = rules.make_secret(os.urandom(rules.SECRET_BYTES))
    body = {
        "email": person.email,
        "name": person.email.partition("@")[0],
        "password": password.reveal(),
        "shouldChangePassword": True,
        "notify": False,
    }
    answer = await client.post(USERS, json=body)
    if answer.status_code == 400:
        # Another process may have made it between the question and this.
        made = await _find(client, person.email)
        if made is not None:
            return made
    user = _read(answer, expected=201)
    if not isinstance(user, dict) or "id" not in user:
        msg = "immich: answered something else than an account"
        raise ProvisioningError(msg, hint="hearth logs immich")
    return str(user["id"])


def _read(answer: httpx2.Response, *, expected: int) -> Any:  # noqa: ANN401 - JSON
    if answer.status_code in {401, 403}:
        msg = "immich: refuses the API key, an administrator's is needed"
        raise ProvisioningError(msg, hint="hearth-server settings")
    if answer.status_code != expected:
        msg = f"immich: expected status {expected}, found {answer.status_code}"
        raise ProvisioningError(msg, hint="hearth logs immich")
    try:
        return answer.json()
    except ValueError as error:
        msg = "immich: answered something else than JSON"
        raise ProvisioningError(msg, hint="hearth logs immich") from error
