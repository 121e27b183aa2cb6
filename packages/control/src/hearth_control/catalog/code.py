"""A catalog whose own images and processes are told apart by the code they are made of. Pure.

Which images this checkout can make is read off its Dockerfiles, so that nobody has to say so.

An image of ours has the tag of its release and a piece of its code's digest, so that a checkout
that was brought up to date builds it anew, and an older one is still there to go back to.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace

from hearth_control.catalog.model import Catalog, Container, Service

_LENGTH = 10


def with_code(catalog: Catalog, digests: Mapping[str, str]) -> Catalog:
    """Mark each service that has a digest; `digests` maps a service to the digest of its code."""
    if not digests:
        return catalog
    services = {
        name: _marked(service, digests[name][:_LENGTH]) if name in digests else service
        for name, service in catalog.services.items()
    }
    return replace(catalog, services=services)


def dockerfiles(service: Service) -> tuple[str, ...]:
    """Name the Dockerfiles of a catalog service's images, relative to the checkout's root.

    A person's own service is none of this checkout's.
    """
    if posixpath.isabs(service.path):
        return ()
    return tuple(dict.fromkeys(_dockerfiles(service)))


def _dockerfiles(service: Service) -> Iterator[str]:
    for container in service.containers:
        build = container.spec.get("build")
        if build is None:
            continue
        written = build if isinstance(build, Mapping) else {"context": build}
        yield posixpath.normpath(
            posixpath.join(
                posixpath.dirname(service.path),
                str(written.get("context", ".")),
                str(written.get("dockerfile", "Dockerfile")),
            )
        )


def _marked(service: Service, mark: str) -> Service:
    containers = tuple(_built(container, mark) for container in service.containers)
    if service.embedded is None:
        return replace(service, containers=containers)
    processes = {
        name: replace(process, version=mark) for name, process in service.embedded.processes.items()
    }
    embedded = replace(service.embedded, processes=processes)
    return replace(service, containers=containers, embedded=embedded)


def _built(container: Container, mark: str) -> Container:
    if container.spec.get("build") is None or container.image is None:
        return container
    return replace(container, spec={**container.spec, "image": f"{container.image}-{mark}"})
