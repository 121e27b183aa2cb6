"""Stores that a file brings along or expects elsewhere, and Hearth's own in their place. Pure.

A store of the file stays by default, so that it runs as its author wrote it. Where the person
leaves its role to Hearth, the container goes and every text that called it names the role. Hosts
outside of the file that are plainly a role (`host.docker.internal:11434`) become it at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from hearth_control.catalog.adopt.images import Store, find_store, store_by_port
from hearth_control.catalog.adopt.model import Problem, Work

WITH_DATABASE: Final = frozenset({"postgres"})
USABLE: Final = frozenset({"postgres", "redis", "mongodb", "llm", "vectors"})
"""Roles whose container in a file can be told apart from how it is used."""
WANTED: Final = frozenset({"llm", "search", "vectors"})
"""Roles that a service works without."""

_ADDRESS: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?:(?P<user>[^:/?#@\s]*)(?::(?P<password>[^/\s]*))?@)?"
    r"(?P<host>[\w.-]+)(?::(?P<port>\d+))?(?P<path>/[^?\s]*)?(?P<query>\?\S*)?"
)
_SCHEMES: Final = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "redis": "redis",
    "mongodb": "mongodb",
}
_OUTSIDE: Final = frozenset({"host.docker.internal", "localhost", "127.0.0.1", "host-gateway"})
_PARTS: Final[tuple[tuple[str, str], ...]] = (
    (r"PORT$", "PORT"),
    (r"USER(NAME)?$|LOGIN$", "USER"),
    (r"PASS(WORD|WD)?$|PWD$|AUTH$", "PASSWORD"),
    (r"(^|_)(DB|NAME|DATABASE|DBNAME|DATABASE_NAME|DB_NAME|SCHEMA)$", "DATABASE"),
)
_HOST_END: Final = re.compile(r"(HOST(NAME)?|SERVER|ADDR(ESS)?|URL|URI|DSN)$")

Said = Callable[[str], str]


def leave_roles(work: Work) -> None:
    """Let Hearth's services take the place of stores, and of hosts outside of the file."""
    for name, store in list(_stores(work)):
        if store.role is None or not (store.role in USABLE and work.catalog.providers(store.role)):
            continue
        if store.role in work.choices.use:
            _replace(work, name, store.role)
        else:
            work.proposals[store.role] = name
    refused = {one.about for one in work.problems if one.kind == "store"}
    for role in work.choices.use:
        if role not in work.needs and role not in work.wants and role not in refused:
            text = f"no container of the file is a store that Hearth's `{role}` could replace"
            work.problems.append(Problem(kind="store", where="--use", text=text, about=role))
    _take_outside(work)


def _stores(work: Work) -> Iterator[tuple[str, Store]]:
    for name, spec in work.services.items():
        store = find_store(str(spec.get("image", "")))
        if store is not None:
            yield name, store


def _replace(work: Work, name: str, role: str) -> None:
    """Take a store's container out and name the role wherever it was called."""
    called = {known for known, container in work.hosts.items() if container == name}
    fault = "nothing of the file would be left" if len(work.services) == 1 else None
    fault = fault or _unusable(work, called, role)
    if fault is not None:
        work.problems.append(Problem(kind="store", where="--use", text=fault, about=role))
        return
    for spec in work.services.values():
        environment = spec.get("environment")
        if isinstance(environment, dict):
            _rewrite(environment, called, role)
        _wait_no_more(spec, name)
    del work.services[name]
    work.hosts = {known: one for known, one in work.hosts.items() if one != name}
    ask(work, role)
    work.change(
        f"services.{name}", f"left out: Hearth's `{role}` takes its place, without its data"
    )


def _wait_no_more(spec: dict[str, Any], name: str) -> None:
    """Take a container out of what another one waits for."""
    asked = spec.get("depends_on") or {}
    if name not in asked:
        return
    if isinstance(asked, dict):
        spec["depends_on"] = {one: said for one, said in asked.items() if one != name}
    else:
        spec["depends_on"] = [one for one in asked if one != name]
    if not spec["depends_on"]:
        del spec["depends_on"]


def ask(work: Work, role: str) -> None:
    """Declare that the service needs a role, or wants it."""
    if role in WITH_DATABASE:
        work.needs[role] = {"database": re.sub(r"\W", "_", work.name)}
    elif role in WANTED:
        work.wants[role] = {}
    else:
        work.needs[role] = {}


