"""Find the machine's Chromium and say how to start it so that it asks nothing of the internet."""

from __future__ import annotations

import os
import shutil

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium() -> str | None:
    """Return the path of an installed Chromium; None where there is none."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def chromium_options() -> list[str]:
    """List the options of a headless start; root has no sandbox to run it in."""
    return [*_QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
