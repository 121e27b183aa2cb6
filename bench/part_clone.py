"""From a fresh clone to a page that answers, set-up included, on a warm package cache."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from report import Report
from world import ROOT, free_base_port


def run(report: Report, *, runs: int) -> None:  # noqa: ARG001  # every part has this shape
    print("\nclone")
    folder = Path(tempfile.mkdtemp(prefix="hearth clone "))
    folder.chmod(0o755)
    home = folder / "home"
    home.mkdir()
    (home / ".env").write_text(f"ENGINE=embedded\nBASE_PORT={free_base_port()}\n")
    program = folder / "checkout" / "hearth"
    try:
        start = time.perf_counter()
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder / "checkout")], check=True)
        subprocess.run(
            [str(program), "--home", str(home), "up", "--yes"], check=True, stdin=subprocess.DEVNULL
        )
        shown = subprocess.run(
            [str(program), "--home", str(home), "open", "--json"], check=True, capture_output=True
        )
        with urllib.request.urlopen(json.loads(shown.stdout)["url"], timeout=10) as page:
            page.read()
        report.figure(
            "clone", "fresh clone to a page", time.perf_counter() - start, unit="s", limit=60
        )
    finally:
        subprocess.run(
            [str(program), "--home", str(home), "down", "--delete-data", "--yes"],
            check=False,
            capture_output=True,
        )
        shutil.rmtree(folder, ignore_errors=True)
