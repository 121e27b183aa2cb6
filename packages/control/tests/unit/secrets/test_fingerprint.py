"""Fingerprints tell values apart and say nothing of them."""

from __future__ import annotations

import pytest
from hearth_control.secrets.fingerprint import fingerprint
from hearth_kit.secret import Secret

pytestmark = pytest.mark.unit

SALT = b"a salt of its own"


def test_known_fingerprint() -> None:
    assert fingerprint("key", Secret("value"), salt=SALT) == "777027971b2d099b"


@pytest.mark.parametrize(
    ("key", "value", "salt"),
    [("other", "value", SALT), ("key", "other", SALT), ("key", "value", b"other")],
    ids=["key", "value", "salt"],
)
def test_each_part_counts(key: str, value: str, salt: bytes) -> None:
    assert fingerprint(key, Secret(value), salt=salt) != fingerprint(
        "key", Secret("value"), salt=SALT
    )
