"""Upgrades that are known to need a stop, and stores whose data has a major of its own. Pure.

A service file states both under `x-hearth.upgrade`; here stands what would be forgotten. An image
that is not in these tables may state the same, and need not.

Source, read 2026-11-21: https://docs.n8n.io/2-0-breaking-changes/,
https://langfuse.com/self-hosting/upgrade/upgrade-guides/upgrade-v3-to-v4,
https://www.rabbitmq.com/docs/upgrade and the notes of its 4.3.0,
https://docs.immich.app/install/upgrading, https://www.elastic.co/docs/deploy-manage/upgrade.
Documentation of the others: https://neo4j.com/docs/upgrade-migration-guide/current/,
https://www.mongodb.com/docs/manual/release-notes/8.0-upgrade/,
https://github.com/louislam/uptime-kuma/wiki/Migration-From-v1-To-v2,
https://www.postgresql.org/docs/17/upgrading.html. Flowise has no guide for 3.0, which made accounts
anew; its major is held all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from hearth_control.catalog.findings import Finding
from hearth_control.catalog.model import Container, Service

STOPS: Final[Mapping[str, tuple[str, ...]]] = {
    "docker.elastic.co/elasticsearch/elasticsearch": ("8.19",),
    "flowiseai/flowise": ("3.0",),
    "ghcr.io/immich-app/immich-server": ("3.0",),
    "langfuse/langfuse": ("3.0", "4.0"),
    "louislam/uptime-kuma": ("2.0",),
    "mongodb/mongodb-atlas-local": ("7.0", "8.0"),
    "n8nio/n8n": ("2.0",),
    "neo4j": ("5.26",),
    "rabbitmq": ("3.13", "4.0", "4.2"),
}
"""Image → versions that an upgrade must not jump over."""

STORES: Final = frozenset(
    {
        "clickhouse/clickhouse-server",
        "docker.elastic.co/elasticsearch/elasticsearch",
        "ghcr.io/immich-app/postgres",
        "cr.weaviate.io/semitechnologies/weaviate",
        "mongodb/mongodb-atlas-local",
        "neo4j",
        "pgvector/pgvector",
        "postgres",
        "qdrant/qdrant",
        "rabbitmq",
        "supabase/postgres",
    }
)
"""Images whose volumes another major cannot simply open."""


def check_gates(service: Service, container: Container) -> Iterator[Finding]:
    """Find known stops and formats that a service file does not state.

    A person's own file is let be: it was taken from a project that knows nothing of them.
    """
    if PurePosixPath(service.path).is_absolute():
        return
    image = repository_of(container.image or "")
    for stop in STOPS.get(image, ()):
        if stop not in service.upgrade.stop_at:
            what = f"lacks `{stop}`, at which an upgrade of `{image}` must stop"
            yield Finding(path=service.path, where="x-hearth.upgrade.stop_at", what=what)
    for volume in sorted(_volumes(container)) if image in STORES and not container.job else ():
        if service.backup.get(volume, "worthless") == "worthless":
            continue
        if volume not in service.upgrade.formats:
            what = f"is missing; `{image}` cannot open data of another major, so say which it is"
            yield Finding(path=service.path, where=f"x-hearth.upgrade.formats.{volume}", what=what)


def repository_of(image: str) -> str:
    """Take tag and digest off an image's name; a registry's port stays."""
    name = image.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


def _volumes(container: Container) -> frozenset[str]:
    found = set()
    for mount in container.spec.get("volumes") or ():
        source = mount.get("source", "") if isinstance(mount, Mapping) else mount.split(":")[0]
        if source and not source.startswith((".", "/", "~", "$")):
            found.add(source)
    return frozenset(found)
