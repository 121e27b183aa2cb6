"""Layers to one `Settings`: flags > environment > `.env` > preset > catalog. Pure.

Each layer keeps where its values stand, so that a fault names the file and line, and every value
that holds keeps its origin for `hearth settings explain`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hearth_kit.settings import Layer, Setting, merge, nearest

from hearth_control.catalog.findings import Finding
from hearth_control.catalog.model import Catalog, Hardware, Source
from hearth_control.catalog.units import parse_size
from hearth_control.settings.errors import SettingsError
from hearth_control.settings.keys import NO_PRESET, KeyInfo, KeyPart, known_keys
from hearth_control.settings.model import (
    AllowFrom,
    EngineName,
    Fit,
    Mode,
    Networks,
    ServiceSettings,
    Settings,
)
from hearth_control.settings.values import check_value

FLAGS = "flag"
ENVIRONMENT = "environment"
FILE = ".env"
CATALOG = "catalog"
DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One layer as it was read.

    `place` is how findings name it (a path, `environment`); `prefix` is what keys are written
    with there; `lines` maps a key to its line, where there are lines; `faults` are what was wrong
    with the reading itself.
    """

    origin: str
    place: str
    values: Mapping[str, str]
    prefix: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    finding: Finding
    key: str | None = None


def merge_settings(
    layers: Sequence[Given], *, catalog: Catalog, home: Path, project: str
) -> Settings:
    """Fold what the person said, strongest layer first, over the preset and the catalog.

    An empty value says nothing, except of a service's own variable, which it empties.

    Raises:
        SettingsError: with every finding, layer by layer in the order of its lines.
    """
    known = known_keys(catalog)
    found = [fault for layer in layers for fault in _faults(layer, known)]
    said = [Layer(origin=layer.origin, values=_said(layer, known)) for layer in layers]
    origins = merge([*said, *_beneath(said, catalog=catalog, known=known)])
    if not found:
        found.extend(_missing_urls(origins, layers, known))
    if found:
        raise SettingsError([fault.finding for fault in found], hint=_hint(found, known))
    return _settings(origins, known=known, home=home, project=project)


def _faults(layer: Given, known: Mapping[str, KeyInfo]) -> list[_Fault]:
    found = [_Fault(finding=finding) for finding in layer.faults]
    for key, value in layer.values.items():
        what = _what_is_wrong(key, value, known, prefix=layer.prefix)
        if what:
            found.append(_fault(layer, key, what))
    return sorted(found, key=lambda fault: fault.finding.line or 0)


def _fault(layer: Given, key: str, what: str) -> _Fault:
    finding = Finding(
        path=layer.place, line=layer.lines.get(key), where=layer.prefix + key, what=what
    )
    return _Fault(finding=finding, key=key)


def _what_is_wrong(key: str, value: str, known: Mapping[str, KeyInfo], *, prefix: str) -> str:
    info = known.get(key)
    if info is None:
        if key.upper().startswith("X_"):
            return ""
        close = nearest(key, known)
        return f"unknown setting; did you mean `{prefix}{close}`?" if close else "unknown setting"
    try:
        if value:
            check_value(info, value)
    except ValueError as error:
        return str(error)
    return ""


def _hint(found: Sequence[_Fault], known: Mapping[str, KeyInfo]) -> str | None:
    """Point at the first key that is known, or that was likely meant."""
    for key in (fault.key for fault in found if fault.key is not None):
        close = key if key in known else nearest(key, known)
        if close:
            return f"hearth settings explain {close}"
    return None


def _said(layer: Given, known: Mapping[str, KeyInfo]) -> Mapping[str, str]:
    return {
        key: value
        for key, value in layer.values.items()
        if key in known and (value or known[key].part is KeyPart.VARIABLE)
    }


