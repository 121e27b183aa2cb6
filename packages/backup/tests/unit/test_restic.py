"""What restic is asked and how its answers are read."""

from __future__ import annotations

import json

import pytest
from hearth_backup import restic
from hearth_backup.errors import (
    BadSettingError,
    NoRepositoryError,
    NoSnapshotError,
    RepositoryError,
    RunnerBusyError,
    WrongPasswordError,
)
from hearth_backup.settings import DEFAULT_KEEP
from hearth_kit.errors import HearthError

pytestmark = pytest.mark.unit


def test_backup_takes_paths_and_never_options_from_names() -> None:
    argv = restic.backup(["run/backup", "-x"], host="h", kind="whole", exclude_file=None)
    assert argv[argv.index("--") + 1 :] == ("run/backup", "-x")
    assert argv[argv.index("--tag") + 1] == "hearth,whole"


def test_patterns_mean_the_path_alone() -> None:
    assert restic.literal("data/a[1]*?\\b") == r"data/a\[1\]\*\?\\b"
    assert restic.exclude_lines(["/set/data/a$HOME*.db"]) == "/set/data/a$$HOME\\*.db\n"


@pytest.mark.parametrize(
    ("code", "said", "kind"),
    [
        (12, "Fatal: wrong password or no key found", WrongPasswordError),
        (1, "Fatal: wrong password or no key found", WrongPasswordError),
        (10, "Fatal: repository does not exist", NoRepositoryError),
        (1, "Is there a repository at the following location?\n/r", NoRepositoryError),
        (11, "unable to create lock in backend", RunnerBusyError),
        (1, 'Fatal: no matching ID found for prefix "abc"', NoSnapshotError),
        (1, "write /repository/data: no space left on device", RepositoryError),
        (1, "Fatal: dial tcp: connection refused", RepositoryError),
    ],
)
def test_refusal_is_known_by_code_or_words(code: int, said: str, kind: type[HearthError]) -> None:
    assert type(restic.refusal(code, said, repository="/repository")) is kind


def test_refusals_say_what_to_do() -> None:
    wrong = restic.refusal(12, "", repository="rest:https://me:secret@host/r")
    assert wrong.message == (
        "rest:https://host/r: was made with another password than `backup_repository_password`"
    )
    assert wrong.hint == "hearth secrets set backup_repository_password"
    full = restic.refusal(1, "Fatal: no space left on device", repository="/repository")
    assert full.message == (
        "/repository: there is no room left for this backup; those before it are whole"
    )
    other = restic.refusal(1, "Fatal: unable to open it.\n", repository="/repository")
    assert other.message == "/repository: unable to open it"
    killed = restic.refusal(-9, "", repository="/repository")
    assert killed.message == "/repository: restic was killed by signal 9"


def test_password_in_an_address_is_not_shown() -> None:
    assert restic.shown("/repository") == "/repository"
    assert restic.shown("rest:https://me:s3cr@t@host/r") == "rest:https://host/r"


@pytest.mark.parametrize("text", ["", "--keep-daily", "--prune 1", "'", "--keep-last 1 x"])
def test_keep_is_a_list_of_what_to_keep(text: str) -> None:
    with pytest.raises(BadSettingError) as caught:
        restic.parse_keep(text)
    assert caught.value.message == (
        f"BACKUP_KEEP: `{text}` is no list such as `--keep-daily 7 --keep-weekly 5`"
    )


def test_default_keeps_every_backup_of_two_days() -> None:
    assert restic.parse_keep(DEFAULT_KEEP)[:2] == ("--keep-within", "2d")


def test_snapshots_are_read_oldest_first() -> None:
    listed = [
        {"id": "b" * 64, "time": "2026-11-02T00:00:00Z", "hostname": "h", "tags": ["hearth"]},
        {
            "id": "a" * 64,
            "time": "2026-11-01T00:00:00Z",
            "hostname": "h",
            "tags": ["hearth", "running"],
            "summary": {"total_bytes_processed": 7, "data_added": 3},
        },
    ]
    first, second = restic.parse_snapshots(json.dumps(listed))
    assert (first.id, first.kind, first.size, first.added) == ("aaaaaaaa", "running", 7, 3)
    assert (second.kind, second.size) == ("whole", None)
    assert restic.parse_snapshots("null") == ()


def test_backup_without_a_summary_did_not_end() -> None:
    with pytest.raises(RepositoryError) as caught:
        restic.read_summary(['{"message_type":"status","percent_done":0.5}', "killed"])
    assert caught.value.message == "backup: restic ended without saying what it saved"
