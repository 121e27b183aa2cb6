"""Planner scripts: commands in, committed text out; `make accept` rewrites what comes out.

A line that begins with `> ` is a command, one with `#` a remark, anything else is output.

    > set KEY=VALUE …      what the person says in `.env`; `unset KEY` takes it back
    > host FIELD=VALUE …   the machine: memory, disk (GiB), port=NUMBER:OWNER, gpu=VENDOR:GiB
    > plan                 print the plan
    > apply                carry it out, on values
    > unit NAME FIELD=…    change what is there: state, exit_code, image, hash
    > lose KEY             a secret's file is gone
    > losers NAME          who loses what when a service goes
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from builders import GIB, HOME, ROOT, applied, change_unit, host, observed, small_catalog
from hearth_control.catalog.model import Catalog
from hearth_control.engine.observed import Observed, State
from hearth_control.host.model import Gpu, Host
from hearth_control.plan.lint import lint
from hearth_control.plan.make import make_plan
from hearth_control.plan.model import Plan
from hearth_control.plan.select import losers
from hearth_control.plan.show import show
from hearth_control.settings.merge import Given, merge_settings
from hearth_control.settings.model import EngineName, Settings

pytestmark = pytest.mark.unit

PLANS = Path(__file__).parents[2] / "plans"
ACCEPT = os.environ.get("HEARTH_ACCEPT") == "1"


@dataclass(slots=True, kw_only=True)
class Scene:
    """The world that a script plays in."""

    catalog: Catalog = field(default_factory=small_catalog)
    said: dict[str, str] = field(default_factory=lambda: {"PRESET": "none"})
    machine: Host = field(default_factory=host)
    seen: Observed = field(default_factory=observed)
    marks: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        given = Given(origin=".env", place=".env", values=self.said)
        merged = merge_settings([given], catalog=self.catalog, home=HOME, project="hearth")
        auto = merged.engine is EngineName.AUTO
        return replace(merged, engine=EngineName.COMPOSE) if auto else merged

    def make(self, marks: Mapping[str, str]) -> Plan:
        return make_plan(
            catalog=self.catalog,
            settings=self.settings,
            host=self.machine,
            observed=self.seen,
            fingerprints=marks,
            root=ROOT,
        )

    def plan(self) -> Plan:
        made = self.make(self.marks)
        assert lint(made) == ()
        return made

    def apply(self) -> None:
        """Do what `up` does: refuse, make secrets, plan again, carry out; data stays."""
        made = self.plan()
        assert made.errors == (), "a plan with errors is not carried out"
        self.marks |= {key: f"mark-{key}" for key in made.missing_secrets}
        after = applied(self.make(self.marks))
        images = {*self.seen.images, *after.images}
        volumes = {**self.seen.volumes, **after.volumes}
        self.seen = replace(after, images=tuple(sorted(images)), volumes=volumes)


def do_set(scene: Scene, *pairs: str) -> str:
    scene.said |= dict(pair.split("=", 1) for pair in pairs)
    return ""


def do_unset(scene: Scene, *keys: str) -> str:
    for key in keys:
        del scene.said[key]
    return ""


def do_host(scene: Scene, *pairs: str) -> str:
    for pair in pairs:
        name, value = pair.split("=", 1)
        scene.machine = HOST_FIELDS[name](scene.machine, value)
    return ""


def do_plan(scene: Scene) -> str:
    return show(scene.plan())


def do_apply(scene: Scene) -> str:
    scene.apply()
    return ""


def do_unit(scene: Scene, name: str, *pairs: str) -> str:
    for pair in pairs:
        key, value = pair.split("=", 1)
        changes = {"state": State, "exit_code": int, "image": str, "hash": str}
        scene.seen = change_unit(scene.seen, name, **{key: changes[key](value)})
    return ""


def do_lose(scene: Scene, key: str) -> str:
    del scene.marks[key]
    return ""


def do_losers(scene: Scene, name: str) -> str:
    lines = (
        f"{loss.service} loses {loss.role}"
        f" ({'cannot run without' if loss.required else 'can do without'})"
        for loss in losers(scene.catalog, scene.settings, name)
    )
    return "".join(f"{line}\n" for line in lines) or "nobody\n"


def add_port(machine: Host, value: str) -> Host:
    number, owner = value.split(":", 1)
    return replace(machine, listening={**machine.listening, int(number): owner})


def add_gpu(machine: Host, value: str) -> Host:
    vendor, size = value.split(":")
    card = Gpu(vendor=vendor, name=f"{vendor} card", vram=int(size) * GIB, usable=True)
    return replace(machine, gpus=(*machine.gpus, card))


HOST_FIELDS: Mapping[str, Callable[[Host, str], Host]] = {
    "memory": lambda machine, value: replace(machine, memory=int(value) * GIB),
    "disk": lambda machine, value: replace(machine, disk_free=int(value) * GIB),
    "port": add_port,
    "gpu": add_gpu,
}
COMMANDS: Mapping[str, Callable[..., str]] = {
    "set": do_set,
    "unset": do_unset,
    "host": do_host,
    "plan": do_plan,
    "apply": do_apply,
    "unit": do_unit,
    "lose": do_lose,
    "losers": do_losers,
}


def played(script: str) -> Iterator[str]:
    """Play a script and give it with what comes out now."""
    scene = Scene()
    for line in script.splitlines():
        if line.startswith("#"):
            yield f"\n{line}\n"
        elif line.startswith("> "):
            name, *words = line.removeprefix("> ").split()
            yield f"{line}\n"
            yield COMMANDS[name](scene, *words)


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.txt")), ids=lambda path: path.stem)
def test_script(path: Path) -> None:
    script = path.read_text()
    now = "".join(played(script)).lstrip("\n")
    if ACCEPT:
        path.write_text(now)
        return
    assert now == script, "run `make accept` and review the difference"


def test_scripts_are_there() -> None:
    assert len(list(PLANS.glob("*.txt"))) >= 8
