"""Names of images, taken apart. Pure.

Source: https://pkg.go.dev/github.com/distribution/reference (grammar), and Docker's rule that a
first part without a dot or colon that is not `localhost` belongs to Docker Hub.
"""

from __future__ import annotations

from dataclasses import dataclass

HUB = "docker.io"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An image's registry, repository, and tag or digest."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""


def parse_reference(text: str) -> Reference:
    """Read `redis`, `n8nio/n8n:2.36.5`, `ghcr.io/a/b@sha256:…`; without a tag it is `latest`."""
    name, _, digest = text.partition("@")
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        registry, path = first, rest
    else:
        registry, path = HUB, name
    repository, colon, tag = path.rpartition(":")
    if not colon:
        repository, tag = path, "" if digest else "latest"
    if registry == HUB and "/" not in repository:
        repository = f"library/{repository}"
    return Reference(registry=registry, repository=repository, tag=tag, digest=digest)


def spelled_out(text: str) -> str:
    """Name an image in full, so that `redis` as asked is what the engine is told to pull."""
    parts = parse_reference(text)
    name = f"{parts.registry}/{parts.repository}"
    name += f":{parts.tag}" if parts.tag else ""
    return name + (f"@{parts.digest}" if parts.digest else "")
