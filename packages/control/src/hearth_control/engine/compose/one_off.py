"""Asking from inside a container: one that lives for the question, on an image that is here.

It stands on the engine's own bridge with `host.docker.internal`, as a container does that reaches
the host or the internet. Nothing is pulled; an image without a Python is passed over.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hearth_control.engine.compose.api import EngineAPI
from hearth_control.engine.compose.errors import EngineRefusedError
from hearth_control.engine.compose.observe import PROJECT
from hearth_control.engine.compose.stream import demux
from hearth_control.engine.reach.bundle import PROGRAM, bundle, read_said
from hearth_control.engine.reach.said import Request, Said

FIRST: Final = "lambda-server"
"""Its image is known to hold a Python."""
MOST_IMAGES: Final = 4
HOST_ENTRY: Final = "host.docker.internal:host-gateway"
TURN_SECONDS: Final = 0.1


def ask_from_container(
    api: EngineAPI, project: str, requests: Sequence[Request]
) -> tuple[Said, ...] | None:
    """Ask from a container; None where no image of this installation can ask.

    Raises:
        EngineUnavailableError: the engine does not answer.
    """
    if not requests:
        return ()
    patience = 10 + sum(one.seconds for one in requests) * 3
    for image in _images(api, project)[:MOST_IMAGES]:
        try:
            text = _run(api, _body(image, bundle(requests)), patience)
        except EngineRefusedError:
            continue  # The image is gone, or has no such program.
        said = read_said(text, len(requests))
        if said is not None:
            return said
    return None


def _images(api: EngineAPI, project: str) -> list[str]:
    containers = api.containers(f"{PROJECT}={project}")
    ordered = sorted(containers, key=lambda one: FIRST not in str(one["Image"]))
    return list(dict.fromkeys(str(one["ImageID"]) for one in ordered))


def _body(image: str, environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Image": image,
        "Entrypoint": ["python3", "-c", PROGRAM],
        "Cmd": [],
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": {
            "NetworkMode": "bridge",
            "ExtraHosts": [HOST_ENTRY],
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "ReadonlyRootfs": True,
            "Memory": 256 * 1024**2,
        },
    }


def _run(api: EngineAPI, body: Mapping[str, Any], patience: float) -> str:
    """Run a container to its end and give its output, without the times of its lines."""
    container = api.create(body)
    try:
        api.start(container)
        until = time.monotonic() + patience
        while api.inspect(container)["State"]["Running"] and time.monotonic() < until:
            time.sleep(TURN_SECONDS)
        with api.logs(container, tail=None) as stream:
            output = b"".join(data for name, data in demux(stream.pieces()) if name == "stdout")
    finally:
        api.remove(container, force=True)
    lines = output.decode("utf-8", "replace").splitlines()
    return "\n".join(line.partition(" ")[2] for line in lines)
