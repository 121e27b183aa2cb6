"""Exchanging secrets with Infisical; the files of the home stay what everything runs on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hearth_control.deploy.rotate import Prepared, carry_out_changes, prepare
from hearth_control.deploy.situation import Situation, load_choices, look
from hearth_control.secrets.compare import (
    IDENTITY,
    Line,
    Sign,
    compare_pull,
    compare_push,
    exchanged,
    keys_with,
    remote_name,
)
from hearth_control.secrets.infisical_errors import (
    InfisicalAnswerError,
    InfisicalDeniedError,
    InfisicalDownError,
    InfisicalNotSetError,
)
from hearth_control.secrets.rotation import Way
from hearth_control.secrets.rules import recipes

if TYPE_CHECKING:
    from hearth_kit.secret import Secret

    from hearth_control.deploy.world import World
    from hearth_control.secrets.infisical import Infisical
    from hearth_control.settings.model import Settings

FROM_INFISICAL: Final = "infisical"
_KEYS: Final = ("INFISICAL_ADDRESS", "INFISICAL_PROJECT", "INFISICAL_CLIENT_ID")


def open_infisical(world: World, settings: Settings) -> Infisical:
    """Open the place that the settings name; nothing is asked yet.

    Raises:
        InfisicalNotSetError: a setting or the identity's secret is missing, or the address would
            carry secrets in the clear.
    """
    from hearth_control.secrets.infisical import Infisical, Place

    values = {key: _value(settings, key) for key in _KEYS}
    for key, value in values.items():
        if not value:
            msg = f"{key}: is not set, so Infisical cannot be asked"
            raise InfisicalNotSetError(msg, hint=f"hearth settings set {key} VALUE")
    address = values["INFISICAL_ADDRESS"].rstrip("/")
    _check_address(address)
    if world.secrets.made_at(IDENTITY) is None:
        msg = f"secrets/{IDENTITY}: is not there, so Infisical cannot be asked"
        raise InfisicalNotSetError(msg, hint=f"hearth secrets set {IDENTITY}")
    return Infisical(
        Place(
            address=address,
            project=values["INFISICAL_PROJECT"],
            environment=_value(settings, "INFISICAL_ENVIRONMENT") or "prod",
            path=_value(settings, "INFISICAL_PATH") or "/",
            client_id=values["INFISICAL_CLIENT_ID"],
            client_secret=world.secrets.load([IDENTITY])[IDENTITY],
        )
    )


def pull(world: World, *, dry_run: bool) -> tuple[tuple[Line, ...], Prepared | None]:
    """Take what Infisical has, as if the person had typed each value.

    Gives a line a secret, and what changed; None where nothing was to change.

    Raises:
        InfisicalDownError, InfisicalDeniedError, InfisicalAnswerError, InfisicalNotSetError:
            nothing was changed.
        as `carry_out_changes`.
    """
    situation = look(world)
    there = open_infisical(world, situation.settings).load()
    lines, prepared = _prepare_pull(world, situation, there)
    if prepared is not None and not dry_run:
        carry_out_changes(world, situation, prepared)
    return lines, prepared


def push(world: World, *, dry_run: bool) -> tuple[Line, ...]:
    """Give Infisical what is here; what it has besides stays.

    Raises: as `pull`; what was written before stays written.
    """
    catalog, settings = load_choices(world)
    known = recipes(catalog)
    infisical = open_infisical(world, settings)
    here = _here(world, exchanged(known))
    lines = compare_push(known, here, infisical.load())
    for line in lines if not dry_run else ():
        if line.sign is Sign.NEW:
            infisical.create(remote_name(line.key), here[line.key])
        elif line.sign is Sign.OTHER:
            infisical.change(remote_name(line.key), here[line.key])
    return lines


def try_refresh(world: World) -> str:
    """Pull before a deploy where the settings say so; give what the person should know of it.

    Whatever is wrong with Infisical, the deploy goes on with the files that are there. What a
    store would have to be told is left for `hearth secrets pull`.
    """
    _catalog, settings = load_choices(world)
    if _value(settings, "SECRETS_FROM") != FROM_INFISICAL:
        return ""
    try:
        situation = look(world)
        there = open_infisical(world, settings).load()
    except (
        InfisicalDownError,
        InfisicalDeniedError,
        InfisicalAnswerError,
        InfisicalNotSetError,
    ) as error:
        return f"{error.message}; going on with the secrets that are here"
    lines, prepared = _prepare_pull(world, situation, there)
    if prepared is not None:
        plain = tuple(change for change in prepared.changes if change.way is Way.FILE)
        carry_out_changes(world, situation, replace(prepared, changes=plain))
    waiting = [line.key for line in lines if line.sign is Sign.REFUSED]
    waiting += [c.recipe.key for c in (prepared.changes if prepared else ()) if c.way is Way.STORE]
    names = ", ".join(f"`{key}`" for key in waiting)
    return (
        f"Infisical has other values of {names}; see hearth secrets pull --dry-run" if names else ""
    )


def _prepare_pull(
    world: World, situation: Situation, there: Mapping[str, Secret]
) -> tuple[tuple[Line, ...], Prepared | None]:
    known = recipes(situation.catalog)
    here = _here(world, exchanged(known))
    lines = compare_pull(known, here, there)
    wanted = keys_with(lines, Sign.NEW, Sign.OTHER)
    if not wanted:
        return lines, None
    given = {key: there[remote_name(key)] for key in wanted}
    prepared = prepare(world, situation, wanted, given=given)
    refused = {verdict.key: verdict.why for verdict in prepared.refused}
    lines = tuple(
        Line(key=line.key, sign=Sign.REFUSED, why=refused[line.key])
        if line.key in refused
        else line
        for line in lines
    )
    return lines, prepared if prepared.changes else None


def _here(world: World, keys: tuple[str, ...]) -> Mapping[str, Secret]:
    there = frozenset(world.secrets.keys())
    return world.secrets.load([key for key in keys if key in there])


def _value(settings: Settings, key: str) -> str:
    origin = settings.origins.get(key)
    return origin.value if origin else ""


def _check_address(address: str) -> None:
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        return
    if parts.scheme == "http" and _is_near(host):
        return
    msg = f"INFISICAL_ADDRESS: `{address}` would carry secrets in the clear; it must be https"
    hint = f"hearth settings set INFISICAL_ADDRESS https://{host or 'HOST'}"
    raise InfisicalNotSetError(msg, hint=hint)


def _is_near(host: str) -> bool:
    """Whether a host is this machine or one of its own network."""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return ip_address(host).is_private
    except ValueError:
        return False
