"""Programs that Debian 12 lacks, taken from the next release without upgrading anything else."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from lab.place import Place
from lab.shell import LabError, run, say, succeeds

_SOURCES = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} trixie main\n"
_CONFIG = """\
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::Lists "{folder}/lists";
Dir::Cache "{folder}/cache";
APT::Sandbox::User "root";
"""
MIRROR = "http://deb.debian.org/debian"
_PLUGINS = Path("/usr/local/lib/docker/cli-plugins")


def install_plugins(place: Place) -> None:
    """Give the docker client Compose v2 and buildx where it has none.

    Raises:
        LabError: the packages cannot be had.
    """
    wanted = {"compose": "docker-compose", "buildx": "docker-buildx"}
    missing = [name for plugin, name in wanted.items() if not succeeds("docker", plugin, "version")]
    if not missing:
        return
    say(f"fetching {' and '.join(missing)} from Debian trixie")
    unpacked = unpack(place, *missing)
    _PLUGINS.mkdir(parents=True, exist_ok=True)
    for name in missing:
        shutil.copy(unpacked / "usr/libexec/docker/cli-plugins" / name, _PLUGINS / name)


def unpack(place: Place, *packages: str) -> Path:
    """Download packages of trixie and unpack them into the lab's folder; nothing is installed."""
    folder = place.cache / "trixie"
    for name in ("lists/partial", "cache/archives/partial", "root"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "sources.list").write_text(_SOURCES.format(mirror=MIRROR))
    (folder / "apt.conf").write_text(_CONFIG.format(folder=folder))
    for argv in (("apt-get", "update"), ("apt-get", "download", *packages)):
        _apt(argv, folder=folder)
    for package in packages:
        for archive in folder.glob(f"{package}_*.deb"):
            run("dpkg", "-x", str(archive), str(folder / "root"))
    return folder / "root"


def kept_or_unpacked(place: Place, *packages: str, holding: Path) -> Path:
    """Give the folder that holds packages of trixie, fetched only where `holding` is not in it."""
    root = place.cache / "trixie" / "root"
    return root if (root / holding).exists() else unpack(place, *packages)


def _apt(argv: tuple[str, ...], *, folder: Path) -> None:
    """Run apt with the lists and sources of the folder alone."""
    environment = {**os.environ, "APT_CONFIG": str(folder / "apt.conf")}
    done = subprocess.run(
        argv, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: exit {done.returncode}\n{done.stderr[-2000:]}")
