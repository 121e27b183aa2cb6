"""Asking from where a consumer stands, with an honest word where that cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hearth_control.engine.reach.ask import ask
from hearth_control.engine.reach.said import Request
from hearth_control.engine.reach.targets import Answer
from hearth_control.plan.wire import HOST_FROM_CONTAINER, LOOPBACK, Stand


def ask_from(
    requests: Sequence[Request], *, stand: Stand, project: str, environment: Mapping[str, str]
) -> tuple[Answer, ...]:
    """Ask each, from a container where the consumer is one and an image here can ask.

    Raises:
        EngineUnavailableError: the consumer is a container and Docker does not answer.
    """
    if stand is Stand.PROCESS:
        return tuple(Answer(request=one, where="this host", said=ask(one)) for one in requests)
    from hearth_control.engine.compose.api import EngineAPI
    from hearth_control.engine.compose.endpoint import find_endpoint
    from hearth_control.engine.compose.one_off import ask_from_container

    said = ask_from_container(EngineAPI(find_endpoint(environment)), project, requests)
    if said is None:
        where = "this host, as no image here can ask from a container"
        return tuple(
            Answer(request=one, where=where, said=ask(seen_from_host(one))) for one in requests
        )
    return tuple(
        Answer(request=one, where="a container", said=each)
        for one, each in zip(requests, said, strict=True)
    )


def seen_from_host(request: Request) -> Request:
    """Turn the host's name inside containers into its name here."""
    if request.host != HOST_FROM_CONTAINER:
        return request
    url = request.url.replace(HOST_FROM_CONTAINER, LOOPBACK)
    return request._replace(host=LOOPBACK, url=url)
