"""Which database each consumer gets, under which roles, with which secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hearth_control.catalog.model import Catalog, Need, Service
from hearth_control.plan.model import Database
from hearth_control.plan.names import database_key
from hearth_control.plan.place import Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How one service gets into a database: whose it is, and `(role name, secret key)`."""

    role: str
    owner: str
    name: str
    logins: tuple[tuple[str, str], ...]
    extensions: tuple[str, ...]


def asked(service: Service) -> Mapping[str, Need]:
    """Give everything that a service asks for, needed before wanted."""
    return {**service.wants, **service.needs}


def accesses(service: Service, catalog: Catalog) -> tuple[Access, ...]:
    """Find the databases of a service, its own and those that others share with it."""
    found = (
        _access(service, role, need=need, catalog=catalog) for role, need in asked(service).items()
    )
    return tuple(access for access in found if access is not None)


def databases(
    placed: Iterable[Placed], catalog: Catalog, serving: Mapping[str, Placed]
) -> tuple[Database, ...]:
    """List the databases that must be made, by provider and name.

    A provider that Hearth does not run makes its databases itself.
    """
    made = [
        Database(
            provider=provider.name,
            consumer=access.owner,
            name=access.name,
            roles=access.logins,
            extensions=access.extensions,
        )
        for consumer in placed
        if consumer.runs_here
        for access in accesses(consumer.service, catalog)
        if access.owner == consumer.name
        and (provider := serving.get(access.role)) is not None
        and provider.runs_here
    ]
    return tuple(sorted(made, key=lambda database: (database.provider, database.name)))


def _access(service: Service, role: str, *, need: Need, catalog: Catalog) -> Access | None:
    owner, held = service, need
    if need.share is not None:
        sharing = catalog.services.get(need.share)
        if sharing is None or role not in asked(sharing):
            return None
        owner, held = sharing, asked(sharing)[role]
    if held.database is None:
        return None
    return Access(
        role=role,
        owner=owner.name,
        name=held.database,
        logins=tuple(
            (login, database_key(owner.name, login)) for login in held.roles or (held.database,)
        ),
        extensions=held.extensions,
    )
