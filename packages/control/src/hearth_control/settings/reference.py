"""The reference page of settings: every key that a person may set, in words. Pure text.

`python -m hearth_control.settings.reference` prints it for this checkout's catalog.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from hearth_control.catalog.model import Catalog
from hearth_control.catalog.reference import code, table
from hearth_control.settings.keys import KeyInfo, KeyKind, known_keys

HEAD = """\
<!-- Generated from the catalog by `make generate`; do not edit. -->

# Settings

They stand in the home's `.env`, a line `KEY=value` each. An environment variable of the same name
with `HEARTH_` before it wins over the file, and a flag over both. `hearth settings set KEY VALUE`
changes the file and nothing else in it; `hearth settings explain KEY` says where a value comes
from. What [services](services.md) there are has a page of its own.
"""
_KINDS = {
    KeyKind.TEXT: "text",
    KeyKind.SIZE: "size, such as `2G`",
    KeyKind.URL: "URL",
    KeyKind.ADDRESS: "IP address",
    KeyKind.NETWORK: "IPv4 network",
    KeyKind.DOMAIN: "domain",
    KeyKind.TIMEZONE: "time zone",
    KeyKind.PATH: "absolute path",
}


def settings_page(catalog: Catalog) -> str:
    """Write the whole page: the platform's keys, then each service's."""
    known = tuple(known_keys(catalog).values())
    parts = [HEAD, "## Platform\n", _keys(one for one in known if one.service is None)]
    for service in catalog.services.values():
        parts.append(f"## {service.title}\n")
        shared = (one for one in known if _speaks_of(one, service.name, service.variables))
        parts.append(_keys(shared))
    return "\n".join(parts)


def _speaks_of(info: KeyInfo, service: str, variables: Iterable[str]) -> bool:
    return info.service == service or info.key in variables


def _keys(keys: Iterable[KeyInfo]) -> str:
    return table(("key", "is for", "value", "default"), _rows(keys))


def _rows(keys: Iterable[KeyInfo]) -> Iterator[tuple[str, ...]]:
    for info in keys:
        default = f"`{info.default}`" if info.default else ""
        yield f"`{info.key}`", info.about, _value(info), default


def _value(info: KeyInfo) -> str:
    if info.kind is KeyKind.CHOICE:
        return code(info.choices)
    if info.kind is KeyKind.INTEGER:
        return f"{info.least} to {info.most}"
    return _KINDS[info.kind]


if __name__ == "__main__":
    from hearth_control.catalog.load import find_catalog_root, load_catalog

    page = settings_page(load_catalog(find_catalog_root(), extra=None, cache=None))
    sys.stdout.write(page)
