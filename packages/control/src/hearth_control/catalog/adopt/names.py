"""Which name the service takes, and its containers and volumes beside all others. Pure.

Two services whose volumes share a name would share their data, and containers are found by name on
common networks: so both begin with the service's own name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hearth_control.catalog.adopt.images import find_store, repository
from hearth_control.catalog.adopt.model import Given, Problem, Work
from hearth_control.catalog.adopt.shapes import names_of
from hearth_control.catalog.model import Catalog

_NOT_NAME: Final = re.compile(r"[^a-z0-9]+")
_TELLS_NOTHING: Final = frozenset(
    {"app", "web", "server", "docker", "compose", "src", "tmp", "test", "deploy", "main", "latest"}
)
_MOST_LETTERS: Final = 40


def guess_name(given: Given, catalog: Catalog) -> str:
    """Take the project's own name, else the folder's, else that of what it runs.

    One that the catalog has gets a `my-` before it.
    """
    name = _said_name(given)
    return f"my-{name}" if is_taken(name, catalog) else name


def _said_name(given: Given) -> str:
    folder = given.folder.rstrip("/").rpartition("/")[2]
    candidates = [str(given.tree.get("name") or ""), *_own_images(given.tree), folder]
    services = given.tree.get("services")
    candidates += list(services) if isinstance(services, Mapping) else []
    cleaned = [name for name in map(clean_name, candidates) if name]
    return next((one for one in cleaned if one not in _TELLS_NOTHING), (cleaned or ["service"])[0])


def clean_name(text: str) -> str:
    """Make a name of small letters, digits and single hyphens; empty where nothing is left."""
    name = _NOT_NAME.sub("-", text.lower()).strip("-")[:_MOST_LETTERS].strip("-")
    return name.lstrip("0123456789-")


def check_name(work: Work) -> None:
    """Refuse a name that is none, or that the catalog has."""
    name = work.name
    if clean_name(name) != name or "--" in name:
        near = clean_name(name) or "my-service"
        text = f"`{name}` is no name; use small letters, digits and single hyphens"
        work.problems.append(
            Problem(kind="name", where="--name", text=text, option=f"--name {near}")
        )
    elif is_taken(name, work.catalog):
        text = f"the catalog has a service `{name}` already; give yours another name"
        option = f"--name my-{name}"
        work.problems.append(Problem(kind="name", where="--name", text=text, option=option))


def is_taken(name: str, catalog: Catalog) -> bool:
    """Tell whether the catalog itself has a service of that name; an own one may be replaced."""
    service = catalog.services.get(name)
    return service is not None and not service.path.startswith("/")


def rename(work: Work) -> None:
    """Give containers and volumes names that begin with the service's."""
    alone = len(work.services) == 1
    before = work.services
    work.services = {}
    for old, spec in before.items():
        new = work.name if alone else _prefixed(work.name, old)
        work.services[new] = spec
        if new != old:
            work.renamed[old] = new
        for known in (old, *_known_as(spec)):
            work.hosts.setdefault(known, new)
    for spec in work.services.values():
        if "depends_on" in spec:
            spec["depends_on"] = _renamed(spec["depends_on"], work.hosts)
    for old in list(work.volumes):
        new = _prefixed(work.name, old)
        if new != old:
            work.renamed_volumes[old] = new
    work.volumes = {work.renamed_volumes.get(old, old): v for old, v in work.volumes.items()}
    if work.renamed:
        pairs = ", ".join(f"`{old}` → `{new}`" for old, new in work.renamed.items())
        work.change("services", f"renamed, as names are shared by all services: {pairs}")


def rename_hosts(work: Work) -> None:
    """Put the new names where texts of the file call a container by an old one."""
    changed = {old: new for old, new in work.hosts.items() if old != new}
    if not changed:
        return
    for spec in work.services.values():
        for key in ("environment", "command", "entrypoint", "healthcheck"):
            if key in spec:
                spec[key] = _with_hosts(spec[key], changed, name="")
    for path, text in work.files.items():
        called = [old for old in changed if _at_port(old).search(text)]
        for old in called:
            work.files[path] = _at_port(old).sub(changed[old], work.files[path])
        if called:
            names = ", ".join(f"`{old}` → `{changed[old]}`" for old in called)
            work.change(path, f"calls its containers by their new names: {names}")
        left = [old for old in changed if _mentions(work.files[path], old)]
        if left:
            names = ", ".join(f"`{old}` (now `{changed[old]}`)" for old in left)
            work.warn(path, f"may call containers by their old names: {names}")


def _own_images(tree: Mapping[str, Any]) -> list[str]:
    """Name the image that is no store where there is exactly one kind of it."""
    services = tree.get("services")
    specs = services.values() if isinstance(services, Mapping) else ()
    images = {
        repository(str(spec["image"]).partition("$")[0]).rpartition("/")[2]
        for spec in specs
        if isinstance(spec, Mapping) and spec.get("image") and not find_store(str(spec["image"]))
    }
    return sorted(images) if len(images) == 1 else []


def _prefixed(name: str, old: str) -> str:
    cleaned = _NOT_NAME.sub("-", old.lower()).strip("-")
    return cleaned if cleaned == name or cleaned.startswith(f"{name}-") else f"{name}-{cleaned}"


def _known_as(spec: Mapping[str, Any]) -> list[str]:
    known = [str(spec[key]) for key in ("container_name", "hostname") if spec.get(key)]
    networks = spec.get("networks")
    for said in networks.values() if isinstance(networks, Mapping) else ():
        known += names_of(said.get("aliases")) if isinstance(said, Mapping) else []
    return known


def _renamed(value: Any, hosts: Mapping[str, str]) -> Any:  # noqa: ANN401  # list or mapping
    if isinstance(value, Mapping):
        return {hosts.get(name, name): said for name, said in value.items()}
    return [hosts.get(str(name), str(name)) for name in value or ()]


def _with_hosts(value: Any, changed: Mapping[str, str], *, name: str) -> Any:  # noqa: ANN401  # any tree
    if isinstance(value, Mapping):
        return {key: _with_hosts(one, changed, name=str(key)) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_hosts(one, changed, name=name) for one in value]
    if not isinstance(value, str):
        return value
    for old, new in changed.items():
        if value == old and is_host_key(name):
            return new
        value = _place(old).sub(new, value)
    return value


def is_host_key(key: str) -> bool:
    """Tell whether a variable of this name holds a host."""
    return bool(re.search(r"HOST|SERVER|ADDR|ENDPOINT|UR[IL]$|UPSTREAM|BROKER|NODE", key.upper()))


def _place(host: str) -> re.Pattern[str]:
    """Match a host where it can be nothing else: after `//` or `@`, or before a port."""
    name = re.escape(host)
    return re.compile(rf"(?<=//){name}(?![\w.-])|(?<=@){name}(?![\w.-])|(?<![\w./@-]){name}(?=:\d)")


def _at_port(host: str) -> re.Pattern[str]:
    """Match a host before a port; in a file of its own, anything else may be another name."""
    return re.compile(rf"(?<![\w.-]){re.escape(host)}(?=:\d)")


def _mentions(text: str, host: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(host)}(?=[:;/\s]|$)", text) is not None
