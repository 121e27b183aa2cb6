"""What every container gets whether its file says so or not.

No new privileges, no capabilities but those that the file adds, a memory and a process ceiling,
log rotation, a restart policy. A file makes exceptions in `x-hearth.hardening`, with a reason:

| exception | means |
|---|---|
| `no-new-privileges: false` | programs in it may gain privileges (sudo, setuid) |
| `cap_drop: none` | it keeps Docker's default capabilities |
| `cap_add: NAME` | it gets this capability back |
| `pids_limit: N` | it may start this many processes |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hearth_control.catalog.model import Container

MEMORY_LIMIT = 1 << 30
PIDS_LIMIT = 1024
LOGGING = {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}
_NO_NEW_PRIVILEGES = "no-new-privileges:true"


def harden(spec: dict[str, Any], container: Container, memory: int | None) -> dict[str, Any]:
    """Give the Compose keys that a container runs under; what the file says itself stays.

    `memory` is the ceiling that the person set, in bytes.
    """
    exceptions = _exceptions(container.hardening)
    limit = memory or (container.memory.limit if container.memory else MEMORY_LIMIT)
    hardened: dict[str, Any] = {
        "restart": "no" if container.job else "unless-stopped",
        "logging": LOGGING,
        "pids_limit": int(next(iter(exceptions.get("pids_limit", ())), PIDS_LIMIT)),
        **spec,
        "mem_limit": limit,
    }
    hardened["security_opt"] = _security(spec, exceptions)
    if "none" not in exceptions.get("cap_drop", ()):
        hardened["cap_drop"] = ["ALL"]
    added = sorted({*spec.get("cap_add", ()), *exceptions.get("cap_add", ())})
    if added:
        hardened["cap_add"] = added
    return {key: value for key, value in hardened.items() if value != []}


def _exceptions(hardening: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Read `field: value` keys; a field may be named more than once."""
    found: dict[str, tuple[str, ...]] = {}
    for exception in hardening:
        field, _, value = exception.partition(":")
        name = field.strip().replace("no_new_privileges", "no-new-privileges")
        found[name] = (*found.get(name, ()), value.strip())
    return found


def _security(spec: Mapping[str, Any], exceptions: Mapping[str, tuple[str, ...]]) -> list[str]:
    said = [item for item in spec.get("security_opt", ()) if not item.startswith("no-new-priv")]
    if "false" in exceptions.get("no-new-privileges", ()):
        return said
    return [_NO_NEW_PRIVILEGES, *said]
