"""A Docker engine: the one that answers, else one of the lab's own."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from lab import daemon
from lab.leftovers import end_leftovers
from lab.place import LABEL, Place
from lab.registry import MIRROR
from lab.shell import LabError, run, say
from lab.trixie import kept_or_unpacked

SOCKET = "unix:///var/run/docker.sock"
_OLD = "20.10."


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An engine that answers."""

    version: str
    is_lab: bool
    """The lab started it, so its images and names are the lab's to make."""
    started_now: bool
    """This call started it, so this caller ends it."""


def find_engine() -> Engine | None:
    """Ask the engine that the docker client is set to; None where none answers."""
    try:
        info = json.loads(run("docker", "info", "--format", "{{json .}}", timeout_seconds=20))
    except (LabError, json.JSONDecodeError):
        return None
    if not info.get("ServerVersion"):
        return None
    is_lab = f"{LABEL}=true" in (info.get("Labels") or [])
    return Engine(version=info["ServerVersion"], is_lab=is_lab, started_now=False)


def start_engine(place: Place) -> Engine:
    """Return the engine that answers, else start dockerd where the docker client asks.

    Raises:
        LabError: none answers and none can be started here, or the old one answers and the newer
            one is wanted.
    """
    found = find_engine()
    if found is not None:
        if place.newer and found.version.startswith(_OLD):
            raise LabError(f"dockerd: {found.version} answers, and a newer one is wanted")
        return found
    if os.geteuid() != 0:
        raise LabError("dockerd: no engine answers, and only root can start one")
    if shutil.which("dockerd") is None:
        raise LabError("dockerd: not installed; sudo apt-get install docker.io iptables")
    folders = _newer_programs(place) if place.newer else ()
    say("starting a Docker engine")
    place.engine.mkdir(parents=True, exist_ok=True)
    end_leftovers(place.engine / "run")
    (place.engine / "docker.pid").unlink(missing_ok=True)
    daemon.start(
        (
            *("dockerd", "--host", os.environ.get("DOCKER_HOST", SOCKET)),
            *("--label", f"{LABEL}=true"),
            *("--data-root", str(place.engine / "data"), "--exec-root", str(place.engine / "run")),
            *("--pidfile", str(place.engine / "docker.pid")),
            *("--registry-mirror", f"http://{MIRROR}"),
        ),
        pidfile=place.engine / "lab.pid",
        log=place.engine / "dockerd.log",
        is_ready=lambda: find_engine() is not None,
        seconds=60,
        path=":".join(folders),
    )
    started = find_engine()
    if started is None:
        raise LabError("dockerd: started, and answers no more")
    _clear()
    return Engine(version=started.version, is_lab=started.is_lab, started_now=True)


def _newer_programs(place: Place) -> tuple[str, ...]:
    """Give the folders of Debian 13's engine, 26.1: it runs on 12, but for its `runc`."""
    root = kept_or_unpacked(place, "docker.io", "containerd", holding=Path("usr/sbin/dockerd"))
    return str(root / "usr/sbin"), str(root / "usr/bin")


def _clear() -> None:
    """Remove what a killed run left on the lab's own engine, which has just been started.

    Containers that were running then would be started again, and hold ports and names.
    """
    for kind, listing in (
        ("container", ("--all",)),
        ("network", ("--filter", "type=custom")),
        ("volume", ()),
    ):
        for found in run("docker", kind, "ls", "--quiet", *listing).split():
            force = ("--force",) if kind != "network" else ()
            run("docker", kind, "rm", *force, found)


def end_engine(place: Place) -> None:
    """End the lab's engine with what runs on it; another's is left alone."""
    found = find_engine()
    if found is not None and found.is_lab:
        for container in run("docker", "ps", "--quiet").split():
            run("docker", "stop", "--time", "5", container)
    daemon.end(place.engine / "lab.pid")
