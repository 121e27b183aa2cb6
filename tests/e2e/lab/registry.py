"""A registry on loopback that the lab's engine asks before the public one: pulls are then real."""

from __future__ import annotations

import shutil
import urllib.error
import urllib.request

from lab import daemon
from lab.place import Place
from lab.shell import LabError, run, say

MIRROR = "127.0.0.1:5000"

_CONFIG = """\
version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {folder}/data}}
  delete: {{enabled: true}}
http: {{addr: {address}}}
"""


def answers() -> bool:
    """Tell whether a registry answers on the mirror's address."""
    try:
        with urllib.request.urlopen(f"http://{MIRROR}/v2/", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def start_registry(place: Place) -> None:
    """Start Debian's registry unless one answers already.

    Raises:
        LabError: it is not installed, or does not come up.
    """
    if answers():
        return
    if shutil.which("docker-registry") is None:
        raise LabError("docker-registry: not installed; sudo apt-get install docker-registry")
    place.registry.mkdir(parents=True, exist_ok=True)
    config = place.registry / "config.yml"
    config.write_text(_CONFIG.format(folder=place.registry, address=MIRROR))
    daemon.start(
        ("docker-registry", "serve", str(config)),
        pidfile=place.registry / "lab.pid",
        log=place.registry / "registry.log",
        is_ready=answers,
        seconds=20,
    )


def end_registry(place: Place) -> None:
    """End the registry that the lab started."""
    daemon.end(place.registry / "lab.pid")


def mirror_path(name: str) -> str:
    """Return where the mirror keeps an image of the public registry.

    Example:
        caddy:2.10 → 127.0.0.1:5000/library/caddy:2.10
    """
    repository = name if "/" in name else f"library/{name}"
    return f"{MIRROR}/{repository}"


def publish(name: str) -> None:
    """Put a local image into the registry, under the path that the engine's mirror asks for."""
    there = mirror_path(name)
    run("docker", "tag", name, there)
    try:
        run("docker", "push", there)
    finally:
        run("docker", "rmi", there)
    say(f"published {name}")
