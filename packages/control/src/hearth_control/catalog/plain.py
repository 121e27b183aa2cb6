"""A catalog to plain JSON values and back, for the cache.

Hand-written instead of a library: the libraries that do this cost 25 ms to import, a fifth of the
time that `hearth status` may take. A test holds the table below against the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from hearth_control.catalog.model import (
    Catalog,
    Container,
    Embedded,
    Hardware,
    Memory,
    Metrics,
    Need,
    Offer,
    Port,
    Preset,
    Probe,
    Process,
    Rotation,
    Route,
    SecretKind,
    SecretRule,
    Service,
    Sources,
    Upgrade,
    Variable,
    Variant,
)

Build = Callable[[Any], Any]


def to_plain(value: Any) -> Any:  # noqa: ANN401  # any value of the model
    """Turn a value of the model into what JSON can hold; fields at their default are left out."""
    if isinstance(value, dict):
        return {key: to_plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(one) for one in value]
    if type(value) in BUILDERS:
        return _without_defaults(value)
    return value


def catalog_from_plain(value: Mapping[str, Any]) -> Catalog:
    """Rebuild a catalog.

    Raises:
        TypeError, KeyError, AttributeError, ValueError: the value was not made by `to_plain`.
    """
    catalog = _one(Catalog)(value)
    assert isinstance(catalog, Catalog)  # noqa: S101  # `_one` builds what it is given
    return catalog


def _without_defaults(value: Any) -> dict[str, Any]:  # noqa: ANN401  # any class of the model
    given = {}
    for field in fields(value):
        one = getattr(value, field.name)
        if one == field.default or (one == {} and field.default_factory is dict):
            continue
        given[field.name] = to_plain(one)
    return given


def _one(kind: type) -> Build:
    def build(value: Any) -> Any:  # noqa: ANN401  # any class of the model
        builders = BUILDERS[kind]
        return kind(
            **{
                name: builders[name](one) if name in builders else one
                for name, one in value.items()
            }
        )

    return build


def _maybe(inner: Build) -> Build:
    return lambda value: None if value is None else inner(value)


def _many(inner: Build) -> Build:
    return lambda value: tuple([inner(one) for one in value])


def _mapped(inner: Build) -> Build:
    return lambda value: {key: inner(one) for key, one in value.items()}


BUILDERS: Mapping[type, Mapping[str, Build]] = {
    Rotation: {"command": tuple, "check": _maybe(tuple)},
    SecretRule: {"kind": SecretKind, "rotate": _maybe(_one(Rotation))},
    Need: {"roles": tuple, "extensions": tuple},
    Offer: {},
    Route: {"open_paths": tuple},
    Memory: {},
    Metrics: {},
    Probe: {"accept": tuple},
    Variant: {},
    Port: {},
    Process: {"command": tuple, "before": _many(tuple), "ready_command": tuple},
    Embedded: {"processes": _mapped(_one(Process))},
    Sources: {},
    Variable: {"choices": tuple},
    Upgrade: {"stop_at": tuple},
    Container: {
        "memory": _maybe(_one(Memory)),
        "probe": _maybe(_one(Probe)),
        "variants": lambda value: {Hardware(key): _one(Variant)(one) for key, one in value.items()},
    },
    Service: {
        "absent": tuple,
        "code": tuple,
        "containers": _many(_one(Container)),
        "ports": _many(_one(Port)),
        "route": _maybe(_one(Route)),
        "metrics": _maybe(_one(Metrics)),
        "needs": _mapped(_one(Need)),
        "wants": _mapped(_one(Need)),
        "offers": _mapped(_one(Offer)),
        "secrets": _mapped(_one(SecretRule)),
        "variables": _mapped(_one(Variable)),
        "sources": _one(Sources),
        "embedded": _maybe(_one(Embedded)),
        "upgrade": _one(Upgrade),
    },
    Preset: {"services": tuple},
    Catalog: {"services": _mapped(_one(Service)), "presets": _mapped(_one(Preset))},
}
"""Class → field → how its plain value becomes the field's; other fields are plain as they are."""
