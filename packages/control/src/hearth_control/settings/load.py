"""Reading the layers of settings; the only module here that reads a file.

Environment variables are `HEARTH_` and the key: `HEARTH_BASE_PORT`. An environment is shared with
other programs, so a name there that no setting resembles is none of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hearth_control.catalog.findings import Finding
from hearth_control.catalog.model import Catalog
from hearth_control.settings.env_file import parse_env
from hearth_control.settings.errors import SettingsError, SettingsUnreadableError
from hearth_control.settings.home import HOME_KEY, project_name
from hearth_control.settings.keys import KeyInfo, known_keys
from hearth_control.settings.merge import ENVIRONMENT, FILE, FLAGS, Given, merge_settings
from hearth_control.settings.model import Settings

ENV_FILE = ".env"
PREFIX = "HEARTH_"
CERTIFICATE = "-----BEGIN CERTIFICATE-----"
_LIKENESS = 0.85


def load_settings(
    *, catalog: Catalog, home: Path, environment: Mapping[str, str], flags: Mapping[str, str]
) -> Settings:
    """Read every layer and fold them. A home without `.env` has said nothing yet.

    Raises:
        SettingsError: a setting is wrong or unknown, with every finding; or `CA_FILE` cannot be
            read.
        SettingsUnreadableError: the home or its `.env` cannot be read.
    """
    known = known_keys(catalog)
    settings = merge_settings(
        (
            Given(origin=FLAGS, place="flag", values=flags),
            _environment(environment, known),
            load_env(home),
        ),
        catalog=catalog,
        home=home,
        project=project_name(home, environment),
    )
    return replace(settings, authorities=read_authorities(settings.ca_file))


def read_authorities(path: str) -> str:
    """Read certificates in PEM form; empty where no file is named.

    Raises:
        SettingsError: the file cannot be read, or holds no certificate.
    """
    if not path:
        return ""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as cause:
        what = f"`{path}` cannot be read: {(cause.strerror or str(cause)).lower()}"
        raise _bad_authorities(what) from cause
    if CERTIFICATE not in text:
        raise _bad_authorities(f"`{path}` holds no certificate in PEM form (`{CERTIFICATE}`)")
    return text


def _bad_authorities(what: str) -> SettingsError:
    finding = Finding(path="settings", where="CA_FILE", what=what)
    return SettingsError([finding], hint="hearth settings unset CA_FILE")


def load_env(home: Path) -> Given:
    """Read the home's `.env` as a layer; faults of its lines are in it.

    Raises:
        SettingsUnreadableError: it is there and cannot be read.
    """
    path = home / ENV_FILE
    data = read_env(home)
    try:
        text = data.decode()
    except UnicodeDecodeError as cause:
        what = f"is not UTF-8: byte 0x{data[cause.start]:02x} at position {cause.start}"
        line = data.count(b"\n", 0, cause.start) + 1
        fault = Finding(path=str(path), line=line, what=what)
        return Given(origin=FILE, place=str(path), values={}, faults=(fault,))
    bindings = parse_env(text)
    good = [binding for binding in bindings if not binding.fault]
    return Given(
        origin=FILE,
        place=str(path),
        values={binding.key: binding.value for binding in good},
        lines={binding.key: binding.line for binding in good},
        faults=tuple(
            Finding(path=str(path), line=one.line, where=one.key, what=one.fault)
            for one in bindings
            if one.fault
        ),
    )


def read_env(home: Path) -> bytes:
    """Read `.env` as it is; empty where there is none.

    Raises:
        SettingsUnreadableError: it is there and cannot be read.
    """
    path = home / ENV_FILE
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except IsADirectoryError as cause:
        text = f"{path}: is a folder and should be a file"
        raise SettingsUnreadableError(text, hint=f"ls -ld '{path}'") from cause
    except NotADirectoryError as cause:
        text = f"{home}: is a file and should be a folder"
        raise SettingsUnreadableError(text, hint=f"ls -ld '{home}'") from cause
    except OSError as cause:
        text = f"{path}: cannot be read"
        raise SettingsUnreadableError(text, hint=f"ls -ld '{home}' '{path}'") from cause


def _environment(environment: Mapping[str, str], known: Mapping[str, KeyInfo]) -> Given:
    ours = {
        name.removeprefix(PREFIX): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != HOME_KEY
    }
    values = {
        key: value for key, value in sorted(ours.items()) if key in known or _resembles(key, known)
    }
    return Given(origin=ENVIRONMENT, place="environment", values=values, prefix=PREFIX)


def _resembles(key: str, known: Mapping[str, KeyInfo]) -> bool:
    """Tell a slip of the pen from a name that belongs to another program."""
    import difflib

    return bool(difflib.get_close_matches(key, known, n=1, cutoff=_LIKENESS))
