"""Which backup is meant."""

from __future__ import annotations

import pytest
from hearth_control.backup.errors import BackupNotFoundError
from hearth_control.backup.listing import choose, parse_backups
from hearth_control.cli.backup_words import doomed_lines

pytestmark = pytest.mark.unit


def one(backup: str, day: int, kind: str = "whole") -> dict[str, object]:
    at = f"2026-11-{day:02}T03:30:00Z"
    return {"id": backup, "at": at, "host": "h", "kind": kind, "size": 1, "added": None}


FOUND = parse_backups(
    {
        "backups": [
            one("aaaa1111", 1),
            one("aaaa2222", 2, "running"),
            one("bbbb3333", 3, "before-restore"),
        ]
    }
)


def test_newest_is_first_and_a_restores_own_copy_is_never_the_latest() -> None:
    assert [backup.id for backup in FOUND] == ["bbbb3333", "aaaa2222", "aaaa1111"]
    assert choose(FOUND, "latest").id == "aaaa2222"
    assert choose(FOUND, "bbbb").id == "bbbb3333"


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ("aaaa", "aaaa: several backups begin like this"),
        ("cccc", "cccc: no backup has this id"),
        ("", ": several backups begin like this"),
    ],
)
def test_unclear_name_restores_nothing(named: str, text: str) -> None:
    with pytest.raises(BackupNotFoundError) as caught:
        choose(FOUND, named)
    assert (caught.value.message, caught.value.hint) == (text, "hearth backup list")


def test_no_backup_yet_says_how_to_take_one() -> None:
    with pytest.raises(BackupNotFoundError) as caught:
        choose((), "latest")
    assert caught.value.message == "backup: there is no backup yet"
    assert caught.value.hint == "hearth backup now"


def test_question_says_what_an_incomplete_backup_leaves_alone() -> None:
    assert any("those stay as is" in line for line in doomed_lines(choose(FOUND, "latest"), ()))
    assert not any("those stay as is" in line for line in doomed_lines(choose(FOUND, "aaaa1"), ()))
