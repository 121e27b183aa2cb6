"""What a container may do beyond the usual, and that its file says why. Pure.

Each exception stands in the container's `hardening` with its reason, so that `hearth show` lists
it and a reader finds out why. One of a hardware variant alone begins with that hardware:
`nvidia: cap_add: NAME`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from hearth_control.catalog.findings import Finding
from hearth_control.catalog.model import Container, Service

SOCKET_ROLE: Final = "docker"
"""What the filtering proxy in front of the engine's socket offers."""
_SOCKET: Final = "docker.sock"
_SOCKET_FOLDERS: Final = frozenset({"/", "/run", "/var/run", "/var"})
_HOST: Final = ("network_mode", "pid", "ipc", "userns_mode", "uts", "cgroup")

Taken = tuple[str, str]
"""The key that takes a power, and the exception that has to explain it."""


def check_privilege(service: Service, container: Container) -> Iterator[Finding]:
    """Find what the container takes without a reason, its hardware variants included."""
    own = f"services.{container.name}"
    yield from _unexplained(service, container, container.spec, where=own, prefix="")
    for hardware, variant in container.variants.items():
        where = f"x-hearth.containers.{container.name}.variants.{hardware.value}.spec"
        prefix = f"{hardware.value}: "
        yield from _unexplained(service, container, variant.spec, where=where, prefix=prefix)


def check_proxied(service: Service, container: Container) -> Iterator[Finding]:
    """Hold the catalog to one way to the engine: whoever asks it goes through the filter."""
    if SOCKET_ROLE in service.offers or PurePosixPath(service.path).is_absolute():
        return
    for key, power in powers_of(container.spec):
        if power == _SOCKET:
            what = f"reaches the engine past its filter; want the role `{SOCKET_ROLE}` instead"
            where = f"services.{container.name}.{key}"
            yield Finding(path=service.path, where=where, what=what)


def powers_of(spec: Mapping[str, Any]) -> tuple[Taken, ...]:
    """Name what a Compose service takes beyond the usual, each with its key in the file."""
    return tuple(dict.fromkeys((*_powers(spec), *_mounts(spec))))


def _unexplained(
    service: Service, container: Container, spec: Mapping[str, Any], *, where: str, prefix: str
) -> Iterator[Finding]:
    for key, exception in powers_of(spec):
        if exception in container.hardening or prefix + exception in container.hardening:
            continue
        if exception == _SOCKET:
            if any(_SOCKET in explained for explained in container.hardening):
                continue
            what = "mounts the engine's socket; only a filtering proxy may, with its reason in"
            yield Finding(path=service.path, where=f"{where}.{key}", what=f"{what} hardening")
            continue
        what = f"needs a reason; write it under hardening as `{prefix}{exception}`"
        yield Finding(path=service.path, where=f"{where}.{key}", what=what)


def _powers(spec: Mapping[str, Any]) -> Iterator[Taken]:
    for name in spec.get("cap_add") or ():
        yield "cap_add", f"cap_add: {name}"
    if spec.get("privileged"):
        yield "privileged", "privileged: true"
    for key in _HOST:
        if spec.get(key) == "host":
            yield key, f"{key}: host"


def _mounts(spec: Mapping[str, Any]) -> Iterator[Taken]:
    for source in host_paths(spec.get("volumes") or ()):
        if source.endswith(_SOCKET):
            yield "volumes", _SOCKET
        elif source in _SOCKET_FOLDERS:
            yield "volumes", f"bind: {source}"


def host_paths(volumes: Iterable[Any]) -> Iterator[str]:
    """Name the folders and files of the host that a Compose service's `volumes` hand in."""
    for volume in volumes:
        if isinstance(volume, Mapping):
            source = str(volume.get("source", "")) if volume.get("type") == "bind" else ""
        else:
            source = str(volume).partition(":")[0]
        # The null device stands where a person named no file.
        if source.startswith("/") and source != "/dev/null":
            yield str(PurePosixPath(source))
