"""What containers mount: named volumes, folders and files of the person's, and compose's configs.

A folder of this machine stays where it is, since its data is there. A folder that is empty or not
there becomes a volume, which is backed up. Files beside the compose file are copied. Pure.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any, Final

from hearth_control.catalog.adopt.images import find_store, major
from hearth_control.catalog.adopt.model import Found, Problem, Work
from hearth_control.catalog.adopt.secret import declare
from hearth_control.catalog.adopt.shapes import Mount, mount_of, names_of, short_mount

_SOCKET: Final = "docker.sock"
_WORTHLESS: Final = re.compile(r"cache|tmp|temp|models?$|transcod|thumbs|node_modules")
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")


def settle_storage(work: Work) -> None:
    """Work out each mount, and give every volume a backup recipe."""
    for name, spec in work.services.items():
        if "volumes" in spec:
            entries = spec["volumes"] if isinstance(spec["volumes"], list) else []
            kept = [_entry(work, name, entry) for entry in entries]
            spec["volumes"] = [entry for entry in kept if entry is not None]
            if not spec["volumes"]:
                del spec["volumes"]
        _take_configs(work, name, spec)
        _take_secrets(work, name, spec)
    _drop_unused(work)
    for volume, said in work.volumes.items():
        work.volumes[volume] = _declared(work, volume, said)
        _recipe(work, volume)


def _entry(work: Work, name: str, entry: Any) -> Any:  # noqa: ANN401  # Compose's own shapes
    mount = mount_of(entry)
    where = f"services.{name}.volumes"
    if mount.source.endswith(_SOCKET):
        return _filtered_socket(work, name, where)
    if mount.kind == "volume":
        return _named(work, name, mount, entry)
    if mount.kind == "bind":
        return _bound(work, name, mount)
    return entry


def _named(work: Work, name: str, mount: Mount, entry: Any) -> Any:  # noqa: ANN401  # Compose's own shapes
    volume = work.renamed_volumes.get(mount.source, mount.source)
    if not mount.source:
        volume = _new_volume(work, name, mount.target)
        work.change(f"services.{name}.volumes", f"`{mount.target}` gets the volume `{volume}`")
    work.volumes.setdefault(volume, {})
    if isinstance(entry, Mapping):
        return {**entry, "source": volume}
    return short_mount(
        Mount(kind="volume", source=volume, target=mount.target, options=mount.options)
    )


def _bound(work: Work, name: str, mount: Mount) -> str:
    """Say what becomes of a path of this machine."""
    where = f"services.{name}.volumes"
    found = work.given.paths.get(mount.source, Found(kind="absent"))
    is_beside = not mount.source.startswith(("/", "~"))
    if found.kind == "file" and is_beside:
        inside = _beside(mount.source)
        work.files[inside] = found.text
        work.change(where, f"`{mount.source}` is copied beside the service's file")
        return short_mount(
            Mount(kind="bind", source=f"./{inside}", target=mount.target, options="ro")
        )
    if found.kind in {"absent", "empty"} and is_beside:
        volume = _new_volume(work, name, mount.target)
        work.volumes.setdefault(volume, {})
        reason = "is empty" if found.kind == "empty" else "is not there"
        work.change(where, f"`{mount.source}` {reason}, so `{mount.target}` gets `{volume}`")
        return short_mount(
            Mount(kind="volume", source=volume, target=mount.target, options=mount.options)
        )
    absolute = mount.source
    if is_beside:
        absolute = posixpath.normpath(posixpath.join(work.given.folder, mount.source))
    if mount.source.startswith("~"):
        text = f"`{mount.source}` is this user's folder; write it out if somebody else starts it"
        work.warn(where, text)
    elif not mount.is_read_only:
        text = f"`{absolute}` stays where it is, and is not in Hearth's backup"
        work.warn(where, text)
    return short_mount(
        Mount(kind="bind", source=absolute, target=mount.target, options=mount.options)
    )


def _filtered_socket(work: Work, name: str, where: str) -> None:
    """Give the engine through Hearth's filtering proxy, which reads and never changes."""
    spec = work.services[name]
    spec["environment"] = {**spec.get("environment", {}), "DOCKER_HOST": "${DOCKER_URL}"}
    work.needs["docker"] = {}
    text = "the engine's socket is not mounted: whoever has it owns this machine. It reads"
    work.warn(where, f"{text} through Hearth's filter (`DOCKER_HOST`), and cannot change anything")


def _new_volume(work: Work, name: str, target: str) -> str:
    last = _NOT_WORD.sub("-", target.rstrip("/").rpartition("/")[2].lower()).strip("-") or "data"
    container = name.removeprefix(f"{work.name}-")
    parts = [work.name] if container == work.name else [work.name, container]
    volume = "-".join([*parts, last])
    taken = {
        mount_of(entry).source
        for spec in work.services.values()
        for entry in spec.get("volumes", ())
    }
    if volume not in taken and volume not in work.volumes:
        return volume
    whole = _NOT_WORD.sub("-", target.lower()).strip("-")
    return "-".join([*parts, whole])