def _beneath(
    said: Sequence[Layer], *, catalog: Catalog, known: Mapping[str, KeyInfo]
) -> Iterator[Layer]:
    """Give the layers that the person did not write: the preset's, the catalog's, the defaults."""
    chosen = (layer.values["PRESET"] for layer in said if "PRESET" in layer.values)
    name = next(chosen, known["PRESET"].default)
    if name in catalog.presets:
        given = catalog.presets[name].settings
        yield Layer(
            origin=f"preset {name}", values={key: given[key] for key in given if key in known}
        )
    variables = {key: info for key, info in known.items() if info.part is KeyPart.VARIABLE}
    yield Layer(origin=CATALOG, values={key: info.default for key, info in variables.items()})
    others = {key: info.default for key, info in known.items() if key not in variables}
    yield Layer(origin=DEFAULT, values={key: value for key, value in others.items() if value})


def _missing_urls(
    origins: Mapping[str, Setting], layers: Sequence[Given], known: Mapping[str, KeyInfo]
) -> Iterator[_Fault]:
    """Find services that are said to be elsewhere, but not where."""
    for key, info in known.items():
        if info.part is not KeyPart.SOURCE or key not in origins:
            continue
        url = f"{key.removesuffix('SOURCE')}URL"
        if origins[key].value != Source.EXTERNAL or url in origins:
            continue
        layer = next(layer for layer in layers if layer.origin == origins[key].origin)
        what = f"is `external`, which needs `{layer.prefix}{url}` too"
        yield _fault(layer, key, what)


def _settings(
    origins: Mapping[str, Setting], *, known: Mapping[str, KeyInfo], home: Path, project: str
) -> Settings:
    def value(key: str) -> str:
        return origins[key].value

    hardware = value("HARDWARE")
    return Settings(
        home=home,
        project=project,
        base_port=int(value("BASE_PORT")),
        bind=value("BIND"),
        domain=value("DOMAIN"),
        timezone=value("TZ"),
        mode=Mode(value("MODE")),
        gateway=value("GATEWAY"),
        allow_from=AllowFrom(value("ALLOW_FROM")),
        networks=Networks(value("NETWORKS")),
        network_range=origins["NETWORK_RANGE"].value if "NETWORK_RANGE" in origins else "",
        ca_file=origins["CA_FILE"].value if "CA_FILE" in origins else "",
        fit=Fit(value("FIT")),
        hardware=None if hardware == "auto" else Hardware(hardware),
        engine=EngineName(value("ENGINE")),
        preset=_preset(origins),
        services=_services(origins, known),
        providers={
            info.role: value(key)
            for key, info in known.items()
            if info.role is not None and key in origins
        },
        variables={key: value(key) for key, info in known.items() if info.part is KeyPart.VARIABLE},
        origins=origins,
    )


def _preset(origins: Mapping[str, Setting]) -> str | None:
    chosen = origins["PRESET"].value if "PRESET" in origins else NO_PRESET
    return None if chosen == NO_PRESET else chosen


def _services(
    origins: Mapping[str, Setting], known: Mapping[str, KeyInfo]
) -> Mapping[str, ServiceSettings]:
    said: dict[str, dict[KeyPart, str]] = {}
    for key, info in known.items():
        setting = origins.get(key)
        if info.service is None or info.part is KeyPart.VARIABLE or setting is None:
            continue
        if setting.origin != DEFAULT:
            said.setdefault(info.service, {})[info.part] = setting.value
    return {name: _service(parts) for name, parts in said.items()}


def _service(parts: Mapping[KeyPart, str]) -> ServiceSettings:
    source, url = parts.get(KeyPart.SOURCE), parts.get(KeyPart.URL)
    port, scale = parts.get(KeyPart.PORT), parts.get(KeyPart.SCALE)
    memory = parts.get(KeyPart.MEMORY)
    return ServiceSettings(
        source=Source(source) if source else None,
        url=url,
        port=int(port) if port else None,
        scale=int(scale) if scale else None,
        memory=parse_size(memory) if memory else None,
    )
