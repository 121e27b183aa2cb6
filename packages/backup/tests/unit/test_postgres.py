"""What PostgreSQL's programs are asked."""

from __future__ import annotations

import pytest
from hearth_backup import postgres

pytestmark = pytest.mark.unit


def test_names_are_names_and_nothing_else() -> None:
    assert postgres.dump("a=b'c", "/f")[-1] == r"--dbname=dbname='a=b\'c'"
    assert postgres.drop('x"; DROP')[-1] == (
        '--command=DROP DATABASE IF EXISTS "x""; DROP" WITH (FORCE)'
    )
    assert postgres.dump_file("../a/b") == "databases/..%2Fa%2Fb.dump"


def test_no_password_is_an_argument_or_asked_for() -> None:
    for argv in (postgres.dump("a", "/f"), postgres.restore("/f"), postgres.list_databases()):
        assert "--no-password" in argv


def test_roles_are_dumped_without_their_passwords() -> None:
    assert "--no-role-passwords" in postgres.dump_roles("/f")
