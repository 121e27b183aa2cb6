"""What Compose does not say of a container: health, memory, powers, whose image it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hearth_control.catalog.adopt.images import find_store
from hearth_control.catalog.adopt.model import Problem, Work
from hearth_control.catalog.adopt.ports import exposed
from hearth_control.catalog.privilege import powers_of
from hearth_control.catalog.rules import is_floating
from hearth_control.catalog.units import parse_size, show_size

DEFAULT_LIMIT: Final = "1G"
_START: Final = "120s"
_ANSWERS: Final = (200, 204, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405)
"""Any answer of a program that is up; only a fault of its own (5xx) is none."""
_LOW: Final = 64 * 1024 * 1024


def settle_images(work: Work) -> None:
    """Take the images that were said, and refuse those that may change under the person."""
    for name, spec in work.services.items():
        old = next((old for old, new in work.renamed.items() if new == name), name)
        said = work.choices.images.get(old) or work.choices.images.get(name)
        if said is not None:
            spec["image"] = said
        image = str(spec.get("image") or "")
        where = f"services.{name}.image"
        if not image:
            if not any(one.about == old for one in work.problems):
                text = "names no image"
                option = f"--image {old}=IMAGE:VERSION"
                work.problems.append(
                    Problem(kind="image", where=where, text=text, about=old, option=option)
                )
        elif is_floating(image):
            text = f"`{image}` may be another program tomorrow; name a version"
            base = image.rpartition(":")[0] if ":" in image.rpartition("/")[2] else image
            option = f"--image {old}={base}:VERSION"
            work.problems.append(
                Problem(kind="image", where=where, text=text, about=old, option=option)
            )
    known = {*work.services, *work.renamed}
    for name in sorted(work.choices.images.keys() - known):
        names = ", ".join(f"`{one}`" for one in sorted(work.renamed or work.services))
        text = f"there is no container `{name}` in the file; it has {names}"
        work.problems.append(Problem(kind="image", where="--image", text=text))


def settle_health(work: Work) -> None:
    """Keep each health check, or ask from outside at a port that the container opens."""
    for name, spec in work.services.items():
        block = work.containers.setdefault(name, {})
        if block.get("job"):
            continue
        check = spec.get("healthcheck")
        if isinstance(check, Mapping) and check.get("test") and not _is_off(check):
            if "start_period" not in check:
                spec["healthcheck"] = {**check, "start_period": _START}
                where = f"services.{name}.healthcheck"
                work.guess(where, f"a first start may take {_START}")
            continue
        _ask_from_outside(work, name, spec, block)


def _ask_from_outside(work: Work, name: str, spec: dict[str, Any], block: dict[str, Any]) -> None:
    where = f"services.{name}.healthcheck"
    store = find_store(str(spec.get("image", "")))
    port = store.port if store else next(iter(exposed(spec)), None)
    if port is None:
        spec["healthcheck"] = {"disable": True, "start_period": "0s"}
        text = "it opens no port and has no check, so it counts as well while its process lives"
        work.warn(where, text)
        return
    spec.pop("healthcheck", None)
    if store is None and name == work.main and "port" in work.block:
        block["probe"] = {
            "port": port,
            "http": "/",
            "accept": list(_ANSWERS),
            "start": _START,
        }
        work.guess(where, f"well while `/` on {port} answers anything but a fault of its own")
    else:
        block["probe"] = {"port": port, "start": _START}
        work.guess(where, f"well while {port} accepts a connection")


def _is_off(check: Mapping[str, Any]) -> bool:
    return bool(check.get("disable")) or check.get("test") in (["NONE"], "NONE")


def settle_memory(work: Work) -> None:
    """Give each container a ceiling: as the file says, as is known of a store, else 1G."""
    for name, spec in work.services.items():
        block = work.containers.setdefault(name, {})
        store = find_store(str(spec.get("image", "")))
        said = block.pop("memory", None)
        limit = store.limit if store else work.choices.memory or DEFAULT_LIMIT
        where = f"x-hearth.containers.{name}.memory"
        try:
            ceiling = parse_size(str(said or limit))
        except ValueError as fault:
            work.problems.append(Problem(kind="file", where=where, text=str(fault)))
            continue
        usual = parse_size(store.typical) if store and not said else max(_LOW // 2, ceiling // 4)
        sizes = {"typical": show_size(min(usual, ceiling)), "limit": show_size(ceiling)}
        block["memory"] = sizes
        if not said and (store is not None or work.choices.memory is None):
            work.guess(where, f"may take {sizes['limit']}")


def settle_powers(work: Work) -> None:
    """Ask a reason for each power beyond the usual, and keep an unknown image runnable."""
    for name, spec in work.services.items():
        block = work.containers.setdefault(name, {})
        reasons: dict[str, str] = {}
        for key, exception in powers_of(spec):
            reason = work.choices.allow.get(exception)
            if reason:
                reasons[exception] = reason
                continue
            text = f"takes `{exception}`, which lets it reach beyond its container"
            option = f"--allow '{exception}=WHY'"
            where = f"services.{name}.{key}"
            work.problems.append(
                Problem(kind="power", where=where, text=text, about=exception, option=option)
            )
        reasons |= _capabilities(work, name, spec)
        if reasons:
            block["hardening"] = reasons
        if (
            find_store(str(spec.get("image", "")))
            and work.choices.egress
            and len(work.services) > 1
        ):
            block["egress"] = False


def _capabilities(work: Work, name: str, spec: Mapping[str, Any]) -> dict[str, str]:
    """Leave an image that begins as root what Docker gives every one, unless it is known."""
    user = str(spec.get("user", "")).partition(":")[0]
    if (user and user not in {"0", "root"}) or spec.get("cap_drop") or spec.get("privileged"):
        return {}
    store = find_store(str(spec.get("image", "")))
    if store is not None:
        because = "its entrypoint takes the data folder over and steps down from root"
        return {f"cap_add: {one}": because for one in store.capabilities}
    work.guess(
        f"x-hearth.containers.{name}.hardening",
        "keeps Docker's usual capabilities, as nobody looked into the image; take `cap_drop` out"
        " of the file to try it without",
    )
    return {"cap_drop: none": "the image was not looked into; it may begin as root and step down"}
