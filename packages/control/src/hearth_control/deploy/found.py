"""Reading a person's Compose file and what it mentions; nothing is changed."""

from __future__ import annotations

import os
from pathlib import Path
from shlex import quote
from typing import Any

from hearth_kit.errors import InvalidError, NotFoundError, UnavailableError

from hearth_control.catalog.adopt.adopt import check_shape, mentioned
from hearth_control.catalog.adopt.model import Found, Given
from hearth_control.catalog.adopt.shapes import read_env
from hearth_control.catalog.errors import CatalogError
from hearth_control.catalog.findings import Finding, dotted
from hearth_control.catalog.parse import MOST_BYTES
from hearth_control.catalog.tree import read_tree

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""In the order in which Compose itself looks for them."""
_MOST_COPIED = 256 * 1024


class ComposeFileMissingError(NotFoundError):
    """There is no Compose file here."""

    code = "compose-file-missing"


class ComposeFileUnreadableError(UnavailableError):
    """The Compose file cannot be read."""

    code = "compose-file-unreadable"


class ComposeFileError(InvalidError):
    """The file is no Compose file."""

    code = "compose-file-invalid"


def read_given(path: Path) -> Given:
    """Read a Compose file, or the one in a folder, and look at each path that it mentions.

    Raises:
        ComposeFileMissingError: nothing is there, or a folder without a Compose file.
        ComposeFileUnreadableError: this user may not read it.
        ComposeFileError: it is no file, too large, no text or no Compose file.
        CatalogError: it is not valid YAML; with every finding.
    """
    file = _find_file(path)
    text = _read_text(file)
    tree = _parse(text, shown=str(path if path.is_file() else file))
    folder = file.resolve().parent
    environment = _environment(folder / ".env")
    paths = {one: _look(folder, one) for one in mentioned(tree, environment)}
    return Given(
        shown=str(file),
        folder=str(folder),
        text=text,
        tree=tree,
        paths=paths,
        environment=environment,
    )


def _find_file(path: Path) -> Path:
    try:
        if path.is_dir():
            found = next((path / name for name in NAMES if (path / name).exists()), None)
            if found is None:
                names = ", ".join(f"`{name}`" for name in NAMES)
                msg = f"{path}: this folder has no Compose file; looked for {names}"
                raise ComposeFileMissingError(msg, hint=f"ls {quote(str(path))}")
            path = found
        if path.is_symlink() and not path.exists():
            msg = f"{path}: this link leads to nothing"
            raise ComposeFileMissingError(msg, hint=f"ls -l {quote(str(path))}")
        if not path.exists():
            msg = f"{path}: there is no such file or folder"
            raise ComposeFileMissingError(msg, hint=f"ls {quote(str(path.parent))}")
        if not path.is_file():
            msg = f"{path}: is no file"
            raise ComposeFileError(msg, hint=f"ls -l {quote(str(path))}")
    except PermissionError as cause:
        raise _unreadable(path) from cause
    return path


def _unreadable(path: Path) -> ComposeFileUnreadableError:
    msg = f"{path}: cannot be read by this user"
    return ComposeFileUnreadableError(msg, hint=f"ls -ld {quote(str(path))}")


def _read_text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as cause:
        raise _unreadable(file) from cause
    if len(data) > MOST_BYTES:
        msg = f"{file}: is larger than 1 MiB, which no Compose file is"
        raise ComposeFileError(msg, hint=f"ls -l {quote(str(file))}")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as cause:
        line = data.count(b"\n", 0, cause.start) + 1
        what = f"is not UTF-8: byte 0x{data[cause.start]:02x} at position {cause.start}"
        raise CatalogError([Finding(path=_absolute(file), line=line, what=what)]) from cause


def _parse(text: str, *, shown: str) -> dict[str, Any]:
    tree = read_tree(text)
    if tree.problems:
        path = _absolute(Path(shown))
        raise CatalogError(
            [
                Finding(path=path, line=one.line, where=dotted(one.path), what=one.what)
                for one in tree.problems
            ]
        )
    fault = "is empty" if tree.value is None else check_shape(tree.value)
    if fault is not None:
        raise ComposeFileError(f"{shown}: {fault}", hint=f"${{EDITOR:-vi}} {quote(shown)}")
    value: dict[str, Any] = tree.value
    return value


def _absolute(file: Path) -> str:
    return str(Path(os.path.abspath(file)))  # noqa: PTH100  # resolve() would follow links


def _environment(file: Path) -> dict[str, str]:
    found = _look(file.parent, file.name)
    return read_env(found.text) if found.kind == "file" else {}


def _look(folder: Path, written: str) -> Found:
    """Look at a path without ever following it out of the folder to copy something."""
    try:
        path = folder / Path(written).expanduser()
        if path.is_dir():
            return Found(kind="folder" if any(path.iterdir()) else "empty")
        if not path.exists():
            return Found(kind="absent")
        beside = path.resolve().is_relative_to(folder)
        if not beside or not path.is_file() or path.stat().st_size > _MOST_COPIED:
            return Found(kind="other")
        return Found(kind="file", text=path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n"))
    except (OSError, RuntimeError, ValueError):
        # Unreadable, a loop of links, no text: it stays where it is.
        return Found(kind="other")
