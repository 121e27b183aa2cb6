"""Reading and changing single settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hearth_kit.errors import InvalidError

from hearth_control.deploy.errors import writing
from hearth_control.deploy.setup import set_up
from hearth_control.deploy.situation import load_choices, require_set_up
from hearth_control.deploy.world import World
from hearth_control.settings.errors import UnknownSettingError
from hearth_control.settings.model import Settings

if TYPE_CHECKING:
    from hearth_control.settings.explain import Explanation
    from hearth_control.settings.keys import KeyInfo


class WrongValueError(InvalidError):
    """The value is none that the setting takes."""

    code = "wrong-value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What holds, and every key there is."""

    settings: Settings
    keys: Mapping[str, KeyInfo]


def load_preferences(world: World) -> Preferences:
    """Read what holds and what could be set."""
    from hearth_control.settings.keys import known_keys

    catalog, settings = load_choices(world)
    return Preferences(settings=settings, keys=known_keys(catalog))


def explain_key(world: World, key: str) -> Explanation:
    """Say what holds for a key and why.

    Raises:
        UnknownSettingError: there is no such key; the hint is the nearest one.
    """
    from hearth_control.settings.explain import explain

    catalog, settings = load_choices(world)
    return explain(settings, key, catalog=catalog)


def set_key(world: World, key: str, value: str) -> str:
    """Write one key and give its name as it stands in `.env`, which is made if it is not there.

    Faults elsewhere in `.env` do not stand in the way: this may be the way to mend them.

    Raises:
        UnknownSettingError: there is no such key.
        WrongValueError: the value is none of the key's; nothing was written.
    """
    from hearth_control.settings.errors import SettingsError
    from hearth_control.settings.keys import AUTHORITIES, known_keys
    from hearth_control.settings.load import read_authorities
    from hearth_control.settings.values import check_value

    known = known_keys(world.load_catalog())
    name = key.upper()
    if name not in known:
        raise unknown_key(key, known)
    try:
        check_value(known[name], value)
        if name == AUTHORITIES:
            read_authorities(value)
    except (ValueError, SettingsError) as error:
        what = error.findings[0].what if isinstance(error, SettingsError) else error
        msg = f"{name}: {what}"
        raise WrongValueError(msg, hint=f"hearth settings explain {name}") from None
    set_up(world, {name: value})
    return name


def unset_key(world: World, key: str) -> str:
    """Take one key out of `.env`, also one that is not known, and give its name.

    Raises:
        NotSetUpError: there is no `.env` to change.
        UnknownSettingError: it is neither known nor in `.env`.
    """
    from hearth_control.settings.edit import write_env
    from hearth_control.settings.keys import known_keys
    from hearth_control.settings.load import load_env

    require_set_up(world)
    written = load_env(world.home).values
    known = known_keys(world.load_catalog())
    name = key if key in written else key.upper()
    if name not in written and name not in known:
        raise unknown_key(key, (*written, *known))
    with writing(world.home):
        write_env(world.home, {name: None})
    return name


def unknown_key(key: str, known: Iterable[str]) -> UnknownSettingError:
    """Say that there is no such setting, with the nearest that is."""
    from hearth_kit.settings import nearest

    near = nearest(key.upper(), known)
    return UnknownSettingError(
        f"{key}: there is no such setting",
        hint=f"hearth settings explain {near}" if near else "hearth settings list --all",
        details={"key": key, "nearest": near},
    )
