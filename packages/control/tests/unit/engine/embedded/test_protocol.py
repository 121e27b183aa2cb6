"""Messages between commands and the supervisor."""

from __future__ import annotations

import signal

import pytest
from hearth_control.engine.embedded.guard import parse_units
from hearth_control.engine.embedded.order import stop_waves
from hearth_control.engine.embedded.protocol import MESSAGE_BYTES, Messages, encode

pytestmark = pytest.mark.unit


def test_messages_come_in_pieces() -> None:
    messages = Messages()
    line = encode({"do": "hello"}) + encode({"do": "stop"})
    assert messages.feed(line[:5]) == []
    assert messages.feed(line[5:]) == [{"do": "hello"}, {"do": "stop"}]


@pytest.mark.parametrize("line", [b"{\n", b"[1]\n", b"\xff\n"], ids=["torn", "list", "bytes"])
def test_bad_message_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Messages().feed(line)


def test_endless_message_is_refused() -> None:
    with pytest.raises(ValueError, match="more than"):
        Messages().feed(b"x" * (MESSAGE_BYTES + 1))


def test_guard_folds_units() -> None:
    assert parse_units("+7 SIGINT\n+8 SIGTERM\n-7\n-9\n") == {8: signal.SIGTERM}


def test_waves_stop_dependants_first() -> None:
    needs = {"db": (), "app": ("db", "elsewhere"), "web": ("app", "db"), "other": ()}
    assert list(stop_waves(needs)) == [("other", "web"), ("app",), ("db",)]


def test_waves_end_circles() -> None:
    assert list(stop_waves({"a": ("b",), "b": ("a",)})) == [("a", "b")]
