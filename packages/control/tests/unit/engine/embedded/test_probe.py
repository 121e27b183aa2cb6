"""What answers mean: HTTP, and the file of a PostgreSQL."""

from __future__ import annotations

import pytest
from hearth_control.engine.embedded.effects import Checked
from hearth_control.engine.embedded.probe import judge_answer, judge_postmaster

pytestmark = pytest.mark.unit

FILE = "7\n/d\n1\n63010\n/s\n127.0.0.1\n  1 2\n{status}\n"


@pytest.mark.parametrize(
    ("data", "checked"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nok", Checked(ok=True)),
        (b"HTTP/1.1 302 Found\r\n\r\n", Checked(ok=True)),
        (
            b'HTTP/1.1 503 No\r\n\r\n{"status":\n "starting"}',
            Checked(ok=False, said='HTTP 503 {"status": "starting"}'),
        ),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", Checked(ok=False, said="HTTP 404")),
        (b"SSH-2.0-x\r\n", Checked(ok=False, said="it does not speak HTTP")),
        (b"HTTP/1.1 \xff\r\n", Checked(ok=False, said="it does not speak HTTP")),
    ],
    ids=["ok", "redirect", "busy", "missing", "ssh", "garbage"],
)
def test_answer_is_judged(data: bytes, checked: Checked) -> None:
    assert judge_answer(data) == checked


@pytest.mark.parametrize(
    ("text", "checked"),
    [
        (FILE.format(status="ready   "), Checked(ok=True)),
        (
            FILE.format(status="starting"),
            Checked(ok=False, said="the database system is starting", busy=True),
        ),
        (
            FILE.format(status="stopping"),
            Checked(ok=False, said="the database system is stopping"),
        ),
        (None, Checked(ok=False, said="it has not opened its data yet")),
        ("8\n", Checked(ok=False, said="it has not opened its data yet")),
        ("7\n/d\n", Checked(ok=False, said="the database system is starting", busy=True)),
    ],
    ids=["ready", "starting", "stopping", "absent", "stale", "torn"],
)
def test_postmaster_is_judged(text: str | None, checked: Checked) -> None:
    assert judge_postmaster(text, 7) == checked
