"""Who uses what of whom: `wire` applied to every service of the plan."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from hearth_control.catalog.model import Catalog, Offer, Service, Source
from hearth_control.plan.buckets import bucket_of
from hearth_control.plan.databases import Access, asked
from hearth_control.plan.model import Note, Severity, Wire
from hearth_control.plan.names import variable_name
from hearth_control.plan.place import Placed
from hearth_control.plan.ports import host_port
from hearth_control.plan.processes import main_process
from hearth_control.plan.variables import Reached
from hearth_control.plan.wire import Stand, endpoint_of, reach
from hearth_control.settings.model import Settings

_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")


def reached_roles(
    placed: Placed, serving: Mapping[str, Placed], settings: Settings, catalog: Catalog
) -> dict[str, Reached]:
    """Find each role that a service asks for, from where it stands; without those not there."""
    found: dict[str, Reached] = {}
    if not placed.runs_here:
        return found
    stand = Stand.CONTAINER if placed.source is Source.CONTAINER else Stand.PROCESS
    for role, need in asked(placed.service).items():
        provider = serving.get(role)
        if need.idle or provider is None or provider.name == placed.name:
            continue
        offer = provider.service.offers[role]
        endpoint = reach(
            provider.source,
            stand,
            offered=offer.url,
            host_port=host_port(provider, settings, endpoint_of(offer.url).port),
            url=provider.said.url,
        )
        if endpoint is not None:
            found[role] = Reached(
                role=role,
                provider=provider,
                offer=offer,
                endpoint=endpoint,
                required=role in placed.service.needs,
                user=said_by(provider.service, offer.user, settings),
                model=said_by(provider.service, offer.model, settings),
                bucket=bucket_of(placed.service, role, provider, catalog=catalog),
            )
    return found


def said_by(provider: Service, written: str | None, settings: Settings) -> str:
    """Give what an offer says; a variable of the provider stands for its value."""
    asked = _VARIABLE.fullmatch(written or "")
    if asked is None:
        return written or ""
    variable = provider.variables.get(asked[1])
    return settings.variables.get(asked[1], variable.default if variable else "")


def wires_of(
    placed: Placed, reached: Mapping[str, Reached], accesses: tuple[Access, ...]
) -> Iterator[Wire]:
    """Say each use of a role as a value of the plan."""
    names = {access.role: access.name for access in accesses}
    for role, use in sorted(reached.items()):
        yield Wire(
            consumer=placed.name,
            role=role,
            provider=use.provider.name,
            endpoint=use.endpoint,
            required=use.required,
            database=names.get(role),
        )


def server_unit(provider: Placed, offer: Offer) -> str:
    """Name the unit that serves an offer: the container in its URL, else the main one."""
    if provider.source is Source.EMBEDDED:
        return main_process(provider)
    host = urlsplit(offer.url).hostname
    names = {container.name for container in provider.service.containers}
    return host if host in names else provider.service.main


def wiring_notes(
    placed: Placed, reached: Mapping[str, Reached], accesses: tuple[Access, ...]
) -> Iterator[Note]:
    """Say what the person must know of providers that Hearth does not run."""
    for access in accesses:
        use = reached.get(access.role)
        if use is None or use.provider.runs_here or access.owner != placed.name:
            continue
        logins = ", ".join(f"`{login}`" for login, _key in access.logins)
        yield Note(
            code="database-elsewhere",
            severity=Severity.WARNING,
            text=f"{placed.name}: `{use.provider.name}` is not run by Hearth; it needs the database"
            f" `{access.name}` with the roles {logins}",
            service=placed.name,
            hint=f"hearth source {use.provider.name} container",
        )
    for _role, use in sorted(reached.items()):
        owned = use.bucket is not None and use.bucket.consumer == placed.name
        if use.bucket is not None and owned and not use.provider.runs_here:
            yield Note(
                code="bucket-elsewhere",
                severity=Severity.INFO,
                text=f"{placed.name}: `{use.provider.name}` is not run by Hearth; its account must"
                f" be allowed to use the bucket `{use.bucket.name}`, and to make it if it is not"
                " there",
                service=placed.name,
                hint=f"hearth source {use.provider.name} container",
            )
        if use.provider.source is Source.LOCALHOST and placed.source is Source.CONTAINER:
            yield Note(
                code="localhost-provider",
                severity=Severity.INFO,
                text=f"{placed.name}: reaches `{use.provider.name}` at `{use.endpoint.url}`;"
                " it must listen on more than 127.0.0.1",
                service=placed.name,
                hint=f"hearth settings explain {variable_name(use.provider.name, 'source')}",
            )
