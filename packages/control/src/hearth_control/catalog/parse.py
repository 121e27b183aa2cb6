"""A service file's text to a `Service`: pure, and every fault at once.

Phases: YAML to plain values (`tree`) · shape and types (`document`) · Compose keys that Hearth
derives itself (`compose_keys`) · shorthands filled in (`build`) · frozen values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from hearth_control.catalog.build import service_of
from hearth_control.catalog.compose_keys import (
    INSTEAD_SERVICE,
    INSTEAD_TOP,
    SERVICE_KEYS,
    TOP_KEYS,
)
from hearth_control.catalog.document import PresetsDocument, ServiceDocument
from hearth_control.catalog.errors import CatalogError
from hearth_control.catalog.faults import faults, unknown_key
from hearth_control.catalog.findings import Finding, Path, dotted
from hearth_control.catalog.model import Preset, Service
from hearth_control.catalog.tree import Tree, read_tree

MOST_BYTES = 1024 * 1024


def parse_service(
    text: str, *, path: str, name: str, stack: str, files: Mapping[str, str]
) -> Service:
    """Turn one service file into a value.

    `path` is how findings name the file; `files` are the service's own files, relative path →
    text.

    Raises:
        CatalogError: with every finding of the file, in its order.
    """
    tree = _checked_tree(text, path)
    found = list(_compose_faults(tree.value))
    document = _validated(ServiceDocument, tree.value, found)
    _raise(found, path, tree)
    assert isinstance(document, ServiceDocument)  # noqa: S101  # `_raise` would have raised
    service = service_of(
        document,
        spec=tree.value["services"],
        path=path,
        name=name,
        stack=stack,
        files=files,
        faults=found,
    )
    _raise(found, path, tree)
    return service


def parse_presets(text: str, *, path: str) -> Mapping[str, Preset]:
    """Turn the file of presets into values, by name, in the file's order.

    Raises:
        CatalogError: with every finding of the file.
    """
    tree = _checked_tree(text, path)
    found: list[tuple[Path, str]] = []
    document = _validated(PresetsDocument, tree.value, found)
    _raise(found, path, tree)
    assert isinstance(document, PresetsDocument)  # noqa: S101  # `_raise` would have raised
    return {
        name: Preset(
            name=name,
            title=block.title,
            summary=block.summary,
            services=tuple(block.services),
            settings=dict(block.settings),
        )
        for name, block in document.presets.items()
    }


def _checked_tree(text: str, path: str) -> Tree:
    if len(text) > MOST_BYTES:
        raise CatalogError([Finding(path=path, what="is larger than 1 MiB")])
    tree = read_tree(text)
    if tree.problems:
        raise CatalogError(
            [
                Finding(path=path, line=one.line, where=dotted(one.path), what=one.what)
                for one in tree.problems
            ]
        )
    if tree.value is None:
        raise CatalogError([Finding(path=path, what="is empty")])
    if not isinstance(tree.value, dict):
        raise CatalogError([Finding(path=path, line=1, what="should be a mapping")])
    return tree


def _validated(
    model: type[BaseModel],
    value: Any,  # noqa: ANN401  # whatever YAML gave
    found: list[tuple[Path, str]],
) -> BaseModel | None:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found.extend(faults(error, model))
        return None


def _raise(found: list[tuple[Path, str]], path: str, tree: Tree) -> None:
    if not found:
        return
    findings = [
        Finding(path=path, line=tree.line(place), where=dotted(place), what=what)
        for place, what in found
    ]
    raise CatalogError(sorted(findings, key=lambda one: one.line or 0))


def _compose_faults(value: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    yield from _key_faults((), value, TOP_KEYS, INSTEAD_TOP)
    services = value.get("services")
    if not isinstance(services, dict):
        return
    for name, spec in services.items():
        if isinstance(spec, dict):
            yield from _key_faults(("services", name), spec, SERVICE_KEYS, INSTEAD_SERVICE)


def _key_faults(
    place: Path, value: Mapping[str, Any], known: frozenset[str], instead: Mapping[str, str]
) -> Iterator[tuple[Path, str]]:
    for key in value:
        if key in known or key.startswith("x-"):
            continue
        yield (*place, key), instead.get(key) or unknown_key(key, known)
