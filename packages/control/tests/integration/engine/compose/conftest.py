"""What the tests of a stand-in engine share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    # A socket's path holds 108 bytes; a test's own folder is often longer.
    with TemporaryDirectory(prefix="hearth-") as made:
        yield Path(made)
