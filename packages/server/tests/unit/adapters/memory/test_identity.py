"""Identity in memory keeps what every store promises."""

from __future__ import annotations

from datetime import datetime

import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.memory.identity import MemoryIdentity
from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.model import Person
from hearth_server.principal import Role
from hearth_server.testing.identity import NOW, IdentityConformance, Store

pytestmark = pytest.mark.unit


class MemoryAccounts:
    def __init__(self, identity: MemoryIdentity) -> None:
        self._identity = identity

    def person(self, email: str) -> Person:
        person = Person(id=uuid7(), email=email, role=Role.USER)
        self._identity.add_person(person, now=NOW)
        return person

    def link(self, person: Person, secret: str, *, until: datetime) -> None:
        self._identity.add_link(person, digest=rules.digest(secret), until=until)


class TestMemoryIdentity(IdentityConformance):
    @pytest.fixture
    def store(self) -> Store:
        identity = MemoryIdentity()
        return Store(signins=identity, tokens=identity, accounts=MemoryAccounts(identity))
