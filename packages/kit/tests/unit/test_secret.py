"""Tests of `hearth_kit.secret`."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hearth_kit.secret import REDACTED, Secret

pytestmark = pytest.mark.unit

VALUE = "hunter2-hunter2"


@pytest.mark.parametrize(
    "text",
    [
        str(Secret(VALUE)),
        repr(Secret(VALUE)),
        f"{Secret(VALUE)}",
        f"{Secret(VALUE):>30}",
        f"{Secret(VALUE)!r}",
        f"{[Secret(VALUE)]}",
        "%s" % Secret(VALUE),  # noqa: UP031  # each way of formatting is a case
    ],
)
def test_no_text_holds_value(text: str) -> None:
    assert VALUE not in text
    assert REDACTED in text


def test_reveal_gives_value() -> None:
    assert Secret(VALUE).reveal() == VALUE


def test_equal_by_value() -> None:
    assert Secret(VALUE) == Secret(VALUE)
    assert Secret(VALUE) != Secret("other")
    assert Secret(VALUE) != VALUE
    assert len({Secret(VALUE), Secret(VALUE)}) == 1


def test_empty_is_false() -> None:
    assert not Secret("")
    assert Secret(" ")


@pytest.mark.parametrize("serialise", [pickle.dumps, copy.deepcopy])
def test_serialising_is_refused(serialise: object) -> None:
    assert callable(serialise)
    with pytest.raises(TypeError, match="a Secret is not serialised"):
        serialise(Secret(VALUE))


def test_json_refuses_it() -> None:
    with pytest.raises(TypeError):
        json.dumps({"password": Secret(VALUE)})
