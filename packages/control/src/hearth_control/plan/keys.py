"""Which secrets a plan needs, and which of them nobody can make but the person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hearth_control.catalog.model import Catalog, SecretKind, SecretRule
from hearth_control.engine.observed import Observed
from hearth_control.plan.buckets import buckets
from hearth_control.plan.databases import accesses
from hearth_control.plan.model import Note, Severity
from hearth_control.plan.names import secret_key, volume_name
from hearth_control.plan.place import Placed

LOGIN_RULE = SecretRule(kind=SecretKind.PASSWORD, length=32, change="free")
"""How a database role's password is made; provisioning sets it anew at each change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A secret that must exist before apply: its rule and the service whose it is."""

    key: str
    service: str
    rule: SecretRule


def wanted_secrets(
    placed: Iterable[Placed],
    catalog: Catalog,
    *,
    serving: Mapping[str, Placed],
    have: Iterable[str],
) -> dict[str, Wanted]:
    """Collect the secrets of everything that runs here, and those of providers elsewhere.

    An optional secret counts only where it is there.
    """
    there = frozenset(have)
    found = dict[str, Wanted]()
    for item in placed:
        if item.runs_here:
            for wanted in _of_service(item, catalog, serving):
                if not wanted.rule.optional or wanted.key in there:
                    found[wanted.key] = wanted
    for role, provider in serving.items():
        offered = provider.service.offers[role].secret
        rule = provider.service.secrets.get(offered or "")
        if offered and rule and not provider.runs_here:
            key = secret_key(provider.name, offered)
            # A server elsewhere makes tokens in its pages; without one, its consumers do without.
            optional = rule.optional or rule.kind is SecretKind.TOKEN
            given = SecretRule(kind=SecretKind.GIVEN, optional=optional)
            if key in there or not optional:
                found[key] = Wanted(key=key, service=provider.name, rule=given)
    return dict(sorted(found.items()))


def ungiven(wanted: Mapping[str, Wanted], have: Iterable[str]) -> Iterator[Note]:
    """Name secrets that only the person has and that are not there."""
    there = frozenset(have)
    for key, secret in wanted.items():
        if secret.rule.kind is SecretKind.GIVEN and key not in there:
            yield Note(
                code="secret-not-given",
                severity=Severity.ERROR,
                text=f"{secret.service}: the secret `{key}` comes from you and is not there",
                service=secret.service,
                hint=f"hearth secrets set {key}",
            )


def welcome(
    placed: Iterable[Placed], have: Iterable[str], serving: Mapping[str, Placed]
) -> Iterator[Note]:
    """Name optional secrets that are not there, of services that would use a role by them."""
    there = frozenset(have)
    for item in placed:
        for name, rule in item.service.secrets.items():
            key = secret_key(item.name, name)
            if item.runs_here and rule.optional and rule.role in serving and key not in there:
                yield Note(
                    code="secret-welcome",
                    severity=Severity.INFO,
                    text=f"{item.name}: {rule.about}; the secret `{key}` comes from you",
                    service=item.name,
                    hint=f"hearth secrets set {key}",
                )


def lost(
    wanted: Mapping[str, Wanted],
    have: Iterable[str],
    placed: Iterable[Placed],
    *,
    observed: Observed,
    project: str,
) -> Iterator[Note]:
    """Refuse to make a secret anew that data on this machine was made with.

    A new one would leave the data unreadable, or the store would refuse it.
    """
    there = frozenset(have)
    volumes = {item.name: tuple(item.service.volumes) for item in placed}
    known = {name.removeprefix(volume_name(project, "")) for name in observed.volumes}
    for key, secret in wanted.items():
        if key in there or secret.rule.change == "free" or secret.rule.kind is SecretKind.GIVEN:
            continue
        named = (secret.rule.volume,) if secret.rule.volume else volumes.get(secret.service, ())
        data = next((name for name in named if name in known), None)
        if data is not None:
            yield Note(
                code="secret-lost",
                severity=Severity.ERROR,
                text=f"{secret.service}: the secret `{key}` is gone, and the data in `{data}` was"
                " made with it; put it back",
                service=secret.service,
                hint=f"hearth secrets set {key}",
            )


def _of_service(
    placed: Placed, catalog: Catalog, serving: Mapping[str, Placed]
) -> Iterator[Wanted]:
    for name, rule in placed.service.secrets.items():
        yield Wanted(key=secret_key(placed.name, name), service=placed.name, rule=rule)
    for bucket in buckets([placed], catalog, serving):
        if bucket.key is not None:
            yield Wanted(key=bucket.key, service=placed.name, rule=LOGIN_RULE)
    for access in accesses(placed.service, catalog):
        for _login, key in access.logins if access.role in serving else ():
            yield Wanted(key=key, service=access.owner, rule=LOGIN_RULE)
