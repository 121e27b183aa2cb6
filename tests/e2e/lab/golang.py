"""Programs that are in no package, built from their source in the Go module proxy.

Needs no Go: one that is on PATH is used, else Debian 13's, and it fetches the toolchain that a
module asks for. Modules and toolchain are checked against the checksum database by `go` itself.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from lab.place import Place
from lab.shell import NotHereError, run, say
from lab.trixie import unpack

BRING: Final = "PYTHONPATH=tests/e2e python3 -m lab programs"
"""What fetches and builds the programs that tests start for themselves."""
_OLDEST: Final = (1, 21)
"""Since this version `go` fetches the toolchain that a module names."""
_DEBIANS: Final = "golang-1.24"
_PATIENCE_SECONDS: Final = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class GoProgram:
    """One program of a module, at one version.

    `package`: its folder in the module · `linked`: what its own release sets in the binary ·
    `written`: files that its own release makes beforehand, path to text.
    """

    name: str
    module: str
    version: str
    package: str
    linked: tuple[str, ...] = ()
    written: Mapping[str, str] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        """What its binary is called where it is kept."""
        return f"{self.name}-{self.version}"


def build_programs(place: Place, *programs: GoProgram) -> dict[str, Path]:
    """Return each program's static binary by name: kept from before, or built now.

    Raises:
        LabError: a module cannot be had, or does not build.
    """
    kept = place.cache / "go"
    kept.mkdir(parents=True, exist_ok=True)
    missing = [program for program in programs if not (kept / program.file_name).exists()]
    if missing:
        # What a build leaves behind is gigabytes; the programs are all that is used again.
        with TemporaryDirectory(prefix="work-", dir=kept) as work:
            go = _find_go(place)
            for program in missing:
                _build(program, go=go, work=Path(work), to=kept / program.file_name)
    return {program.name: kept / program.file_name for program in programs}


def kept_program(place: Place, program: GoProgram) -> Path:
    """Return a binary that was built before; tests never build one.

    Raises:
        NotHereError: nobody has built it.
    """
    kept = place.cache / "go" / program.file_name
    if not kept.exists():
        raise NotHereError(f"{program.name}: not here; {BRING}")
    return kept


def _find_go(place: Place) -> Path:
    found = shutil.which("go")
    if found is not None:
        version = re.search(r"go(\d+)\.(\d+)", run(found, "version"))
        if version and (int(version[1]), int(version[2])) >= _OLDEST:
            return Path(found)
    say("fetching Go from Debian trixie")
    root = unpack(place, f"{_DEBIANS}-go", f"{_DEBIANS}-src")
    return root / "usr/lib" / _DEBIANS.replace("golang", "go") / "bin/go"


def _build(program: GoProgram, *, go: Path, work: Path, to: Path) -> None:
    say(f"building {program.name} {program.version} from its source (minutes)")
    began = time.monotonic()
    source = work / program.name
    module = f"{program.module}@{program.version}"
    fetched = json.loads(_go(go, "mod", "download", "-json", module, work=work, at=work))
    shutil.copytree(fetched["Dir"], source)
    _leave_absent_folders(go, source=source, work=work)
    for path, text in program.written.items():
        (source / path).write_text(text)
    unfinished = work / to.name
    linked = " ".join(("-s", "-w", *(f"-X {one}" for one in program.linked)))
    options = ("-trimpath", "-tags", "netgo", "-ldflags", linked, "-o", str(unfinished))
    _go(go, "build", *options, f"./{program.package}", work=work, at=source)
    unfinished.rename(to)
    say(f"built {program.name} in {time.monotonic() - began:.0f} s")


def _leave_absent_folders(go: Path, *, source: Path, work: Path) -> None:
    """Take the published version of what the module replaces by a folder that its archive lacks.

    A folder that is a module of its own is never in the archive of the module around it.
    """
    document: Mapping[str, Any] = json.loads(_go(go, "mod", "edit", "-json", work=work, at=source))
    for replaced in document.get("Replace") or ():
        there = replaced["New"]["Path"]
        if there.startswith(".") and not (source / there / "go.mod").exists():
            _go(go, "mod", "edit", f"-dropreplace={replaced['Old']['Path']}", work=work, at=source)


def _go(go: Path, *words: str, work: Path, at: Path) -> str:
    """Run `go` with caches of its own and return what it printed."""
    environment = {
        "CGO_ENABLED": "0",
        "GOCACHE": str(work / "built"),
        "GOENV": "off",
        # Read-only files could not be removed at the end.
        "GOFLAGS": "-mod=mod -modcacherw -buildvcs=false",
        "GOMODCACHE": str(work / "modules"),
        "GOTMPDIR": str(work),
        "GOTOOLCHAIN": "auto",
        "GOWORK": "off",
    }
    return run(str(go), *words, cwd=at, timeout_seconds=_PATIENCE_SECONDS, environment=environment)
