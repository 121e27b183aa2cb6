"""Secrets here and in Infisical, side by side. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hearth_kit.secret import Secret

from hearth_control.plan.names import variable_name
from hearth_control.secrets.checks import DERIVED, find_fault
from hearth_control.secrets.rules import Recipe

IDENTITY: Final = "infisical_client_secret"
"""What signs in there stays here."""


class Sign(StrEnum):
    """What becomes of one secret."""

    NEW = "+"
    OTHER = "~"
    SAME = "="
    REFUSED = "!"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One secret of an exchange; `why` says why it is refused."""

    key: str
    sign: Sign
    why: str = ""


def remote_name(key: str) -> str:
    """Name a secret as Infisical has it: `POSTGRES_PASSWORD`."""
    return variable_name(key)


def exchanged(known: Mapping[str, Recipe]) -> tuple[str, ...]:
    """Name the secrets that can be exchanged: not what is derived, nor what signs in there."""
    return tuple(
        key for key in sorted(known) if known[key].rule.kind not in DERIVED and key != IDENTITY
    )


def compare_pull(
    known: Mapping[str, Recipe], here: Mapping[str, Secret], there: Mapping[str, Secret]
) -> tuple[Line, ...]:
    """Say what pulling would do; a value that does not fit its secret's kind is refused."""
    lines = []
    for key in exchanged(known):
        value = there.get(remote_name(key))
        if value is None:
            continue
        fault = find_fault(known[key].rule, value.reveal())
        if key in here and here[key] == value:
            lines.append(Line(key=key, sign=Sign.SAME))
        elif fault is not None:
            lines.append(Line(key=key, sign=Sign.REFUSED, why=f"the value there {fault}"))
        else:
            lines.append(Line(key=key, sign=Sign.OTHER if key in here else Sign.NEW))
    return tuple(lines)


def compare_push(
    known: Mapping[str, Recipe], here: Mapping[str, Secret], there: Mapping[str, Secret]
) -> tuple[Line, ...]:
    """Say what pushing would do."""
    lines = []
    for key in exchanged(known):
        if key not in here:
            continue
        value = there.get(remote_name(key))
        sign = Sign.NEW if value is None else Sign.SAME if value == here[key] else Sign.OTHER
        lines.append(Line(key=key, sign=sign))
    return tuple(lines)


def keys_with(lines: Iterable[Line], *signs: Sign) -> tuple[str, ...]:
    """Name the secrets of some signs."""
    return tuple(line.key for line in lines if line.sign in signs)
