"""Values to YAML text: sorted, stable, fast."""

from __future__ import annotations

from typing import Any

import yaml

try:
    from yaml import CSafeDumper as _Dumper
except ImportError:  # pragma: no cover  # PyYAML without libyaml
    from yaml import SafeDumper as _Dumper  # type: ignore[assignment]  # same interface, slower


class _PlainDumper(_Dumper):
    """Writes a value wherever it stands, and never as a reference to an equal one."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401  # PyYAML's signature
        del data
        return True


def yaml_text(value: Any, *, header: str) -> str:  # noqa: ANN401  # any tree of plain values
    """Write a tree as YAML below a comment."""
    body = yaml.dump(
        value,
        Dumper=_PlainDumper,
        sort_keys=True,
        default_flow_style=False,
        allow_unicode=True,
        width=1000,
    )
    return f"# {header}\n{body}"