def _unusable(work: Work, called: set[str], role: str) -> str | None:
    """Say why a role cannot take the store's place: a password that nobody could be given."""
    if role != "redis":
        return None
    for name, spec in work.services.items():
        environment = spec.get("environment")
        if not isinstance(environment, dict):
            continue
        for key, value in environment.items():
            if _ADDRESS.fullmatch(str(value)) or not _is_host(str(value), called):
                continue
            if not any(_part(other, _prefix(key)) == "PASSWORD" for other in environment):
                return (
                    f"`{name}` calls its Redis by host alone ({key}), and Hearth's has a password;"
                    f" name the variable that takes it, or let `{role}` stay in the file"
                )
    return None


def _rewrite(environment: dict[str, Any], called: set[str], role: str) -> None:
    """Name the role in one container's variables."""
    prefixes = set()
    for key, value in environment.items():
        text = str(value)
        found = _ADDRESS.fullmatch(text)
        if found and found["host"] in called:
            environment[key] = address(role, found["scheme"], found["path"], found["query"])
        elif _is_host(text, called):
            port = f":{{{_name(role, 'PORT')}}}".replace(":{", ":${") if ":" in text else ""
            environment[key] = f"${{{_name(role, 'HOST')}}}{port}"
            prefixes.add(_prefix(key))
    for key in environment:
        for prefix in prefixes:
            part = _part(key, prefix)
            if part is not None and not (part == "DATABASE" and role not in WITH_DATABASE):
                environment[key] = f"${{{_name(role, part)}}}"


def _is_host(text: str, called: set[str]) -> bool:
    host, _, port = text.partition(":")
    return host in called and (not port or port.isdigit())


def _prefix(key: str) -> str:
    return _HOST_END.sub("", key.upper()).rstrip("_")


def _part(key: str, prefix: str) -> str | None:
    """Say what a variable beside the host's holds, if it belongs to the same store."""
    upper = key.upper()
    if not prefix or not upper.startswith(prefix) or _HOST_END.search(upper):
        return None
    return next((part for end, part in _PARTS if re.search(end, upper)), None)


def address(role: str, scheme: str, path: str | None, query: str | None) -> str:
    """Write an URL of a role in the shape that the file used.

    Example: `address("redis", "redis://", "/0", None)` gives
    `redis://:${REDIS_PASSWORD}@${REDIS_HOST}:${REDIS_PORT}/0`.
    """
    at = f"${{{_name(role, 'HOST')}}}:${{{_name(role, 'PORT')}}}"
    rest = (path or "") + (query or "")
    login = f"${{{_name(role, 'USER')}}}:${{{_name(role, 'PASSWORD')}}}@"
    if role == "postgres":
        return f"{scheme}{login}{at}/${{{_name(role, 'DATABASE')}}}{query or ''}"
    if role == "redis":
        return f"{scheme}:${{{_name(role, 'PASSWORD')}}}@{at}{rest}"
    if role == "mongodb":
        joined = "&" if query else "?"
        source = "" if "authSource" in (query or "") else f"{joined}authSource=admin"
        return f"{scheme}{login}{at}{path or '/'}{query or ''}{source}"
    return f"${{{_name(role, 'URL')}}}{rest}"


def _take_outside(work: Work) -> None:
    for name, spec in work.services.items():
        environment = spec.get("environment")
        if not isinstance(environment, dict):
            continue
        for key, value in list(environment.items()):
            found = _ADDRESS.fullmatch(str(value))
            role = _outside_role(work, key, found) if found else None
            if role is None or found is None:
                continue
            environment[key] = address(role, found["scheme"], found["path"], found["query"])
            ask(work, role)
            where = f"services.{name}.environment.{key}"
            work.change(where, f"`{found['host']}` is Hearth's `{role}` now: {environment[key]}")


def _outside_role(work: Work, key: str, found: re.Match[str]) -> str | None:
    """Say which role an address means that no container of the file answers."""
    if found["host"] in work.hosts or found["host"] not in _OUTSIDE:
        return None
    store = store_by_port(int(found["port"])) if found["port"] else None
    scheme = found["scheme"].removesuffix("://").partition("+")[0]
    role = _SCHEMES.get(scheme) or (store.role if store else None)
    if role is None and "OLLAMA" in key.upper():
        role = "llm"
    if role is None and "SEARXNG" in key.upper():
        role = "search"
    return role if role and work.catalog.providers(role) else None


def _name(role: str, part: str) -> str:
    return f"{re.sub(r'[^A-Z0-9]+', '_', role.upper())}_{part}"
