"""A Compose project that runs without Hearth: nobody is locked in.

The values of `.env` are not made here: whoever writes the folder fills `secret_variables` in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from hearth_control.plan.backups import RUNNER
from hearth_control.plan.model import ContainerUnit, Plan
from hearth_control.render.artifacts import Artifacts
from hearth_control.render.compose import compose_document, render_compose
from hearth_control.render.documents import yaml_text
from hearth_control.render.errors import NothingToEjectError
from hearth_control.render.names import COMPOSE_FILE, CONFIGS, MOUNTED

README = "README.md"
ENVIRONMENT = ".env"
_OURS = "hearth."
_HEADER = "written by `hearth eject`; yours to edit, Hearth does not read it"


def eject(plan: Plan) -> Artifacts:
    """Render a plan as a folder of its own: Compose file, mounted files, a README.

    `secret_variables` go to a file `.env` of mode 0600 beside them.

    Raises:
        NothingToEjectError: the plan has no container (the embedded engine).
        UnsealedPlanError: as `render_compose`.
    """
    if not any(isinstance(unit, ContainerUnit) for unit in plan.units):
        msg = "eject: the embedded engine runs no container, so there is no Compose project"
        raise NothingToEjectError(msg, hint="hearth settings set ENGINE=compose")
    plan = _without_runner(plan)
    rendered = render_compose(plan)
    document = compose_document(plan, mounted=f"./{MOUNTED}")
    document["services"] = {
        name: _without_ours(spec) for name, spec in document["services"].items()
    }
    files = {
        **rendered.files,
        COMPOSE_FILE: yaml_text(document, header=_HEADER),
        README: _readme(plan),
    }
    return replace(rendered, files=dict(sorted(files.items())))


def _without_runner(plan: Plan) -> Plan:
    """Leave the backup runner out: it reads a home, and the verbs that ask it are Hearth's."""
    return replace(plan, units=tuple(unit for unit in plan.units if unit.service != RUNNER))


def _without_ours(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Take Hearth's labels off, so that a Hearth on this machine does not count it as its own."""
    labels = {
        name: value for name, value in spec.get("labels", {}).items() if not name.startswith(_OURS)
    }
    kept = {name: value for name, value in spec.items() if name != "labels"}
    return {**kept, "labels": labels} if labels else kept


def _readme(plan: Plan) -> str:
    head = f"""\
# {plan.project}

A Compose project of its own. It needs Docker (20.10 or newer) with Compose (2.24 or newer) and
nothing else.

```sh
docker compose up -d
```

It uses the same volumes as the installation that it was written from, so all data is there. Take
that one down first: `hearth down`. Hearth's backup runner is not part of it.

- `{COMPOSE_FILE}`: every container. To update one, change its image and run the command again.
- `{ENVIRONMENT}`: secrets of images that read their environment, readable only by you.
- `{MOUNTED}/`: secrets of images that read files; the folder is closed to everybody else.
- `{CONFIGS}/`: files that containers mount.
"""
    return "\n".join((head, *_addresses(plan), *_builds(plan), *_volumes(plan)))


def _addresses(plan: Plan) -> Iterator[str]:
    if not plan.published:
        return
    yield "## Addresses"
    yield ""
    yield "| service | address | container |"
    yield "|---|---|---|"
    for port in sorted(plan.published, key=lambda port: port.host_port):
        yield f"| {port.service} | {port.bind}:{port.host_port} | {port.container}:{port.inner} |"
    yield ""


def _builds(plan: Plan) -> Iterator[str]:
    images = sorted(
        {unit.image for unit in plan.units if isinstance(unit, ContainerUnit) and unit.build}
    )
    if not images:
        return
    yield "## Images built here"
    yield ""
    yield "These come from no registry. They are on this machine; elsewhere they are built from the"
    yield "checkout that `build` in the Compose file names."
    yield ""
    yield from (f"- `{image}`" for image in images)
    yield ""


def _volumes(plan: Plan) -> Iterator[str]:
    if not plan.volumes:
        return
    yield "## Data"
    yield ""
    yield from (f"- `{spec['name']}`" for _name, spec in sorted(plan.volumes.items()))
    yield ""
