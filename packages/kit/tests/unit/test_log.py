"""Tests of `hearth_kit.log`."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hearth_kit.log import configure

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def root_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = tuple(root.handlers), root.level
    yield
    for handler in tuple(root.handlers):
        root.removeHandler(handler)
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)


def test_record_is_one_json_line() -> None:
    stream = io.StringIO()
    configure(service="lambda-server", stream=stream)
    logging.getLogger("hearth.worker").warning("took\nlong", extra={"seconds": 7})
    (line,) = stream.getvalue().splitlines()
    said = json.loads(line)
    assert datetime.fromisoformat(said.pop("time")).utcoffset() == timedelta(0)
    assert said == {
        "level": "WARNING",
        "logger": "hearth.worker",
        "message": "took\nlong",
        "service": "lambda-server",
        "seconds": 7,
    }


def test_time_is_rfc_3339() -> None:
    stream = io.StringIO()
    configure(service="x", stream=stream)
    record = logging.makeLogRecord({"msg": "then", "created": 0.0})
    logging.getLogger().handlers[0].emit(record)
    assert json.loads(stream.getvalue())["time"] == "1970-01-01T00:00:00Z"


def test_exception_stays_in_its_line() -> None:
    stream = io.StringIO()
    configure(service="x", stream=stream)
    try:
        raise ValueError("odd")
    except ValueError:
        logging.getLogger("a").exception("failed")
    (line,) = stream.getvalue().splitlines()
    assert "ValueError: odd" in json.loads(line)["exc_info"]


def test_level_holds() -> None:
    stream = io.StringIO()
    configure(service="x", level="warning", stream=stream)
    logging.getLogger("a").info("not said")
    assert stream.getvalue() == ""


def test_configure_again_replaces() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure(service="x", stream=first)
    configure(service="x", form="text", stream=second)
    logging.getLogger("a.b").error("said once")
    assert first.getvalue() == ""
    assert second.getvalue().endswith(" ERROR   a.b: said once\n")
