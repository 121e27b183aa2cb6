"""Known causes of failures, told from last lines."""

from __future__ import annotations

import pytest
from hearth_control.engine.embedded.explain import find_cause

pytestmark = pytest.mark.unit

FACTS = {"home": "/h", "port": "63010", "owner": "nginx (pid 8)", "service_key": "POSTGRES"}


@pytest.mark.parametrize(
    ("line", "cause", "hint"),
    [
        (
            'LOG:  could not bind IPv4 address "127.0.0.1": Address already in use',
            "port 63010 is taken by nginx (pid 8)",
            "hearth settings explain POSTGRES_PORT",
        ),
        (
            "OSError: [Errno 98] error while attempting to bind",
            "port 63010 is taken by nginx (pid 8)",
            "hearth settings explain POSTGRES_PORT",
        ),
        (
            'PANIC:  could not write to file "pg_wal/x": No space left on device',
            "the disk is full",
            "df -h '/h'",
        ),
        (
            "hearth: /d: was written by PostgreSQL 16, and this is 18 (hint: https://x.y/z)",
            "/d: was written by PostgreSQL 16, and this is 18",
            "https://x.y/z",
        ),
        (
            'FATAL:  password authentication failed for user "hearth_app"',
            "PostgreSQL refuses the password of `hearth_app`",
            "hearth up --home '/h'",
        ),
        (
            "/x/python: No module named hearth_server",
            "the Python package `hearth_server` is not installed",
            "make setup",
        ),
        (
            "PermissionError: [Errno 13] Permission denied: '/data'",
            "a file may not be read or written",
            "ls -ld '/h'",
        ),
        ("error: HEARTH_PORT: `x` is no number", "HEARTH_PORT: `x` is no number", ""),
        ("MemoryError", "there is not enough memory", "free -h"),
    ],
    ids=[
        "postgres-port",
        "python-port",
        "disk",
        "own",
        "password",
        "module",
        "permission",
        "settings",
        "memory",
    ],
)
def test_sign_names_cause(line: str, cause: str, hint: str) -> None:
    lines = ["something before", line, "something after"]
    assert find_cause(lines, exit_code=1, facts=FACTS) == (cause, hint)


def test_unknown_signs_say_nothing() -> None:
    assert find_cause(["{odd} braces %s"], exit_code=1, facts=FACTS) == ("", "")


def test_kill_hints_at_memory() -> None:
    cause, hint = find_cause([], exit_code=-9, facts=FACTS)
    assert cause == "it was killed, most likely because the machine ran out of memory"
    assert hint == "free -h"
