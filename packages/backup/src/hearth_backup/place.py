"""The folders a runner works in: stage, lock, what it remembers, the installation's own files."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hearth_kit.files import write_atomic

from hearth_backup.errors import RunnerBusyError
from hearth_backup.listing import Listing, parse_listing
from hearth_backup.settings import Settings

INSTALLATION = "installation"
OWN_FILES = (".env", "applied.json", "lock.json")
OWN_FOLDERS = ("secrets", "services")


@contextlib.contextmanager
def working(settings: Settings) -> Iterator[None]:
    """Hold the runner's lock, with an empty stage; the stage is empty again afterwards.

    Raises:
        RunnerBusyError: another backup or restore of this installation is in its course.
    """
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = "backup: another backup or restore is in its course"
            raise RunnerBusyError(msg, hint="hearth logs backup") from None
        empty(settings.stage)
        settings.stage.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            yield
        finally:
            empty(settings.stage)


@contextlib.contextmanager
def cancellable(settings: Settings) -> Iterator[None]:
    """Work in a process group of its own, which `cancel` ends, restic and all."""
    with contextlib.suppress(PermissionError):
        os.setpgid(0, 0)
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    group = settings.state / "group"
    write_atomic(group, str(os.getpgid(0)), mode=0o600)
    try:
        yield
    finally:
        group.unlink(missing_ok=True)


def cancel(settings: Settings) -> bool:
    """End the backup or restore that was asked for, and wait for its end; tell if one was."""
    try:
        group = int((settings.state / "group").read_text())
        words = Path("/proc", str(group), "cmdline").read_bytes()
    except (OSError, ValueError):
        return False
    if b"backup" not in words or group in {0, 1, os.getpgid(0)}:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
    with (settings.state / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
    return True


def empty(folder: Path) -> None:
    """Remove everything in a folder; the folder itself may be where a volume is mounted."""
    if not folder.is_dir():
        return
    for each in os.scandir(folder):
        if each.is_dir(follow_symlinks=False):
            shutil.rmtree(each.path)
        else:
            Path(each.path).unlink()


def load_listing(settings: Settings) -> Listing:
    """Read what there is to back up; raises as `parse_listing`."""
    try:
        text = settings.listing.read_text(encoding="utf-8")
    except OSError:
        text = ""
    return parse_listing(text)


def copy_installation(settings: Settings) -> tuple[str, ...]:
    """Copy settings, secrets and own services into the stage; name the files, sorted."""
    target = settings.stage / INSTALLATION
    target.mkdir(mode=0o700)
    for name in OWN_FILES:
        source = settings.installation / name
        if source.is_file():
            shutil.copyfile(source, target / name)
    for name in OWN_FOLDERS:
        source = settings.installation / name
        if source.is_dir():
            shutil.copytree(source, target / name, symlinks=True)
    return tuple(
        sorted(
            os.fspath(Path(parent, name).relative_to(target))
            for parent, _, names in os.walk(target)
            for name in names
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """How the last backup by the clock went. `error` is empty where it was well."""

    began: datetime
    error: str = ""


def load_last(settings: Settings) -> Last | None:
    """Read how the last one went; None where there was none."""
    try:
        said: dict[str, Any] = json.loads((settings.state / "last.json").read_bytes())
        return Last(began=datetime.fromisoformat(said["began"]), error=said["error"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save_last(settings: Settings, last: Last) -> None:
    """Remember how it went."""
    text = json.dumps({"began": last.began.isoformat(), "error": last.error})
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(settings.state / "last.json", text, mode=0o600)
