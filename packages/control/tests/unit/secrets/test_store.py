"""The folder of secrets: closed, whole, and never written twice."""

from __future__ import annotations

import errno
import stat
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from builders import catalog, plan, service, settings, small_catalog
from hearth_control.catalog.model import SecretKind, SecretRule
from hearth_control.plan.model import Plan
from hearth_control.secrets.errors import (
    SecretDamagedError,
    SecretMissingError,
    SecretNotGivenError,
    SecretRuleError,
    SecretsClosedError,
)
from hearth_control.secrets.store import SecretStore
from hearth_kit.clock import ManualClock
from hearth_kit.errors import HearthError

pytestmark = pytest.mark.unit

N8N_KEYS = ("n8n_db_n8n", "n8n_encryption_key", "postgres_admin")


def numbered() -> Callable[[int], bytes]:
    """Give different bytes at each call, and the same from test to test."""
    calls = count(1)
    return lambda size: bytes((next(calls) * 7 + at * 13) % 248 for at in range(size))


@pytest.fixture
def store(tmp_path: Path) -> SecretStore:
    return SecretStore(tmp_path, random=numbered(), clock=ManualClock())


def unsealed(**said: Any) -> Plan:
    return plan(said=settings(**said), fingerprints={})


N8N = unsealed(services={"n8n": "container"})


def ensure_n8n(store: SecretStore) -> tuple[str, ...]:
    return store.ensure(N8N, small_catalog())


def test_nothing_is_there(store: SecretStore, tmp_path: Path) -> None:
    assert store.keys() == ()
    assert store.fingerprints() == {}
    assert list(tmp_path.iterdir()) == []


def test_ensure_makes_missing(store: SecretStore) -> None:
    assert ensure_n8n(store) == N8N_KEYS
    assert store.keys() == N8N_KEYS
    assert ensure_n8n(store) == ()


def test_files_are_closed(store: SecretStore, tmp_path: Path) -> None:
    ensure_n8n(store)
    folder = tmp_path / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {0o600}


def test_open_folder_is_closed(store: SecretStore, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir(mode=0o755)
    ensure_n8n(store)
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_existing_secret_stays(store: SecretStore, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "n8n_encryption_key").write_text("put here by hand\n")
    assert "n8n_encryption_key" not in ensure_n8n(store)
    assert store.load(["n8n_encryption_key"])["n8n_encryption_key"].reveal() == "put here by hand"


def test_second_writer_wins_nothing(tmp_path: Path) -> None:
    """Two that run at once: the slower one finds the file there and leaves it."""
    folder = tmp_path / "secrets"
    supply = numbered()

    def race(size: int) -> bytes:
        folder.mkdir(exist_ok=True)
        (folder / "n8n_encryption_key").write_text("first")
        return supply(size)

    slower = SecretStore(tmp_path, random=race)
    assert "n8n_encryption_key" not in ensure_n8n(slower)
    assert slower.load(["n8n_encryption_key"])["n8n_encryption_key"].reveal() == "first"


def test_without_hard_links(
    store: SecretStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert ensure_n8n(store) == N8N_KEYS
    assert ensure_n8n(store) == ()
    assert len(store.load(N8N_KEYS)) == 3
    names = {path.name for path in (tmp_path / "secrets").iterdir()}
    assert names == {*N8N_KEYS, ".salt"}


def test_values_differ(store: SecretStore) -> None:
    ensure_n8n(store)
    assert len({secret.reveal() for secret in store.load(N8N_KEYS).values()}) == 3


def test_fingerprints_tell_apart(store: SecretStore, tmp_path: Path) -> None:
    ensure_n8n(store)
    before = store.fingerprints()
    (tmp_path / "secrets" / "n8n_encryption_key").write_text("another")
    after = store.fingerprints()
    assert {key for key in before if before[key] != after[key]} == {"n8n_encryption_key"}
    assert all(len(mark) == 16 for mark in after.values())


def test_fingerprints_of_some(store: SecretStore) -> None:
    ensure_n8n(store)
    assert list(store.fingerprints(["postgres_admin", "gone"])) == ["postgres_admin"]


def test_fingerprints_differ_by_home(tmp_path: Path) -> None:
    marks = []
    for name, first in (("one", 1), ("two", 2)):
        home = tmp_path / name
        (home / "secrets").mkdir(parents=True)
        (home / "secrets" / "key").write_text("same")
        store = SecretStore(home, random=lambda size, first=first: bytes([first] * size))
        marks.append(store.fingerprints()["key"])
    assert marks[0] != marks[1]


def test_derived_after_parent(store: SecretStore) -> None:
    derived = service(
        "auth",
        secrets={
            "anon": SecretRule(
                kind=SecretKind.JWT, parent="signing", claims={"role": "anon", "iat": "now"}
            ),
            "signing": SecretRule(kind=SecretKind.HEX),
        },
    )
    world = catalog(derived)
    made = plan(world, said=settings(services={"auth": "container"}), fingerprints={})
    assert store.ensure(made, world) == ("auth_signing", "auth_anon")


def fault(error: type[HearthError], act: Callable[[], object]) -> tuple[str, str | None]:
    """Act, and give the text and the hint of the error that it raises."""
    with pytest.raises(error) as raised:
        act()
    return str(raised.value), raised.value.hint


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty or half written"),
        (b"\n", "is empty or half written"),
        (b"a\0b", "is empty or half written"),
        (b"\xff\xfe", "is no text"),
        (b"x" * 70_000, "is no file with a secret in it"),
    ],
    ids=["empty", "line-feed", "nul", "binary", "huge"],
)
def test_damaged_file(store: SecretStore, tmp_path: Path, content: bytes, what: str) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "key").write_bytes(content)
    assert fault(SecretDamagedError, lambda: store.load(["key"])) == (
        f"secrets/key: {what}; put its value back, or remove it if nothing was made with it",
        f"install -m 600 /dev/stdin {folder / 'key'}",
    )


