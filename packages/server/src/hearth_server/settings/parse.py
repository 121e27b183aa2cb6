"""Text to typed settings, every fault found at once. Pure: `load` hands in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from hearth_kit.secret import Secret
from hearth_kit.settings import Setting, nearest
from hearth_kit.tokens import is_token

from hearth_server.principal import SCOPES
from hearth_server.settings.errors import SettingsError
from hearth_server.settings.model import (
    PREFIX,
    EmbedderKind,
    FactsKind,
    GraphKind,
    ObjectsKind,
    Settings,
    VectorsKind,
    reference,
)

FOREIGN: Final = frozenset({"HEARTH_HOME"})
"""Keys of other programs of Hearth that may stand in the same environment."""

REQUIRED: Final = ("HEARTH_DATABASE_URL",)

HINT: Final = "hearth-server settings"

_PAIRS: Final = (
    ("HEARTH_ACCESS_TEAM_DOMAIN", "HEARTH_ACCESS_AUD"),
    ("HEARTH_IMMICH_URL", "HEARTH_IMMICH_API_KEY"),
    ("HEARTH_SPEECH_URL", "HEARTH_SPEECH_MODEL"),
)
"""Each key needs the other of its pair."""

_LARGEST_COUNT: Final = 2**31 - 1

_NAMES: Final = {row.key: row.name for row in reference()}


class _MalformedError(Exception):
    """What was expected of a value."""


def parse(settings: Mapping[str, Setting]) -> Settings:
    """Turn merged layers into settings.

    Raises:
        SettingsError: with every fault in `details["findings"]`, in the order of the keys.
    """
    findings = [*_unknown(settings), *_missing(settings)]
    values: dict[str, Any] = {}
    for key, setting in settings.items():
        name = _NAMES.get(key)
        if name is None or not setting.value.strip():
            continue
        try:
            values[name] = _PARSERS[name](setting.value.strip())
        except _MalformedError as malformed:
            findings.append(f"{key}: {malformed} (from {setting.origin})")
    if findings:
        raise SettingsError("; ".join(findings), hint=HINT, details={"findings": findings})
    return Settings(**values)


def _unknown(settings: Mapping[str, Setting]) -> list[str]:
    found = []
    for key in settings:
        if key in _NAMES or key in FOREIGN or not key.startswith(PREFIX):
            continue
        close = nearest(key, _NAMES)
        meant = f", the nearest known one is `{close}`" if close else ""
        found.append(f"{key}: unknown setting{meant}")
    return found


def _missing(settings: Mapping[str, Setting]) -> list[str]:
    def is_given(key: str) -> bool:
        return key in settings and bool(settings[key].value.strip())

    found = [f"{key}: is required and not set" for key in REQUIRED if not is_given(key)]
    for pair in _PAIRS:
        given = [key for key in pair if is_given(key)]
        missing = [key for key in pair if not is_given(key)]
        found += [f"{key}: is needed beside `{given[0]}`" for key in missing if given]
    return found


def _text(value: str) -> str:
    return value


def _postgres(value: str) -> Secret:
    is_url = value.startswith(("postgresql://", "postgres://"))
    if not is_url and not re.match(r"\w+\s*=", value):
        msg = "expected an address that starts with `postgresql://`, or libpq's `key=value` pairs"
        raise _MalformedError(msg)
    return Secret(value)


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 18


def _port(value: str) -> int:
    if not _is_number(value) or int(value) > 65535:
        msg = f"expected a port from 0 to 65535, found `{value}`"
        raise _MalformedError(msg)
    return int(value)


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        msg = f"expected an address like `http://127.0.0.1:8000`, found `{value}`"
        raise _MalformedError(msg)
    return value.rstrip("/")


def _whole_number(value: str) -> int:
    if not _is_number(value) or int(value) == 0:
        msg = f"expected a whole number above 0, found `{value}`"
        raise _MalformedError(msg)
    return int(value)


def _count(value: str) -> int:
    if not _is_number(value) or int(value) > _LARGEST_COUNT:
        msg = f"expected a whole number from 0 to {_LARGEST_COUNT}, found `{value}`"
        raise _MalformedError(msg)
    return int(value)


def _seconds(value: str) -> timedelta:
    try:
        return timedelta(seconds=_whole_number(value))
    except OverflowError:
        msg = f"expected fewer seconds, found `{value}`"
        raise _MalformedError(msg) from None


def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _addresses(value: str) -> tuple[str, ...]:
    return tuple(name.lower() for name in _names(value))


def _scopes(value: str) -> tuple[str, ...]:
    names = _names(value)
    for name in names:
        if name not in SCOPES:
            close = nearest(name, SCOPES)
            meant = f", the nearest known one is `{close}`" if close else ""
            msg = f"unknown scope `{name}`{meant}"
            raise _MalformedError(msg)
    return names


def _team_domain(value: str) -> str:
    """Give the address that assertions name as their issuer."""
    address = value.lower().rstrip("/") if "://" in value else f"https://{value.lower()}"
    parts = urlsplit(address)
    is_plain = not (parts.path or parts.query or parts.fragment or parts.username)
    is_safe = parts.scheme == "https" or (parts.scheme, parts.hostname) == ("http", "127.0.0.1")
    if not parts.hostname or not is_plain or not is_safe:
        msg = f"expected a name like `acme.cloudflareaccess.com`, found `{value}`"
        raise _MalformedError(msg)
    return address


def _token(value: str) -> Secret:
    if not is_token(value):
        # The value is not shown: it may be another secret.
        msg = "expected an API token, which begins with `hearth_`"
        raise _MalformedError(msg)
    return Secret(value)


def _mongodb(value: str) -> Secret:
    if not value.startswith(("mongodb://", "mongodb+srv://")):
        # The value is not shown: it holds a password.
        msg = "expected an address that starts with `mongodb://`"
        raise _MalformedError(msg)
    return Secret(value)


def _bolt(value: str) -> str:
    schemes = {"bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc"}
    parts = urlsplit(value)
    if parts.scheme not in schemes or not parts.hostname or parts.password:
        msg = "expected an address like `bolt://127.0.0.1:7687`, without a password"
        raise _MalformedError(msg)
    return value


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,62}", value):
        msg = f"expected lower-case letters, digits and hyphens, found `{value}`"
        raise _MalformedError(msg)
    return value


def _checksum(value: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        msg = f"expected 64 hexadecimal digits, found `{value}`"
        raise _MalformedError(msg)
    return value.lower()


def _one_of(*allowed: str) -> Callable[[str], str]:
    def choose(value: str) -> str:
        if value.lower() not in allowed:
            listed = ", ".join(f"`{each}`" for each in allowed)
            msg = f"expected one of {listed}, found `{value}`"
            raise _MalformedError(msg)
        return value.lower()

    return choose


def _embedder(value: str) -> EmbedderKind:
    return EmbedderKind(_one_of(*EmbedderKind)(value))


def _objects(value: str) -> ObjectsKind:
    return ObjectsKind(_one_of(*ObjectsKind)(value))


def _vectors(value: str) -> VectorsKind:
    return VectorsKind(_one_of(*VectorsKind)(value))


def _facts(value: str) -> FactsKind:
    return FactsKind(_one_of(*FactsKind)(value))


def _graph(value: str) -> GraphKind:
    return GraphKind(_one_of(*GraphKind)(value))


_PARSERS: Final[Mapping[str, Callable[[str], object]]] = MappingProxyType(
    {
        "database_url": _postgres,
        "database_owner_url": _postgres,
        "database_admin_url": _postgres,
        "host": _text,
        "port": _port,
        "data_dir": Path,
        "stack_path": Path,
        "public_url": _web_address,
        "allowed_hosts": _names,
        "log_level": _one_of("debug", "info", "warning", "error"),
        "log_format": _one_of("json", "text"),
        "upload_limit": _whole_number,
        "session_lifetime": _seconds,
        "sign_in_link_lifetime": _seconds,
        "embedder": _embedder,
        "embedder_model_dir": Path,
        "embedder_sha256": _checksum,
        "embedder_url": _web_address,
        "embedder_model": _text,
        "embedder_api_key": Secret,
        "reranker_model_dir": Path,
        "reranker_sha256": _checksum,
        "documents_url": _web_address,
        "documents_api_key": Secret,
        "speech_url": _web_address,
        "speech_model": _text,
        "speech_api_key": Secret,
        "youtube_url": _web_address,
        "llm_url": _web_address,
        "llm_model": _text,
        "llm_api_key": Secret,
        "llm_context": _whole_number,
        "facts": _facts,
        "facts_parts": _whole_number,
        "tools_token": _token,
        "objects": _objects,
        "objects_url": _web_address,
        "objects_bucket": _name,
        "objects_access_key": _text,
        "objects_secret_key": Secret,
        "objects_region": _text,
        "vectors": _vectors,
        "qdrant_url": _web_address,
        "qdrant_api_key": Secret,
        "mongodb_url": _mongodb,
        "mongodb_user": _text,
        "mongodb_password": Secret,
        "mongodb_database": _name,
        "graph": _graph,
        "neo4j_url": _bolt,
        "neo4j_user": _text,
        "neo4j_password": Secret,
        "access_team_domain": _team_domain,
        "access_aud": _names,
        "access_admins": _addresses,
        "access_service_scopes": _scopes,
        "rate_limit": _count,
        "rate_burst": _whole_number,
        "daily_quota": _count,
        "token_rate_limit": _count,
        "token_rate_burst": _whole_number,
        "token_daily_quota": _count,
        "immich_url": _web_address,
        "immich_api_key": Secret,
    }
)
