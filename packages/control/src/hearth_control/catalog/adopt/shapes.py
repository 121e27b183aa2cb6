"""Compose's short forms read as one shape each. Pure.

Source: https://github.com/compose-spec/compose-spec/blob/main/05-services.md (read 2026-11)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from hearth_control.catalog.adopt.model import Opened

MOST_PORTS = 20
_PORT = re.compile(
    r"(?:(?:\[[^\]]*\]|[^:\[\]]*):)??(?:(?P<host>\d+(?:-\d+)?)?:)?(?P<inner>\d+(?:-\d+)?)"
    r"(?:/(?P<protocol>tcp|udp))?"
)


Kind = Literal["volume", "bind", "tmpfs", "other"]
_KINDS: Final[Mapping[str, Kind]] = {"volume": "volume", "bind": "bind", "tmpfs": "tmpfs"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One entry of `volumes`. `source` is empty for an anonymous volume."""

    kind: Kind
    source: str
    target: str
    options: str = ""

    @property
    def is_read_only(self) -> bool:
        """Whether the container may only read it."""
        return "ro" in self.options.split(",")


def ports_of(entry: Any) -> tuple[Opened, ...]:  # noqa: ANN401  # whatever YAML gave
    """Read one entry of `ports`.

    Raises:
        ValueError: it is none; the words say what was expected.
    """
    if isinstance(entry, Mapping):
        text = f"{entry.get('published', '')}:{entry.get('target', '')}/" + str(
            entry.get("protocol", "tcp")
        )
        text = text.removeprefix(":")
    else:
        text = str(entry)
    found = _PORT.fullmatch(text.strip())
    if found is None:
        msg = f"`{text}` is no port; expected `8080:80`"
        raise ValueError(msg)
    inner = _range(found["inner"])
    host = _range(found["host"]) if found["host"] else [None] * len(inner)
    if len(host) != len(inner) or len(inner) > MOST_PORTS:
        msg = f"`{text}` opens a range that cannot be carried over; name at most {MOST_PORTS} ports"
        raise ValueError(msg)
    if any(not 1 <= number <= 65_535 for number in inner):
        msg = f"`{text}` is no port between 1 and 65535"
        raise ValueError(msg)
    protocol: Literal["tcp", "udp"] = "udp" if found["protocol"] == "udp" else "tcp"
    return tuple(
        Opened(host=outer, inner=number, protocol=protocol)
        for outer, number in zip(host, inner, strict=True)
    )


def mount_of(entry: Any) -> Mount:  # noqa: ANN401  # whatever YAML gave
    """Read one entry of `volumes`."""
    if isinstance(entry, Mapping):
        options = "ro" if entry.get("read_only") else ""
        return Mount(
            kind=_KINDS.get(str(entry.get("type", "volume")), "other"),
            source=str(entry.get("source", "")),
            target=str(entry.get("target", "")),
            options=options,
        )
    source, colon, rest = str(entry).partition(":")
    if not colon:
        return Mount(kind="volume", source="", target=source)
    target, _, options = rest.partition(":")
    is_path = source.startswith((".", "/", "~"))
    return Mount(
        kind="bind" if is_path else "volume", source=source, target=target, options=options
    )


def short_mount(mount: Mount) -> str:
    """Write a mount in the short form."""
    parts = [mount.source, mount.target, mount.options]
    return ":".join(part for part in parts if part)


def environment_of(value: Any) -> dict[str, Any]:  # noqa: ANN401  # list or mapping
    """Give the environment as a mapping; a name alone has None."""
    if isinstance(value, Mapping):
        return dict(value)
    pairs = {}
    for line in value if isinstance(value, list) else ():
        name, equals, text = str(line).partition("=")
        pairs[name.strip()] = text if equals else None
    return pairs


def names_of(value: Any) -> list[str]:  # noqa: ANN401  # list or mapping
    """Name what a list or the keys of a mapping name (`depends_on`, `networks`)."""
    return [str(one) for one in value] if isinstance(value, list | Mapping) else []


def env_files_of(value: Any) -> list[tuple[str, bool]]:  # noqa: ANN401  # text, list or mapping
    """Give `(path, required)` for each `env_file`."""
    entries = value if isinstance(value, list) else [value] if value else []
    return [
        (str(one.get("path", "")), one.get("required", True) is not False)
        if isinstance(one, Mapping)
        else (str(one), True)
        for one in entries
    ]


def read_env(text: str) -> dict[str, str]:
    """Read an environment file as Compose does: `KEY=value`, quotes off, comments left out."""
    pairs = {}
    for line in text.splitlines():
        stripped = line.strip().removeprefix("export ").strip()
        name, equals, value = stripped.partition("=")
        if (
            not equals
            or stripped.startswith("#")
            or not re.fullmatch(r"[A-Za-z_]\w*", name.strip())
        ):
            continue
        pairs[name.strip()] = _unquoted(value.strip())
    return pairs


def texts(value: Any) -> Iterator[str]:  # noqa: ANN401  # a tree of any shape
    """Walk every text of a tree."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts(one)


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] in "'\"" and value[0] in value[1:]:
        return value[1 : value.index(value[0], 1)]
    return re.split(r"\s#", value, maxsplit=1)[0].strip()


def _range(text: str) -> list[int]:
    low, dash, high = text.partition("-")
    return list(range(int(low), int(high) + 1)) if dash else [int(low)]
