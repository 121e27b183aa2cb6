"""Which programs are built from source, and at which version."""

from __future__ import annotations

from lab.golang import GoProgram

_BUILD = "github.com/grafana/loki/v3/pkg/util/build"


def loki(tag: str) -> GoProgram:
    """Return Loki at the version that the catalog names; its numbers and pages say it."""
    return GoProgram(
        name="loki",
        module="github.com/grafana/loki/v3",
        version=f"v{tag}",
        package="cmd/loki",
        linked=(f"{_BUILD}.Version={tag}",),
    )


CLOUDFLARED = GoProgram(
    name="cloudflared",
    module="github.com/cloudflare/cloudflared",
    # Its releases have no versions that Go knows. This is 2026.7.1 and two commits.
    version="v0.0.0-20260713102814-2601f87b5728",
    package="cmd/cloudflared",
    linked=("main.Version=2026.7.1-2601f87b5728",),
)
"""Judges the tunnel's rules. The service stays a placeholder: it is ready with Cloudflare alone."""

FERRETDB = GoProgram(
    name="ferretdb",
    module="github.com/FerretDB/FerretDB",
    version="v1.24.0",
    package="cmd/ferretdb",
    # It refuses to start without what its own build writes down.
    written={"build/version/version.txt": "v1.24.0"},
)
"""Speaks MongoDB's protocol over SQLite. 2.x needs an extension of PostgreSQL's beside it."""

SEAWEEDFS = GoProgram(
    name="seaweedfs",
    module="github.com/seaweedfs/seaweedfs",
    version="v0.0.0-20230109022022-51d4a4b28d0e",
    package="weed",
)
"""3.39: releases have no versions that Go knows, and the proxy has no later commit's."""


def seaweedfs(_tag: str) -> GoProgram:
    """Return SeaweedFS at the version that can be had; its image takes the catalog's options."""
    return SEAWEEDFS


# Repository of the catalog → its program at a tag. The image's folder bears the program's name.
BUILT = {"grafana/loki": loki, "chrislusf/seaweedfs": seaweedfs}
