"""Ask from inside a container's network: which addresses accept, which names are known.

A program of its own with the standard library alone; it is run by `nsenter` in a container's
network, where most images have no shell. Shape: one JSON object on standard input, one on output:
`{"tcp": [[host, port]], "names": [name], "udp": [[host, port]], "seconds": 1}` gives
`{"tcp": [outcome], "names": [[addresses] or null]}` in the order of what was asked.
"""

from __future__ import annotations

import errno
import json
import select
import socket
import struct
import sys
import time

RESOLVER = ("127.0.0.11", 53)
SILENT = "timeout"


def ask_tcp(targets: list[tuple[str, int]], seconds: float) -> list[str]:
    """Connect to all at once; what says nothing in time is closed."""
    outcomes = [SILENT] * len(targets)
    waiting: dict[int, tuple[socket.socket, int]] = {}
    poll = select.poll()
    for index, target in enumerate(targets):
        sock = socket.socket()
        sock.setblocking(False)
        code = sock.connect_ex(target)
        if code == errno.EINPROGRESS:
            waiting[sock.fileno()] = (sock, index)
            poll.register(sock, select.POLLOUT)
        else:
            outcomes[index] = say(code)
            sock.close()
    deadline = time.monotonic() + seconds
    while waiting and (left := deadline - time.monotonic()) > 0:
        for descriptor, _event in poll.poll(left * 1000):
            sock, index = waiting.pop(descriptor)
            outcomes[index] = say(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
            poll.unregister(descriptor)
            sock.close()
    return outcomes


def say(code: int) -> str:
    return "open" if code == 0 else errno.errorcode.get(code, str(code)).lower()


def ask_names(names: list[str], seconds: float) -> list[list[str] | None]:
    """Ask Docker's resolver for every name at once; None: nobody answered, or not for this name.

    An empty list is an answer: somebody outside was asked and knows no such name.
    """
    answers: list[list[str] | None] = [None] * len(names)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    deadline = time.monotonic() + seconds
    left = set(range(len(names)))
    try:
        for index, name in enumerate(names):
            sock.sendto(question(index, name), RESOLVER)
        while left and select.select([sock], [], [], max(0.0, deadline - time.monotonic()))[0]:
            message = sock.recv(1500)
            index = struct.unpack(">H", message[:2])[0]
            answers[index] = read_answer(message)
            left.discard(index)
    except OSError:
        return answers
    return answers


def question(number: int, name: str) -> bytes:
    head = struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0)
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return head + labels + b"\0" + struct.pack(">HH", 1, 1)


def read_answer(message: bytes) -> list[str] | None:
    code, count = message[3] & 15, struct.unpack(">H", message[6:8])[0]
    if code not in (0, 3):
        return None
    at = message.index(b"\0", 12) + 5
    found = []
    for _ in range(count):
        at += 2 if message[at] & 0xC0 else message.index(b"\0", at) + 1 - at
        kind, _class, _ttl, size = struct.unpack(">HHIH", message[at : at + 10])
        if kind == 1:
            found.append(socket.inet_ntoa(message[at + 10 : at + 10 + size]))
        at += 10 + size
    return found


def send_udp(targets: list[tuple[str, int]], word: bytes) -> None:
    """Send a word without waiting for anything: what gets out one way counts as out."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for target in targets:
        try:
            sock.sendto(word, target)
        except OSError:
            continue


def main() -> None:
    asked = json.load(sys.stdin)
    seconds = float(asked["seconds"])
    send_udp([(host, port) for host, port in asked.get("udp", ())], asked["word"].encode())
    given = {
        "tcp": ask_tcp([(host, port) for host, port in asked["tcp"]], seconds),
        "names": ask_names(asked["names"], seconds),
    }
    json.dump(given, sys.stdout)


if __name__ == "__main__":
    main()
