"""A running installation as its containers' networks see it, and the world outside of it."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

PROBE = Path(__file__).with_name("netns_probe.py")
CLOSED = frozenset({"timeout", "enetunreach", "ehostunreach"})
OUTSIDE, OUTSIDE_HOST = "198.51.100.2", "198.51.100.1"
"""Reserved for documentation (RFC 5737), so that nothing else here is routed there."""
OUTSIDE_PORT = 8053
_LISTEN = "0A"

Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """One running container: `addresses` maps each of its networks to its address there."""

    unit: str
    pid: int
    addresses: Mapping[str, str]
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one container is to try."""

    tcp: Sequence[Address] = ()
    names: Sequence[str] = ()
    udp: Sequence[Address] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of it."""

    tcp: Mapping[Address, str] = field(default_factory=dict)
    names: Mapping[str, list[str] | None] = field(default_factory=dict)


def containers(project: str) -> dict[str, Inside]:
    """Find an installation's running containers by unit."""
    ids = _docker("ps", "-q", "--filter", f"label=hearth.project={project}").split()
    found = json.loads(_docker("inspect", *ids)) if ids else []
    return {inside.unit: inside for inside in map(_inside, found)}


def ask_all(questions: Mapping[int, Asked], *, seconds: float = 1.0) -> dict[int, Told]:
    """Put each process's questions from its network; a few at a time, each all at once."""
    with ThreadPoolExecutor(max_workers=10) as pool:
        told = pool.map(lambda pair: _ask(*pair, seconds=seconds), questions.items())
        return dict(zip(questions, told, strict=True))


def _ask(pid: int, asked: Asked, *, seconds: float) -> Told:
    question = {
        "tcp": asked.tcp,
        "names": asked.names,
        "udp": asked.udp,
        "word": str(pid),
        "seconds": seconds,
    }
    argv = ("nsenter", "--target", str(pid), "--net", sys.executable, "-I", str(PROBE))
    done = subprocess.run(
        argv, input=json.dumps(question), capture_output=True, text=True, timeout=90, check=True
    )
    given = json.loads(done.stdout)
    return Told(
        tcp=dict(zip(asked.tcp, given["tcp"], strict=True)),
        names=dict(zip(asked.names, given["names"], strict=True)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A neighbour of this machine beyond Docker that would even answer private addresses."""

    server: subprocess.Popen[str]

    def heard(self) -> dict[str, list[str]]:
        """Give what arrived so far: `tcp` the addresses that connected, `udp` the words."""
        time.sleep(0.3)
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write("\n")
        self.server.stdin.flush()
        heard: dict[str, list[str]] = json.loads(self.server.stdout.readline())
        return heard


@contextmanager
def outside() -> Iterator[Outside]:
    """Have a network of its own behind this machine, with a listener in it."""
    name = f"out{uuid4().hex[:8]}"
    try:
        for line in (
            f"netns add {name}",
            f"link add {name} type veth peer name peer0 netns {name}",
            f"addr add {OUTSIDE_HOST}/30 dev {name}",
            f"link set {name} up",
            f"-n {name} addr add {OUTSIDE}/30 dev peer0",
            f"-n {name} link set peer0 up",
            f"-n {name} link set lo up",
            f"-n {name} route add default via {OUTSIDE_HOST}",
        ):
            subprocess.run(("ip", *line.split()), check=True, capture_output=True)
        argv = ("ip", "netns", "exec", name, sys.executable, "-I", __file__)
        pipe = subprocess.PIPE
        with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as server:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
            yield Outside(server=server)
            server.terminate()
    finally:
        subprocess.run(("ip", "link", "delete", name), check=False, capture_output=True)
        subprocess.run(("ip", "netns", "delete", name), check=False, capture_output=True)


def listen() -> None:
    """Take everything on one port and tell on each line that is asked what it was."""
    import selectors

    heard: dict[str, list[str]] = {"tcp": [], "udp": []}
    stream = socket.create_server(("", OUTSIDE_PORT), backlog=500)
    words = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    words.bind(("", OUTSIDE_PORT))
    selector = selectors.DefaultSelector()
    for source in (stream, words, sys.stdin):
        selector.register(source, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _events in selector.select():
            if key.fileobj is stream:
                connection, address = stream.accept()
                connection.close()
                heard["tcp"].append(str(address[0]))
            elif key.fileobj is words:
                heard["udp"].append(words.recv(100).decode())
            elif not sys.stdin.readline():
                return
            else:
                print(json.dumps(heard), flush=True)


def _inside(found: dict[str, object]) -> Inside:
    config, state, settings = (dict(found[key]) for key in ("Config", "State", "NetworkSettings"))  # type: ignore[call-overload]  # inspect's own shape
    pid = int(state["Pid"])
    return Inside(
        unit=config["Labels"]["hearth.unit"],
        pid=pid,
        addresses={
            name: one["IPAddress"] for name, one in settings["Networks"].items() if one["IPAddress"]
        },
        ports=_listening(pid),
    )


def _listening(pid: int) -> tuple[int, ...]:
    """Find the TCP ports that a container's programs open to its networks."""
    found = set()
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            words = line.split()
            address, _, port = words[1].partition(":")
            if words[3] == _LISTEN and not _is_loopback(address):
                found.add(int(port, 16))
    return tuple(sorted(found))


def _is_loopback(address: str) -> bool:
    if len(address) == 8:
        return struct.pack("<I", int(address, 16))[0] == 127
    return address == "0" * 24 + "01000000"


def _docker(*arguments: str) -> str:
    return subprocess.run(("docker", *arguments), capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    listen()
