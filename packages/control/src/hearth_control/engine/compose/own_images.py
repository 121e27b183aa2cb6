"""Images that Hearth built and nobody uses any more, of which every update leaves one."""

from __future__ import annotations

from collections.abc import Iterable

from hearth_kit.errors import HearthError

from hearth_control.engine.compose.api import EngineAPI, Json
from hearth_control.plan.model import ContainerUnit, Plan
from hearth_control.plan.names import LABEL_BUILT


def try_remove_stale(api: EngineAPI, plan: Plan) -> tuple[str, ...]:
    """Remove the tags that `stale_tags` names; give those that went.

    What the engine does not let go of, or does not tell, stays: it costs disk and no more.
    """
    removed: list[str] = []
    try:
        for tag in stale_tags(api.images(), api.containers(), plan):
            api.remove_image(tag)
            removed.append(tag)
    except HearthError:
        return tuple(removed)
    return tuple(removed)


def stale_tags(images: Iterable[Json], containers: Iterable[Json], plan: Plan) -> tuple[str, ...]:
    """Name the tags to remove, in order. Pure.

    Of the repositories that the plan builds: those that bear Hearth's label, that no container of
    whatever project was made from, and that are neither the plan's own nor the newest beside it.
    """
    current = {unit.image for unit in plan.units if isinstance(unit, ContainerUnit) and unit.build}
    used = {str(one[key]) for one in containers for key in ("Image", "ImageID") if key in one}
    older: dict[str, list[tuple[int, str, str]]] = {}
    for image in images:
        if (image.get("Labels") or {}).get(LABEL_BUILT) != "true":
            continue
        for tag in image.get("RepoTags") or ():
            if tag not in current:
                found = (int(image.get("Created", 0)), str(tag), str(image.get("Id", "")))
                older.setdefault(_repository(tag), []).append(found)
    wanted = {_repository(tag) for tag in current}
    return tuple(
        sorted(
            tag
            for repository in wanted & older.keys()
            for _, tag, image_id in sorted(older[repository], reverse=True)[1:]
            if not {tag, image_id} & used
        )
    )


def _repository(tag: str) -> str:
    return tag.rpartition(":")[0]
