"""How a make-believe unit behaves once it is started."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a unit says and whether it comes up; `{name}` in its lines is the unit's name.

    `fails_with`: the exit code with which it ends before it is ready; None comes up.
    `ticks`: a line that it says again each time somebody looks at its log; empty says nothing.
    """

    says: tuple[str, ...] = ("{name} is here",)
    ticks: str = ""
    fails_with: int | None = None
    memory: int = 32 * 1024**2
    cpu: float = 0.01


STEADY = Behaviour()
"""Comes up and stays."""