def _beside(source: str) -> str:
    return posixpath.normpath(source).replace("../", "").lstrip("/")


def _take_configs(work: Work, name: str, spec: dict[str, Any]) -> None:
    """Mount what `configs` names as files beside the service's own."""
    declared = work.given.tree.get("configs")
    for entry in spec.pop("configs", None) or ():
        config = entry.get("source", "") if isinstance(entry, Mapping) else str(entry)
        target = entry.get("target") if isinstance(entry, Mapping) else None
        said = declared.get(config) if isinstance(declared, Mapping) else None
        source = str(said.get("file", "")) if isinstance(said, Mapping) else ""
        found = work.given.paths.get(source, Found(kind="absent"))
        text = str(said.get("content", "")) if isinstance(said, Mapping) else ""
        if not text and found.kind != "file":
            problem = f"the config `{config}` names no file that can be copied"
            where = f"services.{name}.configs"
            work.problems.append(Problem(kind="file", where=where, text=problem))
            continue
        inside = _beside(source) if source else config
        work.files[inside] = found.text if source else text
        mounted = f"./{inside}:{target or '/' + config}:ro"
        spec["volumes"] = [*spec.get("volumes", ()), mounted]
        work.change(f"services.{name}.configs", f"`{config}` is copied beside the service's file")


def _take_secrets(work: Work, name: str, spec: dict[str, Any]) -> None:
    """Give a secret's file as the variable that it stands for: `X_FILE` → `X`."""
    wanted = {
        str(one.get("source", "")) if isinstance(one, Mapping) else str(one)
        for one in spec.pop("secrets", None) or ()
    }
    environment = spec.get("environment")
    environment = environment if isinstance(environment, dict) else {}
    for key, value in list(environment.items()):
        secret = str(value).removeprefix("/run/secrets/")
        if not key.endswith("_FILE") or secret not in wanted:
            continue
        del environment[key]
        environment[key.removesuffix("_FILE")] = declare(work, secret, "")
        wanted.discard(secret)
        text = f"becomes `{key.removesuffix('_FILE')}`, which holds a secret that Hearth makes"
        work.change(f"services.{name}.environment.{key}", text)
    for secret in sorted(wanted):
        text = f"the secret `{secret}` is read from a file by no variable that Hearth knows"
        where = f"services.{name}.secrets"
        work.problems.append(Problem(kind="file", where=where, text=text))


def _drop_unused(work: Work) -> None:
    used = {
        mount_of(entry).source
        for spec in work.services.values()
        for entry in spec.get("volumes", ())
    }
    work.volumes = {name: said for name, said in work.volumes.items() if name in used}


def _declared(work: Work, volume: str, said: Any) -> dict[str, Any]:  # noqa: ANN401  # whatever YAML gave
    """Take away what ties a volume to another project."""
    if not isinstance(said, Mapping):
        return {}
    ties = [key for key in ("external", "name") if said.get(key)]
    if ties:
        old = next((old for old, new in work.renamed_volumes.items() if new == volume), volume)
        text = f"is a new volume of Hearth's; the data in `{said.get('name') or old}` stays there"
        work.warn(f"volumes.{volume}", text)
    return {key: one for key, one in said.items() if key not in {"external", "name", "labels"}}


def _recipe(work: Work, volume: str) -> None:
    mounting = [
        spec
        for spec in work.services.values()
        if any(mount_of(entry).source == volume for entry in spec.get("volumes", ()))
    ]
    image = str(mounting[0].get("image", "")) if mounting else ""
    store = find_store(image)
    if store is not None:
        work.backup[volume] = store.recipe
        version = major(image)
        if store.recipe == "postgres" and version:
            work.formats[volume] = version
    elif _WORTHLESS.search(volume):
        work.backup[volume] = "worthless"
    else:
        is_sqlite = any("sqlite" in str(spec.get("environment", "")).lower() for spec in mounting)
        work.backup[volume] = "sqlite" if is_sqlite else "files"
    work.guess(f"x-hearth.backup.{volume}", f"is backed up as `{work.backup[volume]}`")


def mounted_paths(tree: Mapping[str, Any]) -> tuple[str, ...]:
    """Name every path of this machine that the file mounts or reads, as written."""
    services = tree.get("services")
    paths = [
        mount.source
        for spec in (services.values() if isinstance(services, Mapping) else ())
        if isinstance(spec, Mapping)
        for mount in map(mount_of, spec.get("volumes") or ())
        if mount.kind == "bind"
    ]
    configs = tree.get("configs")
    for said in configs.values() if isinstance(configs, Mapping) else ():
        paths += names_of([said["file"]]) if isinstance(said, Mapping) and "file" in said else []
    return tuple(dict.fromkeys(path for path in paths if path))
