"""Real servers of stores as processes of this machine, for the tests that every adapter passes.

`python3 -m lab programs` brings them, once; a test then starts one for itself and ends it.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from lab.golang import BRING, kept_program
from lab.maven import fetch
from lab.place import Place
from lab.programs import FERRETDB, SEAWEEDFS
from lab.shell import LabError, NotHereError, say

_NEO4J: Final = Path(__file__).resolve().parent / "neo4j"
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
    say("fetching Neo4j from Maven Central")
    with TemporaryDirectory(prefix="work-", dir=place.cache) as work:
        wanted = (f"--file={_NEO4J / 'pom.xml'}", "-DincludeScope=runtime")
        fetch(Path(work), "copy-dependencies", *wanted, f"-DoutputDirectory={work}/lib")
        Path(work, "lib").rename(there)


@contextmanager
def running_ferretdb(place: Place) -> Iterator[str]:
    """Run FerretDB over SQLite; gives its address. Its data are gone afterwards.

    Raises:
        NotHereError: nobody has brought its program.
        LabError: it does not come up.
    """
    program = kept_program(place, FERRETDB)
    (port,) = _free_ports(1)
    with TemporaryDirectory(prefix="hearth-ferretdb-") as folder:
        argv = (
            *(str(program), "--handler=sqlite", f"--sqlite-url=file:{folder}/"),
            *(f"--state-dir={folder}", f"--listen-addr=127.0.0.1:{port}"),
            *("--telemetry=disable", "--debug-addr=-", "--log-level=warn"),
        )
        with _running(argv, is_ready=lambda: _answers(port), log=Path(folder) / "log"):
            yield f"mongodb://127.0.0.1:{port}/"


@contextmanager
def running_neo4j(place: Place) -> Iterator[str]:
    """Run Neo4j's community edition without a password; gives its Bolt address.

    Raises:
        NotHereError: its library or Java is not there.
        LabError: it does not come up.
    """
    library = _neo4j_folder(place)
    if not library.exists():
        raise NotHereError(f"neo4j: not here; {BRING}")
    if shutil.which("java") is None:
        raise NotHereError("java: not installed; sudo apt-get install openjdk-17-jdk-headless")
    (port,) = _free_ports(1)
    with TemporaryDirectory(prefix="hearth-neo4j-") as folder:
        argv = (
            # It lives for seconds: the second compiler would never earn what it costs.
            *("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED),
            *("-cp", f"{library}/*", str(_NEO4J / "Serve.java"), folder, str(port)),
        )
        with _running(argv, is_ready=lambda: _answers(port), log=Path(folder) / "log"):
            yield f"bolt://127.0.0.1:{port}"


@contextmanager
def running_seaweedfs(place: Place, *, accounts: str) -> Iterator[str]:
    """Run SeaweedFS with accounts in the form of its S3 credentials; gives the address of its S3.

    This version looks for other masters first, for 18 seconds.

    Raises:
        NotHereError: nobody has brought its program.
        LabError: it does not come up.
    """
    program = kept_program(place, SEAWEEDFS)
    names = [
        f"{part}.{kind}"
        for part in ("master", "volume", "filer", "s3")
        for kind in ("port", "port.grpc")
    ]
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    with TemporaryDirectory(prefix="hearth-seaweedfs-") as folder:
        (Path(folder) / "accounts.json").write_text(accounts)
        argv = (
            *(str(program), "-logtostderr=true", "-v=0", "server", f"-dir={folder}"),
            *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", "-volume.max=0"),
            *("-master.volumeSizeLimitMB=64", f"-s3.config={folder}/accounts.json"),
            *(f"-{name}={port}" for name, port in ports.items()),
        )
        assign = f"http://127.0.0.1:{ports['master.port']}/dir/assign"

        def is_ready() -> bool:
            # Its S3 listens before the first volume is there to be written to.
            return _answers(ports["s3.port"]) and _gives(assign, b'"fid"')

        with _running(argv, is_ready=is_ready, log=Path(folder) / "log"):
            yield f"http://127.0.0.1:{ports['s3.port']}"


def _neo4j_folder(place: Place) -> Path:
    version = ET.parse(_NEO4J / "pom.xml").findtext("{*}version")
    return place.cache / f"neo4j-{version}"


def _free_ports(count: int) -> tuple[int, ...]:
    """Find ports that nobody listens on, all at once, so that they differ."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return tuple(int(probe.getsockname()[1]) for probe in probes)


@contextmanager
def _running(
    argv: tuple[str, ...], *, is_ready: Callable[[], bool], log: Path, seconds: float = 120
) -> Iterator[None]:
    """Run a server until the block ends, which begins once it is ready."""
    with (
        log.open("wb") as output,
        subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=output, stderr=output) as process,
    ):
        try:
            deadline = time.monotonic() + seconds
            while not is_ready():
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


def _gives(url: str, wanted: bytes) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return wanted in answer.read()
    except (urllib.error.URLError, OSError):
        return False
