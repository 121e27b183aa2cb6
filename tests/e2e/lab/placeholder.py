"""Images that stand in for services which no Debian package has."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from pathlib import Path

from lab.bases import RECIPE, is_due, recipe_of
from lab.place import IMAGES, LABEL, Place
from lab.shell import LabError, run, say

_SOURCE = IMAGES / "placeholder" / "placeholder.c"
# The programs that health checks and commands of service files call inside their containers.
_NAMES = (
    *("bin/sh", "bin/bash", "bin/ash", "bin/nc", "bin/ollama", "usr/bin/ollama", "usr/bin/curl"),
    *("usr/bin/wget", "usr/bin/node", "usr/local/bin/node", "usr/local/bin/python"),
    *("usr/local/bin/python3", "usr/bin/python3", "usr/bin/python"),
    *("usr/local/bin/runner", "usr/local/bin/imgproxy"),
    *("usr/bin/loki", "healthcheck", "extra/healthcheck", "dozzle", "usr/local/bin/kong"),
    "usr/local/bin/tinyauth",
)
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def make_placeholder(
    place: Place, name: str, *, ports: tuple[int, ...], padding_bytes: int = 0
) -> None:
    """Import a placeholder under an image's name, unless it is there.

    Padding of random bytes makes a layer that takes a moment to pull.
    """
    recipe = recipe_of(_SOURCE, Path(__file__), text=f"{ports} {padding_bytes}")
    if not is_due(name, recipe=recipe):
        return
    say(f"placeholder for {name}")
    archive = place.cache / "placeholder.tar"
    _write_archive(archive, binary=_compiled(place), padding_bytes=padding_bytes)
    listening = ",".join(str(port) for port in ports)
    changes = (
        'ENTRYPOINT ["/bin/placeholder"]',
        f"ENV PATH={_PATH} PLACEHOLDER_PORTS={listening} PLACEHOLDER_NAME={name}",
        f"LABEL {LABEL}=placeholder {RECIPE}={recipe}",
        *(f"EXPOSE {port}" for port in ports),
    )
    options = [word for change in changes for word in ("--change", change)]
    run("docker", "import", *options, str(archive), name)
    archive.unlink()


def _compiled(place: Place) -> Path:
    """Compile the stand-in, static against musl: glibc cannot look names up without its files."""
    binary = place.cache / "placeholder"
    if binary.exists() and binary.stat().st_mtime > _SOURCE.stat().st_mtime:
        return binary
    if shutil.which("musl-gcc") is None:
        raise LabError("musl-gcc: not installed; sudo apt-get install musl-tools")
    run("musl-gcc", "-static", "-Os", "-Wall", "-Wextra", "-s", "-o", str(binary), str(_SOURCE))
    return binary


def _write_archive(archive: Path, *, binary: Path, padding_bytes: int) -> None:
    with tarfile.open(archive, "w") as tar:
        tar.add(binary, "bin/placeholder", filter=_owned_by_root)
        for folder, mode in (("tmp", 0o1777), ("etc", 0o755), ("data", 0o777)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        for name in _NAMES:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, "/bin/placeholder"
            tar.addfile(entry)
        if padding_bytes:
            entry = tarfile.TarInfo("padding")
            entry.size = padding_bytes
            tar.addfile(entry, io.BytesIO(os.urandom(padding_bytes)))


def _owned_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mode = 0o755
    return entry
