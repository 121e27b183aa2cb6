"""Immich's accounts against a local server that says what Immich says, and what it should not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hearth_kit.ids import uuid7
from hearth_kit.secret import Secret
from hearth_server.adapters.immich.accounts import ImmichAccounts
from hearth_server.capabilities.identity.errors import ProvisioningError
from hearth_server.capabilities.identity.model import Person
from hearth_server.principal import Role
from hearth_server.testing.immich import KEY, Immich, running_immich

pytestmark = pytest.mark.integration

ADA = Person(id=uuid7(), email="ada@example.com", role=Role.USER)


@pytest.fixture
def immich() -> Iterator[Immich]:
    with running_immich() as made:
        yield made


async def test_account_is_made_once(immich: Immich) -> None:
    step = ImmichAccounts(immich.url, Secret(KEY))
    first = await step.provision(ADA)
    assert await step.provision(ADA) == first
    (made,) = immich.made
    assert (made["email"], made["name"], made["shouldChangePassword"]) == (
        "ada@example.com",
        "ada",
        True,
    )
    assert len(made["password"]) == 43


async def test_account_that_is_there_is_taken(immich: Immich) -> None:
    immich.users = [{"id": "other", "email": "eve@example.com"}]
    immich.users += [{"id": "hers", "email": "Ada@Example.com"}]
    assert await ImmichAccounts(immich.url, Secret(KEY)).provision(ADA) == "hers"
    assert immich.made == []


async def test_race_is_settled(immich: Immich) -> None:
    immich.raced = [{"id": "raced", "email": "ada@example.com"}]
    assert await ImmichAccounts(immich.url, Secret(KEY)).provision(ADA) == "raced"


FAULTS = {
    "broken": ((500, b"no"), "immich: expected status 200, found 500"),
    "gateway": ((200, b"<html>sign in</html>"), "immich: answered something else than JSON"),
}


@pytest.mark.parametrize(("fault", "text"), FAULTS.values(), ids=FAULTS.keys())
async def test_fault_is_told(immich: Immich, fault: tuple[int, bytes], text: str) -> None:
    immich.fault = fault
    with pytest.raises(ProvisioningError) as caught:
        await ImmichAccounts(immich.url, Secret(KEY)).provision(ADA)
    assert str(caught.value) == text


async def test_wrong_key_is_told_and_not_shown(immich: Immich) -> None:
    with pytest.raises(ProvisioningError) as caught:
        await ImmichAccounts(immich.url, Secret("somebody's key")).provision(ADA)
    assert str(caught.value) == "immich: refuses the API key, an administrator's is needed"
    assert "somebody's key" not in str(caught.value.as_dict())


async def test_lost_service_is_told() -> None:
    with pytest.raises(ProvisioningError) as caught:
        await ImmichAccounts("http://127.0.0.1:1", Secret(KEY)).provision(ADA)
    assert str(caught.value) == "immich: does not answer"
