"""One short text that changes when a unit changes, and that says in which respect it did.

Shape: 16 hex digits over everything, a dot, then 4 hex digits for each facet in `FACETS` order.
Equality is asked of the whole; the facets only explain. Fields that do not concern a running
container (`depends_on`, `build`, `scale`) are left out by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

FACETS = (
    "image",
    "command",
    "environment",
    "ports",
    "networks",
    "storage",
    "health",
    "devices",
    "limits",
    "secrets",
    "files",
    "other",
)
VOLATILE = frozenset({"depends_on", "build", "scale", "pull_policy"})

_FACET_OF = {
    "image": "image",
    "platform": "image",
    "command": "command",
    "entrypoint": "command",
    "user": "command",
    "working_dir": "command",
    "init": "command",
    "environment": "environment",
    "ports": "ports",
    "networks": "networks",
    "network_mode": "networks",
    "extra_hosts": "networks",
    "dns": "networks",
    "volumes": "storage",
    "tmpfs": "storage",
    "shm_size": "storage",
    "healthcheck": "health",
    "restart": "limits",
    "logging": "limits",
    "mem_limit": "limits",
    "pids_limit": "limits",
    "security_opt": "limits",
    "cap_add": "limits",
    "cap_drop": "limits",
    "deploy": "devices",
    "devices": "devices",
    "gpus": "devices",
    "runtime": "devices",
    "secrets": "secrets",
    "files": "files",
}


def digest(spec: Mapping[str, Any], *, secrets: Mapping[str, str], files: Mapping[str, Any]) -> str:
    """Hash a resolved unit with its secrets' fingerprints and the files that it mounts."""
    facets: dict[str, dict[str, Any]] = {facet: {} for facet in FACETS}
    for field, value in spec.items():
        if field not in VOLATILE:
            facets[_FACET_OF.get(field, "other")][field] = value
    facets["secrets"]["fingerprints"] = dict(secrets)
    facets["files"]["texts"] = dict(files)
    texts = [_hash(facets[facet], 8) for facet in FACETS]
    whole = blake2b("".join(texts).encode(), digest_size=8).hexdigest()
    return f"{whole}.{''.join(text[:4] for text in texts)}"


def changed(before: str, after: str) -> tuple[str, ...]:
    """Name the facets in which two hashes differ; none when either is of another form."""
    old, new = _parts(before), _parts(after)
    if old is None or new is None:
        return ()
    return tuple(facet for facet, one, two in zip(FACETS, old, new, strict=True) if one != two)


def same_ports(before: str, after: str) -> bool:
    """Tell whether a running unit holds the very ports that are planned for it."""
    return before == after or (_parts(before) is not None and "ports" not in changed(before, after))


def _parts(text: str) -> tuple[str, ...] | None:
    whole, _, facets = text.partition(".")
    if len(whole) != 16 or len(facets) != 4 * len(FACETS):
        return None
    return tuple(facets[at : at + 4] for at in range(0, len(facets), 4))


def _hash(value: Any, size: int) -> str:  # noqa: ANN401  # any JSON-like tree
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return blake2b(text.encode(), digest_size=size).hexdigest()