def test_folder_in_place_of_file(store: SecretStore, tmp_path: Path) -> None:
    (tmp_path / "secrets" / "key").mkdir(parents=True)
    with pytest.raises(SecretDamagedError):
        store.load(["key"])


def test_damaged_salt(store: SecretStore, tmp_path: Path) -> None:
    ensure_n8n(store)
    (tmp_path / "secrets" / ".salt").write_bytes(b"")
    with pytest.raises(SecretDamagedError):
        store.fingerprints()


def test_missing_secret(store: SecretStore) -> None:
    assert fault(SecretMissingError, lambda: store.load(["gone"])) == (
        "secrets/gone: was never made",
        "hearth up",
    )


def test_given_secret_first(store: SecretStore, tmp_path: Path) -> None:
    """Nothing is made while something is missing that only the person has."""
    asking = service(
        "bot",
        secrets={
            "token": SecretRule(kind=SecretKind.GIVEN),
            "key": SecretRule(kind=SecretKind.HEX),
        },
    )
    world = catalog(asking)
    made = plan(world, said=settings(services={"bot": "container"}), fingerprints={})
    assert fault(SecretNotGivenError, lambda: store.ensure(made, world)) == (
        "secrets/bot_token: comes from you and is not there",
        "hearth secrets set bot_token",
    )
    assert store.keys() == ()
    assert [note.text for note in made.errors] == [
        "bot: the secret `bot_token` comes from you and is not there"
    ]


def test_secret_without_rule(store: SecretStore) -> None:
    assert fault(SecretRuleError, lambda: store.ensure(N8N, catalog())) == (
        "secrets/n8n_db_n8n: the catalog has no rule for it",
        "hearth services",
    )


def test_home_refuses(store: SecretStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may write anywhere, so the refusal is made.
    def refuse(*_args: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert fault(SecretsClosedError, lambda: ensure_n8n(store)) == (
        f"{tmp_path / 'secrets'}: cannot be read or written by this user",
        f'sudo chown -R "$(id -un)" {tmp_path / "secrets"}',
    )


def test_full_disk(store: SecretStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("hearth_control.secrets.store.os.fsync", full)
    assert fault(SecretsClosedError, lambda: ensure_n8n(store)) == (
        f"{tmp_path / 'secrets'}: no space left on device",
        f"df -h {tmp_path}",
    )
    assert list((tmp_path / "secrets").iterdir()) == []
