"""An optional secret is asked for while it would be of use, and no longer."""

from __future__ import annotations

import pytest
from builders import catalog, plan, service, settings
from hearth_control.catalog.model import Need, Offer, SecretKind, SecretRule

pytestmark = pytest.mark.unit

RULE = SecretRule(
    kind=SecretKind.GIVEN, optional=True, role="photos", about="gives each person an account"
)
FILES = catalog(
    service("photos", offers={"photos": Offer(url="http://photos:2283")}),
    service("one", wants={"photos": Need()}, secrets={"key": RULE}),
)
BOTH = {"one": "container", "photos": "container"}


def asked(on: dict[str, str], **changes: dict[str, str]) -> list[tuple[str, str | None]]:
    made = plan(FILES, said=settings(services=on), **changes)
    return [(note.text, note.hint) for note in made.notes if note.code == "secret-welcome"]


def test_it_is_asked_for_while_the_role_is_served() -> None:
    assert asked(BOTH) == [
        (
            "one: gives each person an account; the secret `one_key` comes from you",
            "hearth secrets set one_key",
        )
    ]


def test_it_is_not_asked_for_where_nobody_serves_the_role() -> None:
    assert asked({"one": "container"}) == []


def test_it_is_not_asked_for_once_it_is_there() -> None:
    assert asked(BOTH, fingerprints={"one_key": "0"}) == []
