"""The lab as a command: `up` (engine, plugins, images, registry), `images`, `programs`, `down`."""

from __future__ import annotations

import argparse
import sys

from lab.bases import has_image
from lab.catalog import named_images
from lab.engine import end_engine, find_engine, start_engine
from lab.golang import build_programs
from lab.images import make_images
from lab.place import Place
from lab.programs import CLOUDFLARED, FERRETDB, SEAWEEDFS
from lab.registry import answers, end_registry, publish, start_registry
from lab.shell import LabError
from lab.stores import fetch_neo4j
from lab.trixie import install_plugins
from lab.weights import fetch_weights


def up(place: Place) -> None:
    """Start what is missing and make every image."""
    start_registry(place)
    engine = start_engine(place)
    install_plugins(place)
    names = make_images(place)
    print(f"engine {engine.version} ({'of the lab' if engine.is_lab else 'found here'}):")
    print("\n".join(f"  {name}" for name in names))


def images(place: Place) -> None:
    """Make the images on whatever engine answers: a placeholder may then bear a service's name."""
    print("\n".join(make_images(place)))


def publish_placeholder(place: Place) -> None:
    """Put the padded placeholder into the registry, for tests of pulling."""
    start_registry(place)
    publish("hearth-lab/padded:1")


def programs(place: Place) -> None:
    """Have the programs that tests start for themselves, and a model; no engine is needed."""
    build_programs(place, CLOUDFLARED, FERRETDB, SEAWEEDFS)
    fetch_neo4j(place)
    fetch_weights(place)


def status(_place: Place) -> None:
    """Print what there is."""
    engine = find_engine()
    print(f"engine: {engine.version if engine else 'none'}")
    print(f"registry: {'answers' if answers() else 'none'}")
    for named in named_images():
        print(f"{'there  ' if has_image(named.name) else 'missing'} {named.name}")


def down(place: Place) -> None:
    """End the engine and the registry that the lab started."""
    end_engine(place)
    end_registry(place)


COMMANDS = (up, images, publish_placeholder, programs, status, down)


def main() -> int:
    """Run one command; 1 and its error where it fails."""
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    verbs = {command.__name__.replace("_", "-"): command for command in COMMANDS}
    parser.add_argument("command", choices=verbs)
    command = verbs[parser.parse_args().command]
    try:
        command(Place.from_environment())
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
