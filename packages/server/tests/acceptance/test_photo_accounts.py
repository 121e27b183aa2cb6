"""An account in Immich for each person, by the settings that the catalog gives.

A stand-in that speaks Immich's documented API takes its place.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final

import httpx2
import pytest
from hearth_server.testing.immich import KEY, running_immich

if TYPE_CHECKING:
    from conftest import Deployment

pytestmark = pytest.mark.acceptance

STATE: Final = "/api/me/provisioning"


async def photo_account(deployment: Deployment) -> dict[str, Any]:
    """Sign the first person in, and ask what is set up until the account is, or was refused."""
    link = str(deployment.sign_in_link()["url"])
    async with httpx2.AsyncClient(base_url=deployment.url) as client:
        found = re.search(r'name="link" value="([^"]+)"', (await client.get(link)).text)
        assert found is not None
        await client.post("/sign-in", data={"link": found[1]})
        for _ in range(600):
            steps = {each["name"]: each for each in (await client.get(STATE)).json()}
            if steps["immich"]["state"] != "pending":
                return dict(steps["immich"])
            await asyncio.sleep(0.1)
    raise AssertionError(steps)


async def test_person_has_an_account_in_immich_and_sees_so(deployment: Deployment) -> None:
    with running_immich() as immich:
        deployment.environment["HEARTH_IMMICH_URL"] = immich.url
        deployment.environment["HEARTH_IMMICH_API_KEY"] = KEY
        deployment.serve()
        account = await photo_account(deployment)
        assert account["state"] == "done", account
        assert [each["email"] for each in immich.made] == [each["email"] for each in immich.users]
        assert len(immich.made) == 1


async def test_person_sees_that_the_key_was_refused(deployment: Deployment) -> None:
    with running_immich() as immich:
        deployment.environment["HEARTH_IMMICH_URL"] = immich.url
        deployment.environment["HEARTH_IMMICH_API_KEY"] = "a-key-of-nobody-at-all"
        deployment.serve()
        account = await photo_account(deployment)
        assert account["state"] == "failed"
        assert account["reason"] == "immich: refuses the API key, an administrator's is needed"
