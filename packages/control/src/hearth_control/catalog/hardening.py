"""What a file's exceptions from the hardening may be, and that each says why. Pure.

An exception that nobody reads would look like protection given up and be none: a slip of the pen,
or one that the file no longer needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hearth_control.catalog.findings import Finding
from hearth_control.catalog.model import Container, Service

_KNOWN: Final = re.compile(
    r"(?:(?:cpu|nvidia|amd): )?"
    r"(?:no[-_]new[-_]privileges: false|cap_drop: none|cap_add: [A-Z_]+|pids_limit: [1-9]\d*"
    r"|privileged: true|(?:network_mode|pid|ipc|userns_mode|uts|cgroup): host"
    r"|bind: /.*|security_opt: .+|.*docker\.sock)"
)
_LEAST_WORDS: Final = 2


def check_exceptions(service: Service, container: Container) -> Iterator[Finding]:
    """Find exceptions that mean nothing, those without a reason, and what is relaxed unsaid."""
    where = f"x-hearth.containers.{container.name}.hardening"
    for exception, reason in container.hardening.items():
        if not _KNOWN.fullmatch(exception):
            what = f"`{exception}` is no exception; write it as `cap_add: NAME` or `pids_limit: N`"
            yield Finding(path=service.path, where=where, what=what)
        if len(reason.split()) < _LEAST_WORDS:
            what = f"`{exception}` has no reason; say in a few words what needs it"
            yield Finding(path=service.path, where=where, what=what)
    for option in relaxed(container.spec):
        if f"security_opt: {option}" not in container.hardening:
            what = f"needs a reason; write it under hardening as `security_opt: {option}`"
            yield Finding(
                path=service.path, where=f"services.{container.name}.security_opt", what=what
            )


def relaxed(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the security options that turn a protection of the engine's off.

    Source: https://docs.docker.com/reference/cli/docker/container/run/#security-opt
    """
    return tuple(
        option
        for option in map(str, spec.get("security_opt") or ())
        if option.replace("=", ":").endswith((":unconfined", ":disable"))
    )
