"""Names of repositories, addresses of archives, and how symbols are written out. Pure."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote, urlsplit
from uuid import UUID

from hearth_server.capabilities.code.errors import BadArchiveError
from hearth_server.capabilities.code.model import FoundSymbol, Parameter, Symbol

SUFFIXES: Final = (".tar.gz", ".tgz", ".tar", ".zip")
LONGEST_NAME: Final = 100
LONGEST_SCRIPT: Final = 200_000
"""Characters of a script that is checked."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ /-]*")
_PART: Final = re.compile(r"[A-Za-z0-9._-]+")


def clean_repository(value: str) -> str:
    """Give the name of a repository as it is kept.

    Raises:
        BadArchiveError: it is empty, too long, or has other characters.
    """
    name = " ".join(value.split()).strip("/")
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        msg = (
            f"name: is `{value[:40]}`, expected letters, digits and `. _ - /`, at most "
            f"{LONGEST_NAME} characters"
        )
        raise BadArchiveError(msg)
    return name


def archive_of(address: str) -> tuple[str, str]:
    """Give the address of the archive that is meant, and what to call the repository.

    A repository at GitHub or GitLab is meant with its newest state, or with the branch, tag or
    commit after `/tree/`. Any other address must be that of an archive.

    Source: https://docs.github.com/en/repositories/working-with-files/using-files and
    https://docs.gitlab.com/api/repositories (November 2026).

    Raises:
        BadArchiveError: it is none of these, or not over HTTPS.
    """
    parts = urlsplit(address.strip())
    path = parts.path.strip("/").removesuffix(".git")
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        msg = f"url: is `{address[:100]}`, expected an address that begins with `https://`"
        raise BadArchiveError(msg)
    if path.lower().endswith(SUFFIXES):
        return address.strip(), name_of(PurePosixPath(path).name)
    segments = path.split("/")
    is_plain = all(_PART.fullmatch(each) and each.strip(".") for each in segments)
    if parts.hostname == "github.com" and is_plain and len(segments) >= 2:
        owner, name, *rest = segments
        ref = "/".join(rest[1:]) if rest[:1] == ["tree"] else ""
        if ref or not rest:
            return f"https://github.com/{owner}/{name}/archive/{ref or 'HEAD'}.tar.gz", name
    if parts.hostname == "gitlab.com" and is_plain and len(segments) >= 2:
        project, _, ref = path.partition("/-/tree/")
        if "/-/" not in project:
            name, wanted = project.rpartition("/")[2], quote(ref or "HEAD", safe="")
            file = f"{name}-{wanted}.tar.gz"
            return f"https://gitlab.com/{project}/-/archive/{wanted}/{file}", name
    msg = (
        f"url: is `{address[:100]}`, expected a repository at github.com or gitlab.com, or the "
        "address of a `.zip` or `.tar.gz`"
    )
    raise BadArchiveError(msg)


def name_of(filename: str) -> str:
    """Give what to call a repository by the name of its archive."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
            break
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:LONGEST_NAME] or "repository"


def archive_key(owner: UUID, archive: UUID) -> str:
    """Give the key of an archive; it holds nothing that a client sent."""
    return f"user-{owner}/repositories/{archive}"


def found_symbol(symbol: Symbol) -> FoundSymbol:
    """Give a symbol with its signature as one would write it."""
    return FoundSymbol(
        kind=symbol.kind,
        name=symbol.name,
        path=symbol.path,
        line=symbol.line,
        signature=signature_of(symbol),
        summary=symbol.summary,
    )


def signature_of(symbol: Symbol) -> str:
    """Write a symbol out, such as `async save(self, path: str, *, force=…) -> Path`."""
    name = symbol.name.rpartition(".")[2]
    match symbol.kind:
        case "class":
            return f"{name}({', '.join(symbol.bases)})" if symbol.bases else name
        case "function" | "method":
            before = "async " if symbol.is_async else ""
            after = f" -> {symbol.type}" if symbol.type else ""
            return f"{before}{name}({', '.join(_parameters(symbol.parameters))}){after}"
        case "attribute":
            return f"{name}: {symbol.type}" if symbol.type else name
        case _:
            return symbol.name


def _parameters(parameters: tuple[Parameter, ...]) -> list[str]:
    written: list[str] = []
    has_star = False
    for number, each in enumerate(parameters):
        if each.kind == "keyword" and not has_star:
            written.append("*")
            has_star = True
        star = {"rest": "*", "named_rest": "**"}.get(each.kind, "")
        has_star = has_star or each.kind == "rest"
        kind = f": {each.annotation}" if each.annotation else ""
        default = "=…" if each.is_optional and not star else ""
        written.append(f"{star}{each.name}{kind}{default}")
        following = parameters[number + 1].kind if number + 1 < len(parameters) else ""
        if each.kind == "positional" and following != "positional":
            written.append("/")
    return written
