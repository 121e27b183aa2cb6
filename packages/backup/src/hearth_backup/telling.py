"""How the runner says how far it is: one JSON object a line on standard output.

`{"event": "step", "text"}` · `{"event": "progress", "text", "done", "total"}` (bytes) ·
`{"event": "result", …}` last, or `{"event": "error", "code", "category", "message", "hint"}`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from hearth_kit.errors import HearthError

Tell = Callable[[str], None]
"""Takes a step that has begun, in a person's words."""


class Teller:
    """Writes events, each at once."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout

    def step(self, text: str) -> None:
        """Tell what is being done now."""
        self._write({"event": "step", "text": text})

    def progress(self, text: str, *, done: int, total: int) -> None:
        """Tell how much of a step is done, in bytes."""
        self._write({"event": "progress", "text": text, "done": done, "total": total})

    def result(self, document: Mapping[str, Any]) -> None:
        """Tell how it ended."""
        self._write({"event": "result", **document})

    def error(self, error: HearthError) -> None:
        """Tell why it ended too soon."""
        self._write({"event": "error", **error.as_dict()})

    def _write(self, document: Mapping[str, Any]) -> None:
        self._out.write(json.dumps(document, ensure_ascii=False) + "\n")
        self._out.flush()
