"""An image for every name in the catalog: a real program, our own, or a placeholder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.bases import RECIPE, is_due, make_base, recipe_of
from lab.catalog import OWN, Named, named_images
from lab.golang import GoProgram, build_programs
from lab.place import IMAGES, LABEL, REPOSITORY, Place
from lab.placeholder import make_placeholder
from lab.programs import BUILT
from lab.shell import run, say

# Repository of the catalog → folder under images/ that builds the real program.
REAL = {
    "pgvector/pgvector": "postgres",
    "postgres": "postgres",
    "ghcr.io/immich-app/postgres": "postgres",
    "valkey/valkey": "valkey",
    "caddy": "caddy",
    "supabase/postgres": "supabase-postgres",
    "prom/prometheus": "prometheus",
    "prom/node-exporter": "node-exporter",
    "rabbitmq": "rabbitmq",
    "nginxinc/nginx-unprivileged": "nginx-unprivileged",
    "curlimages/curl": "curl",
}
PORTS = {
    "qdrant/qdrant": (6333, 6334),
    "clickhouse/clickhouse-server": (8123, 9000),
    "ollama/ollama": (11434,),
    "ghcr.io/open-webui/open-webui": (8080,),
    "searxng/searxng": (8080,),
    "n8nio/n8n": (5678,),
    "amir20/dozzle": (8080,),
    "louislam/uptime-kuma": (3001,),
    "kong/kong": (8000, 8443, 8100),
    "ghcr.io/steveiliop56/tinyauth": (3000,),
}
# Tests of faults and of pulling name these; no service of the catalog does.
EXTRA = {"hearth-lab/placeholder:1": (8080,), "hearth-lab/padded:1": (8080,)}
_PADDING_BYTES = 24 * 1024 * 1024
PYTHON = "python:3.13-slim-trixie"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def make_images(place: Place) -> tuple[str, ...]:
    """Have every image that the catalog names on the engine; returns the names."""
    names = named_images()
    built = build_programs(place, *filter(None, map(_due_program, names)))
    for named in names:
        make_image(place, named, built=built)
    for name, ports in EXTRA.items():
        padding = _PADDING_BYTES if "padded" in name else 0
        make_placeholder(place, name, ports=ports, padding_bytes=padding)
    return (*(named.name for named in names), *EXTRA)


def make_image(place: Place, named: Named, *, built: Mapping[str, Path]) -> None:
    """Make one image: the real program, our own, else a placeholder.

    `built`: the programs from source, by name, of the images that are due.
    """
    folder = REAL.get(named.repository)
    program = _program(named)
    if program is not None:
        made = built.get(program.name)
        make_real(place, named.name, folder=program.name, version=program.version, built=made)
    elif folder is not None:
        make_real(place, named.name, folder=folder)
    elif named.name.startswith(OWN):
        build_own(place, named)
    else:
        ports = {*named.ports, *PORTS.get(named.repository, ())}
        make_placeholder(place, named.name, ports=tuple(sorted(ports)))


def _program(named: Named) -> GoProgram | None:
    made = BUILT.get(named.repository)
    return made(named.name.rpartition(":")[2]) if made else None


def _due_program(named: Named) -> GoProgram | None:
    """Return the program that an image needs and that it is not made from yet."""
    program = _program(named)
    if program is None:
        return None
    if not is_due(named.name, recipe=_recipe(program.name, text=program.version)):
        return None
    return program


def make_real(
    place: Place,
    name: str,
    *,
    folder: str,
    suite: str = "trixie",
    packages: str = "",
    version: str = "",
    built: Path | None = None,
) -> None:
    """Build one folder of images/ under an image's name, unless it is there.

    `built`: a program that the folder's image has under the folder's name, at a `version`.
    """
    recipe = _recipe(folder, text=packages or version)
    if not is_due(name, recipe=recipe):
        return
    make_base(place, suite=suite)
    say(f"building {name}")
    with TemporaryDirectory() as scratch:
        context = Path(scratch) / folder
        shutil.copytree(IMAGES / folder, context)
        if built is not None:
            shutil.copy(built, context / folder)
        written = (context / "Dockerfile").read_text()
        if _CERTIFICATES.name in written:
            shutil.copy(_CERTIFICATES, context / _CERTIFICATES.name)
        labels = ("--label", f"{LABEL}=real", "--label", f"{RECIPE}={recipe}")
        given = {"PACKAGES": packages, "SUITE": suite if "ARG SUITE" in written else ""}
        pairs = [f"{key}={value}" for key, value in given.items() if value]
        arguments = [word for pair in pairs for word in ("--build-arg", pair)]
        run("docker", "build", "--quiet", *labels, *arguments, "--tag", name, str(context))


def _recipe(folder: str, *, text: str = "") -> str:
    files = sorted(file for file in (IMAGES / folder).iterdir() if file.is_file())
    return recipe_of(*files, text=text)


def build_own(place: Place, named: Named) -> None:
    """Build one of our own images; the engine's layer cache makes a second build quick."""
    short = named.repository.removeprefix(OWN)
    if not _dockerfile(short).is_file():
        say(f"leaving {named.name} out: it is not in this version")
        return
    make_real(place, PYTHON, folder="python")
    say(f"building {named.name}")
    run(
        *("docker", "build", "--quiet", "--label", f"{LABEL}=own", "--tag", named.name),
        *("--file", str(_dockerfile(short)), str(REPOSITORY)),
    )


def _dockerfile(short: str) -> Path:
    """The worker is the server's image under another command."""
    return REPOSITORY / "docker" / f"{short.replace('lambda-worker', 'lambda-server')}.Dockerfile"
