"""What is never shown of a value."""

from __future__ import annotations

import pytest
from hearth_control.settings.values import hide_credentials

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://host:80/path", "http://host:80/path"),
        ("http://ann@host", "http://********@host"),
        ("http://ann:hunter2@host:80/x", "http://********@host:80/x"),
        ("http://:hunter2@host", "http://********@host"),
        ("http://ann:hun/ter2@host", "http://********@host"),
        ("ann:hunter2@host", "********@host"),
        ("http://host/a?mail=ann@example.org", "http://host/a?mail=ann@example.org"),
        ("ann@example.org", "ann@example.org"),
        ("plain", "plain"),
    ],
)
def test_credentials_are_starred(text: str, shown: str) -> None:
    assert hide_credentials(text) == shown
