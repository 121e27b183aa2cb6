"""What rendering gives: files as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hearth_control.plan.model import SecretFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifacts:
    """Files to be written below `rendered/` in the home, relative path → text.

    No secret is in them: `secret_variables` maps each `${VARIABLE}` they mention to the key of a
    secret; the engine writes the values to a file of mode 0600 at apply time.
    """

    files: Mapping[str, str]
    secret_variables: Mapping[str, str]
    secret_files: tuple[SecretFile, ...] = ()
    """What containers mount from the folder `mounted/` beside `rendered/`, sorted by name."""
