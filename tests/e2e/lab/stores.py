"""Real servers of stores as processes of this machine, for the tests that every adapter passes.

`python3 -m lab programs` brings them, once; a test then starts one for itself and ends it.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from lab.golang import BRING, kept_program
from lab.place import Place
from lab.programs import FERRETDB
from lab.shell import LabError, run, say

_NEO4J: Final = Path(__file__).resolve().parent / "neo4j"
_COPY: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
_OPENED: Final = ("java.nio", "java.io", "sun.nio.ch", "java.lang", "java.util.concurrent")
"""Packages of java.base that Neo4j looks into, as its own start script opens them."""


def fetch_neo4j(place: Place) -> None:
    """Have Neo4j's library from Maven Central in the lab's folder.

    Raises:
        LabError: something that this needs is not installed, or cannot be had.
    """
    there = _neo4j_folder(place)
    if there.exists():
        return
    if shutil.which("mvn") is None:
        raise LabError("mvn: not installed; sudo apt-get install maven openjdk-17-jdk-headless")
    say("fetching Neo4j from Maven Central")
    with TemporaryDirectory(prefix="work-", dir=place.cache) as work:
        run(
            *("mvn", "--batch-mode", "--quiet", "--file", str(_NEO4J / "pom.xml")),
            *(f"-Dmaven.repo.local={work}/repository", f"-DoutputDirectory={work}/lib"),
            *("-DincludeScope=runtime", f"{_COPY}:copy-dependencies"),
        )
        Path(work, "lib").rename(there)


@contextmanager
def running_ferretdb(place: Place) -> Iterator[str]:
    """Run FerretDB over SQLite; gives its address. Its data are gone afterwards.

    Raises:
        LabError: its program is not there, or does not come up.
    """
    program = kept_program(place, FERRETDB)
    port = _free_port()
    with TemporaryDirectory(prefix="hearth-ferretdb-") as folder:
        argv = (
            *(str(program), "--handler=sqlite", f"--sqlite-url=file:{folder}/"),
            *(f"--state-dir={folder}", f"--listen-addr=127.0.0.1:{port}"),
            *("--telemetry=disable", "--debug-addr=-", "--log-level=warn"),
        )
        with _running(argv, port=port, log=Path(folder) / "log"):
            yield f"mongodb://127.0.0.1:{port}/"


@contextmanager
def running_neo4j(place: Place) -> Iterator[str]:
    """Run Neo4j's community edition without a password; gives its Bolt address.

    Raises:
        LabError: its library or Java is not there, or it does not come up.
    """
    library = _neo4j_folder(place)
    if not library.exists():
        raise LabError(f"neo4j: not here; {BRING}")
    if shutil.which("java") is None:
        raise LabError("java: not installed; sudo apt-get install openjdk-17-jdk-headless")
    port = _free_port()
    with TemporaryDirectory(prefix="hearth-neo4j-") as folder:
        argv = (
            # It lives for seconds: the second compiler would never earn what it costs.
            *("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED),
            *("-cp", f"{library}/*", str(_NEO4J / "Serve.java"), folder, str(port)),
        )
        with _running(argv, port=port, log=Path(folder) / "log"):
            yield f"bolt://127.0.0.1:{port}"


def _neo4j_folder(place: Place) -> Path:
    version = ET.parse(_NEO4J / "pom.xml").findtext("{*}version")
    return place.cache / f"neo4j-{version}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(
    argv: tuple[str, ...], *, port: int, log: Path, seconds: float = 120
) -> Iterator[None]:
    """Run a server until the block ends; it is ready once its port takes connections."""
    with (
        log.open("wb") as output,
        subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=output, stderr=output) as process,
    ):
        try:
            deadline = time.monotonic() + seconds
            while not _answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    said = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
                    raise LabError(f"{argv[0]}: did not come up\n{said}")
                time.sleep(0.1)
            yield
        finally:
            # What this leaves lies in a folder that goes with it.
            process.kill()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
