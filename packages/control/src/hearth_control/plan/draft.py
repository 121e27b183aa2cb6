"""A container's Compose service with variables filled in, before networks and labels."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hearth_control.catalog.model import Container, Service
from hearth_control.plan.devices import fit_devices
from hearth_control.plan.harden import harden
from hearth_control.plan.interpolate import Resolver
from hearth_control.plan.model import Note, SecretFile, Severity
from hearth_control.plan.names import LABEL_BUILT
from hearth_control.plan.place import Placed
from hearth_control.plan.variables import Namespace

CONFIGS = "configs"
_OURS = frozenset({"ports", "networks", "container_name", "profiles", "depends_on", "scale"})
"""What the planner says itself, whatever the file says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A container half resolved.

    `roles`: those whose variables it uses · `secrets`: variables that stay in it · `files`:
    path below `rendered/` → text, of what it mounts · `after`: containers of its own service ·
    `secret_files`: those that it reads.
    """

    placed: Placed
    container: Container
    spec: dict[str, Any]
    roles: frozenset[str]
    secrets: frozenset[str]
    files: Mapping[str, str]
    after: tuple[str, ...]
    secret_files: tuple[SecretFile, ...] = ()

    @property
    def name(self) -> str:
        """Name the unit that it becomes."""
        return self.container.name


def draft(
    placed: Placed, container: Container, *, namespace: Namespace, root: str
) -> tuple[Draft, tuple[Note, ...]]:
    """Resolve one container's file as far as it goes by itself."""
    written = _with_variant(container, placed)
    resolver = Resolver(namespace.scope)
    spec = resolver.resolve({key: item for key, item in written.items() if key not in _OURS})
    environment = _environment(spec.get("environment"))
    if environment:
        spec["environment"] = environment
    else:
        spec.pop("environment", None)
    files = _mount_files(spec, placed.service)
    _place_build(spec, container.name, placed.service, root)
    spec = harden(spec, container, placed.said.memory if _is_main(placed, container) else None)
    asked = [namespace.files[name] for name in sorted(resolver.files)]
    roles = frozenset(namespace.roles[name] for name in resolver.used if name in namespace.roles)
    made = Draft(
        placed=placed,
        container=container,
        spec=spec,
        roles=roles.union(*(offered.roles for offered in asked)),
        secrets=frozenset(resolver.secrets),
        files=files,
        after=tuple(written.get("depends_on") or ()),
        secret_files=tuple(dict.fromkeys(offered.file for offered in asked)),
    )
    return made, tuple(_faults(resolver, placed.service, container))


def _is_main(placed: Placed, container: Container) -> bool:
    return container.name == placed.service.main


def _with_variant(container: Container, placed: Placed) -> Mapping[str, Any]:
    variant = container.variants.get(placed.hardware)
    if variant is None:
        return container.spec
    laid = fit_devices(_overlay(container.spec, variant.spec), placed.cards)
    return {**laid, "image": variant.image} if variant.image else laid


def _overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one tree over another: mappings join, anything else replaces."""
    joined = dict(below)
    for key, value in above.items():
        old = joined.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            joined[key] = _overlay(old, value)
        else:
            joined[key] = value
    return joined


def _environment(written: Any) -> dict[str, str | int | float]:  # noqa: ANN401  # list or mapping
    """Give the environment as a mapping.

    A name without a value would take it from whoever runs Compose, so it is left out.
    """
    if isinstance(written, list):
        pairs = (item.partition("=") for item in written)
        return {name: value for name, equals, value in pairs if equals}
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in (written or {}).items()
        if value is not None
    }


def _mount_files(spec: dict[str, Any], service: Service) -> dict[str, str]:
    """Point mounts of the service's own files to where they are rendered; give their texts."""
    files: dict[str, str] = {}
    volumes: list[Any] = []
    for volume in spec.get("volumes", ()):
        source = volume.get("source", "") if isinstance(volume, dict) else volume.split(":")[0]
        if not source.startswith("./"):
            volumes.append(volume)
            continue
        inside = posixpath.normpath(source)
        moved = f"./{CONFIGS}/{service.name}" + ("" if inside == "." else f"/{inside}")
        if isinstance(volume, dict):
            volumes.append({**volume, "source": moved})
        else:
            volumes.append(moved + volume[len(source) :])
        files.update(_texts(service, inside))
    if volumes:
        spec["volumes"] = volumes
    return files


def _texts(service: Service, inside: str) -> Iterator[tuple[str, str]]:
    for path, text in service.configs.items():
        if inside in {".", path} or path.startswith(f"{inside}/"):
            yield f"{CONFIGS}/{service.name}/{path}", text


def _place_build(spec: dict[str, Any], name: str, service: Service, root: str) -> None:
    """Make a build's context absolute, and name its image where the file does not."""
    build = spec.get("build")
    if build is None:
        return
    written = dict(build) if isinstance(build, dict) else {"context": build}
    folder = posixpath.join(root, posixpath.dirname(service.path))
    written["context"] = posixpath.normpath(posixpath.join(folder, written.get("context", ".")))
    written["labels"] = {**labels_in(written), LABEL_BUILT: "true"}
    spec["build"] = written
    spec["image"] = spec.get("image") or f"hearth/{name}:local"


def labels_in(block: Mapping[str, Any]) -> dict[str, str]:
    """Read the labels of a container or a build, which Compose takes as a mapping or a list."""
    said = block.get("labels") or {}
    pairs = (item.partition("=")[::2] for item in said) if isinstance(said, list) else said.items()
    return {name: str(value) for name, value in pairs}


def _faults(resolver: Resolver, service: Service, container: Container) -> Iterator[Note]:
    for fault in resolver.faults:
        yield Note(
            code="bad-variable",
            severity=Severity.ERROR,
            text=f"{service.path}: services.{container.name}: {fault}",
            service=service.name,
            hint=f"hearth show {service.name}",
        )
