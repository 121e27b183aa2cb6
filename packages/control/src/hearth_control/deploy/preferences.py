"""Reading and changing single settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hearth_control.deploy.errors import writing
from hearth_control.deploy.situation import load_choices, require_set_up
from hearth_control.deploy.world import World

if TYPE_CHECKING:
    from hearth_control.settings.explain import Explanation


def explain_key(world: World, key: str) -> Explanation:
    """Say what holds for a key and why.

    Raises:
        HearthError: the key is not known; the hint is the nearest one.
    """
    from hearth_control.settings.explain import explain

    _, settings = load_choices(world)
    return explain(settings, key)


def set_key(world: World, key: str, value: str | None) -> None:
    """Write one key, or take it out; nothing is written when the value is not valid.

    Raises:
        NotSetUpError: there is no `.env` to change.
        HearthError: the key is not known, or the value not valid.
    """
    from hearth_control.settings.edit import write_env

    require_set_up(world)
    if value is None:
        explain_key(world, key)
    else:
        world.load_settings(flags={key: value})
    with writing(world.home):
        write_env(world.home, {key: value})
