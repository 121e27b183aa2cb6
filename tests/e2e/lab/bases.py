"""The Debian images that everything else is built on, and which images are due to be made."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from lab.place import LABEL, Place
from lab.shell import LabError, run, say, succeeds
from lab.trixie import MIRROR

RECIPE = f"{LABEL}.recipe"


def has_image(name: str) -> bool:
    """Tell whether the engine has an image of this name."""
    return succeeds("docker", "image", "inspect", name)


def is_due(name: str, *, recipe: str) -> bool:
    """Tell whether to make an image: it is missing, or the lab made it from another recipe.

    An image without the lab's label came from somewhere else and is never replaced.
    """
    if not has_image(name):
        return True
    labels = f'{{{{index .Config.Labels "{LABEL}"}}}} {{{{index .Config.Labels "{RECIPE}"}}}}'
    found = run("docker", "image", "inspect", "--format", labels, name).split()
    return bool(found) and found[1:] != [recipe]


def recipe_of(*files: Path, text: str = "") -> str:
    """Digest what an image is made from."""
    digest = hashlib.sha256(text.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def make_base(place: Place, *, suite: str = "trixie") -> None:
    """Have `debian:SUITE-slim` on the engine: there, from the file, or made now (15 s)."""
    name = f"debian:{suite}-slim"
    if has_image(name):
        return
    archive = place.cache / f"debian-{suite}.tar"
    if not archive.exists():
        _bootstrap(suite, archive=archive)
    changes = ('CMD ["bash"]', f"LABEL {LABEL}=true")
    options = [word for change in changes for word in ("--change", change)]
    run("docker", "import", *options, str(archive), name)


def _bootstrap(suite: str, *, archive: Path) -> None:
    if shutil.which("mmdebstrap") is None:
        raise LabError("mmdebstrap: not installed; sudo apt-get install mmdebstrap")
    say(f"making Debian {suite} out of its packages")
    unfinished = archive.with_suffix(".part.tar")
    run(
        *("mmdebstrap", "--variant=minbase", "--include=ca-certificates"),
        *(suite, str(unfinished), MIRROR),
    )
    unfinished.rename(archive)
