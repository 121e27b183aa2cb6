"""Where one setting's value comes from, for `hearth settings explain`. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from hearth_kit.settings import nearest

from hearth_control.catalog.model import Catalog
from hearth_control.settings.errors import UnknownSettingError
from hearth_control.settings.keys import KeyInfo, known_keys
from hearth_control.settings.model import Settings
from hearth_control.settings.values import hide_credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One setting: the value that holds, where it came from, what it hides, what it means.

    `value` and `origin` are None where nobody has said anything; `info` is None where no catalog
    was at hand. Credentials in URLs are starred.
    """

    key: str
    value: str | None
    origin: str | None
    overrides: tuple[tuple[str, str], ...] = ()
    """Weaker `(origin, value)` pairs, strongest first."""
    info: KeyInfo | None = None


def explain(settings: Settings, key: str, *, catalog: Catalog | None = None) -> Explanation:
    """Explain one key; its case does not matter.

    Raises:
        UnknownSettingError: there is no such key; the hint names the nearest.
    """
    known = known_keys(catalog) if catalog is not None else {}
    name = key.upper()
    setting = settings.origins.get(name)
    if setting is None and name not in known:
        close = nearest(name, {*known, *settings.origins})
        raise UnknownSettingError(
            f"{key}: there is no such setting",
            hint=f"hearth settings explain {close}" if close else "hearth settings",
            details={"key": key, "nearest": close},
        )
    if setting is None:
        return Explanation(key=name, value=None, origin=None, info=known[name])
    return Explanation(
        key=name,
        value=hide_credentials(setting.value),
        origin=setting.origin,
        overrides=tuple((origin, hide_credentials(value)) for origin, value in setting.overrides),
        info=known.get(name),
    )
