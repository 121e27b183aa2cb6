"""Compose keys that Hearth says itself: what becomes of each in a file that is added. Pure.

`catalog.compose_keys` says for each what a service of the catalog writes instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from hearth_control.catalog.adopt.model import Problem, Work
from hearth_control.catalog.compose_keys import INSTEAD_SERVICE, INSTEAD_TOP, SERVICE_KEYS

_JOB_ENDS: Final = frozenset({"no", "on-failure", "false"})

Handle = Callable[[Work, str, dict[str, Any]], None]


def settle_keys(work: Work) -> None:
    """Take what Hearth says itself out of each container, and tell what it is now."""
    for key in sorted(work.given.tree.keys() - {"services", "volumes", "name", "x-hearth"}):
        if key in INSTEAD_TOP and key not in {"secrets", "configs", "version"}:
            work.change(key, _TOP.get(key, INSTEAD_TOP[key]))
    if "include" in work.given.tree:
        text = (
            "takes parts from other files; put them into one: docker compose config > compose.yaml"
        )
        work.problems.append(Problem(kind="file", where="include", text=text))
    jobs = _awaited_to_end(work)
    for name, spec in work.services.items():
        if name in jobs:
            work.containers.setdefault(name, {})["job"] = True
        for key, handle in _HANDLED:
            if key in spec:
                handle(work, name, spec)
        for key in [key for key in spec if key not in SERVICE_KEYS | {"ports"}]:
            del spec[key]
            if not key.startswith("x-"):
                work.warn(f"services.{name}.{key}", "is no key of Compose; it is left out")


def _drop(key: str, text: str = "") -> Handle:
    def handle(work: Work, name: str, spec: dict[str, Any]) -> None:
        del spec[key]
        if text:
            work.change(f"services.{name}.{key}", text)

    return handle


def _extends(work: Work, name: str, spec: dict[str, Any]) -> None:
    del spec["extends"]
    text = "takes parts of another container; write it out: docker compose config > compose.yaml"
    where = f"services.{name}.extends"
    work.problems.append(Problem(kind="file", where=where, text=text))


def _build(work: Work, name: str, spec: dict[str, Any]) -> None:
    del spec["build"]
    image = spec.get("image")
    if image:
        work.change(f"services.{name}.build", f"Hearth builds nothing of yours; it takes `{image}`")
        return
    old = next((old for old, new in work.renamed.items() if new == name), name)
    said = work.choices.images.get(old) or work.choices.images.get(name)
    if said:
        spec["image"] = said
        return
    tag = f"{work.name}:1"
    text = f"is built from source, which Hearth does not do; build it yourself as `{tag}`"
    option = f"--image {old}={tag}"
    where = f"services.{name}.build"
    work.problems.append(Problem(kind="build", where=where, text=text, about=old, option=option))


def _restart(work: Work, name: str, spec: dict[str, Any]) -> None:
    said = str(spec.pop("restart")).partition(":")[0].lower()
    if said in _JOB_ENDS and not work.containers.get(name, {}).get("job"):
        text = "runs until it is stopped, and is started again when it fails"
        work.change(f"services.{name}.restart", text)


def _mem_limit(work: Work, name: str, spec: dict[str, Any]) -> None:
    work.containers.setdefault(name, {})["memory"] = str(spec.pop("mem_limit"))


def _gpus(work: Work, name: str, spec: dict[str, Any]) -> None:
    spec.pop("gpus", None)
    _on_nvidia(work, name, f"services.{name}.gpus")


def _runtime(work: Work, name: str, spec: dict[str, Any]) -> None:
    if str(spec["runtime"]) == "nvidia":
        del spec["runtime"]
        _on_nvidia(work, name, f"services.{name}.runtime")


def _on_nvidia(work: Work, name: str, where: str) -> None:
    reservation = {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
    laid = {"deploy": {"resources": {"reservations": {"devices": [reservation]}}}}
    work.containers.setdefault(name, {})["variants"] = {"nvidia": {"spec": laid}}
    work.change(where, "is asked for where HARDWARE is nvidia, and left out elsewhere")


def _deploy(work: Work, name: str, spec: dict[str, Any]) -> None:
    """Take memory, processors and graphics cards out of `deploy`; the rest is a swarm's."""
    deploy = spec.pop("deploy")
    where = f"services.{name}.deploy"
    if not isinstance(deploy, Mapping):
        return
    resources = deploy.get("resources")
    resources = resources if isinstance(resources, Mapping) else {}
    limits = _mapping(resources.get("limits"))
    if limits.get("memory"):
        work.containers.setdefault(name, {})["memory"] = str(limits["memory"])
    if limits.get("cpus"):
        spec["cpus"] = limits["cpus"]
    if _mapping(resources.get("reservations")).get("devices"):
        _on_nvidia(work, name, where)
    others = sorted(set(deploy) - {"resources", "restart_policy"})
    if others:
        names = ", ".join(f"`{key}`" for key in others)
        work.change(where, f"{names} belong to a swarm and are left out")


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401  # whatever YAML gave
    return value if isinstance(value, Mapping) else {}


def _depends_on(work: Work, _name: str, spec: dict[str, Any]) -> None:
    """Leave out who is no container of the file."""
    asked = spec["depends_on"]
    if isinstance(asked, Mapping):
        known: Any = {one: said for one, said in asked.items() if one in work.services}
    else:
        known = [one for one in asked or () if one in work.services]
    if known:
        spec["depends_on"] = known
    else:
        del spec["depends_on"]


def _awaited_to_end(work: Work) -> set[str]:
    """Find the containers that another one waits for to end well."""
    return {
        one
        for spec in work.services.values()
        if isinstance(spec.get("depends_on"), Mapping)
        for one, said in spec["depends_on"].items()
        if isinstance(said, Mapping)
        and said.get("condition") == "service_completed_successfully"
        and one in work.services
    }


_TOP: Final[Mapping[str, str]] = {
    "networks": "left out: its containers see each other, the roles that it asks for, and no more",
}
_HANDLED: Final[tuple[tuple[str, Handle], ...]] = (
    ("extends", _extends),
    ("build", _build),
    ("container_name", _drop("container_name")),
    ("networks", _drop("networks")),
    ("links", _drop("links")),
    ("external_links", _drop("external_links", INSTEAD_SERVICE["external_links"])),
    ("profiles", _drop("profiles", "left out: all of its containers run while the service is on")),
    ("label_file", _drop("label_file", "left out, with the labels in it")),
    ("restart", _restart),
    ("mem_limit", _mem_limit),
    ("deploy", _deploy),
    ("gpus", _gpus),
    ("runtime", _runtime),
    ("scale", _drop("scale", "left out: one of it runs")),
    ("logging", _drop("logging", "left out: Hearth rotates every log")),
    ("pull_policy", _drop("pull_policy")),
    ("depends_on", _depends_on),
)
"""Key → what is done with it. `env_file` is read by `fill`, `ports` by `ports`."""
