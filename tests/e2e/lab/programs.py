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


# Repository of the catalog → its program at a tag. The image's folder bears the program's name.
BUILT = {"grafana/loki": loki}
