"""A Compose file to a service of the catalog, with everything that was worked out on the way. Pure.

1. fill    what the file's variables mean     5. ports    the main container, offsets, route
2. keys    what Hearth says itself            6. storage  volumes, folders, files, recipes
3. names   beside all other services          7. fit      images, health, memory, powers
4. stores  roles in place of hosts            8. secrets, then the `x-hearth` block

The result is held to the catalog's own parser and rules by whoever writes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from hearth_control.catalog.adopt.fill import fill_in, sample_names
from hearth_control.catalog.adopt.fit import (
    settle_health,
    settle_images,
    settle_memory,
    settle_powers,
)
from hearth_control.catalog.adopt.images import home_page
from hearth_control.catalog.adopt.keys import settle_keys
from hearth_control.catalog.adopt.model import Adoption, Choices, Given, Problem, Work
from hearth_control.catalog.adopt.names import check_name, guess_name, rename, rename_hosts
from hearth_control.catalog.adopt.ports import settle_ports
from hearth_control.catalog.adopt.secret import prune, settle_secrets, tie_secrets
from hearth_control.catalog.adopt.shapes import env_files_of
from hearth_control.catalog.adopt.storage import mounted_paths, settle_storage
from hearth_control.catalog.adopt.stores import leave_roles
from hearth_control.catalog.model import Catalog

_STEPS = (
    fill_in,
    rename,
    settle_keys,
    leave_roles,
    settle_ports,
    settle_storage,
    settle_images,
    settle_health,
    settle_memory,
    settle_powers,
    settle_secrets,
    rename_hosts,
    tie_secrets,
    prune,
)


def adopt(given: Given, choices: Choices, catalog: Catalog) -> Adoption:
    """Work out a service. What is missing or refused is in `problems`; nothing is raised."""
    services = given.tree["services"]
    volumes = given.tree.get("volumes")
    work = Work(
        name=choices.name or guess_name(given, catalog),
        given=given,
        choices=choices,
        catalog=catalog,
        services={str(name): deepcopy(dict(spec or {})) for name, spec in services.items()},
        volumes=dict(volumes) if isinstance(volumes, Mapping) else {},
    )
    check_name(work)
    for step in _STEPS:
        step(work)
    return Adoption(
        name=work.name,
        services=work.services,
        volumes=work.volumes,
        block=_block(work),
        renamed=work.renamed,
        renamed_volumes=work.renamed_volumes,
        files=dict(sorted(work.files.items())),
        remarks=tuple(dict.fromkeys(work.remarks)),
        problems=tuple(dict.fromkeys(work.problems)),
        proposals=dict(sorted(work.proposals.items())),
        webs=work.webs,
    )


def mentioned(tree: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Name every path that the file mentions, as it stands once variables are filled in."""
    services = tree.get("services")
    paths = list(mounted_paths(_filled(tree, environment)))
    for spec in services.values() if isinstance(services, Mapping) else ():
        for path, _ in env_files_of(spec.get("env_file")) if isinstance(spec, Mapping) else ():
            paths += [path, *sample_names(path)]
    return tuple(dict.fromkeys(paths))


def check_shape(tree: Any) -> str | None:  # noqa: ANN401  # whatever YAML gave
    """Say why plain values are no Compose file; None if they are."""
    if not isinstance(tree, Mapping):
        return "should be a mapping with `services`"
    services = tree.get("services")
    if not isinstance(services, Mapping) or not services:
        return "has no `services`, so it is no Compose file"
    for name, spec in services.items():
        if not isinstance(spec, Mapping):
            return f"services.{name}: should be a mapping"
        for key, kinds in _SHAPES.items():
            if spec.get(key) is not None and not isinstance(spec[key], kinds):
                return f"services.{name}.{key}: is neither a list nor a mapping"
    return None


_SHAPES: Mapping[str, tuple[type, ...]] = {
    "environment": (dict, list),
    "ports": (list,),
    "volumes": (list,),
    "depends_on": (dict, list),
    "expose": (list,),
    "cap_add": (list,),
    "configs": (list,),
    "secrets": (list,),
}


def _filled(tree: Mapping[str, Any], environment: Mapping[str, str]) -> Mapping[str, Any]:
    work = Work(
        name="none",
        given=Given(shown="", folder="", text="", tree=tree, environment=environment),
        choices=Choices(),
        catalog=Catalog(services={}, presets={}),
        services={
            str(name): {"volumes": deepcopy(spec.get("volumes") or [])}
            for name, spec in tree["services"].items()
        },
    )
    fill_in(work)
    return {"services": work.services, "configs": tree.get("configs")}


def _block(work: Work) -> dict[str, Any]:
    """Put the `x-hearth` block together, in the order of the catalog's own files."""
    main = work.services.get(work.main, {})
    image = str(main.get("image", ""))
    choices = work.choices
    title = choices.title or work.name.replace("-", " ").title()
    block: dict[str, Any] = {
        "title": title,
        "summary": choices.summary or f"{title}, added by you",
        "home": home_page(image) if image else "https://hub.docker.com",
        "licence": "not stated",
        "stack": "03-apps",
    }
    block |= {key: work.block[key] for key in ("main", "port", "ports") if key in work.block}
    parts: dict[str, Any] = {
        "route": _route(work),
        "needs": _roles(work.needs),
        "wants": _roles(work.wants),
        "secrets": work.secrets,
        "variables": work.variables,
        "egress": choices.egress,
        **_containers(work),
        "backup": work.backup,
        "upgrade": {"formats": work.formats} if work.formats else None,
    }
    block |= {key: said for key, said in parts.items() if said}
    user = str(main.get("user", "")).partition(":")[0]
    return {**block, "uid": int(user)} if user.isdigit() else block


def _roles(asked: Mapping[str, Any]) -> dict[str, Any] | list[str]:
    return dict(sorted(asked.items())) if any(asked.values()) else sorted(asked)


def _containers(work: Work) -> dict[str, Any]:
    """Say what Compose cannot of each container; of a single one at the service itself."""
    said = {name: one for name, one in work.containers.items() if one and name in work.services}
    return said.get(work.main, {}) if len(work.services) == 1 else {"containers": said}


def _route(work: Work) -> dict[str, str] | str | None:
    if not work.choices.has_route or "port" not in work.block:
        return None
    holders = {
        service.route.name: service.name
        for service in work.catalog.services.values()
        if service.route is not None and service.name != work.name
    }
    name = work.choices.route or (f"my-{work.name}" if work.name in holders else work.name)
    if name in holders:
        text = f"`{name}` is the route of `{holders[name]}`"
        option = f"--route my-{name}"
        work.problems.append(Problem(kind="name", where="--route", text=text, option=option))
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", name):
        text = f"`{name}` is no label of a domain; use small letters, digits and hyphens"
        option = f"--route {work.name}"
        work.problems.append(Problem(kind="name", where="--route", text=text, option=option))
    if work.choices.access == "login":
        work.guess("x-hearth.route", f"{name}.DOMAIN, behind Hearth's sign-in")
        return name
    return {"name": name, "access": work.choices.access}
