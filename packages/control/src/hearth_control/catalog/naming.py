"""Names that files give and names that they mention. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from hearth_control.catalog.findings import Finding
from hearth_control.catalog.model import Catalog, SecretKind, Service

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
_DERIVED: Final = frozenset({SecretKind.JWT, SecretKind.BCRYPT})


def check_names(catalog: Catalog) -> Iterator[Finding]:
    """Find services whose folder's name cannot be a name on networks and in variables."""
    for service in catalog.services.values():
        if not _NAME.fullmatch(service.name):
            what = f"`{service.name}` is no name; use small letters, digits and single hyphens"
            yield Finding(path=service.path, what=what)


def check_mentions(service: Service) -> Iterator[Finding]:
    """Find names of containers, secrets and volumes that the file mentions and does not have."""
    for where, what in (*_secrets(service), *_offers(service), *_places(service)):
        yield Finding(path=service.path, where=f"x-hearth.{where}", what=what)


def _secrets(service: Service) -> Iterator[tuple[str, str]]:
    for name, rule in service.secrets.items():
        if rule.kind in _DERIVED and rule.parent is None:
            yield f"secrets.{name}", f"kind `{rule.kind.value}` is derived; name its `parent`"
        if rule.parent is not None and rule.parent not in service.secrets:
            yield f"secrets.{name}.parent", f"there is no secret `{rule.parent}`"
        if name in service.secret_files:
            yield f"secret_files.{name}", "is the name of a secret too; call the file otherwise"
        if rule.rotate is not None and rule.rotate.container not in {None, *_own(service)}:
            yield (
                f"secrets.{name}.rotate.container",
                f"there is no container `{rule.rotate.container}`",
            )
        if rule.volume is not None and rule.volume not in service.volumes:
            yield f"secrets.{name}.volume", f"there is no volume `{rule.volume}`"


def _own(service: Service) -> frozenset[str]:
    return frozenset(container.name for container in service.containers)


def _offers(service: Service) -> Iterator[tuple[str, str]]:
    jobs = {container.name for container in service.containers if container.job}
    own = {container.name for container in service.containers}
    for role, offer in service.offers.items():
        if offer.secret is not None and offer.secret not in service.secrets:
            yield f"offers.{role}.secret", f"there is no secret `{offer.secret}`"
        if offer.provision is not None and offer.provision not in jobs:
            yield f"offers.{role}.provision", f"there is no job `{offer.provision}`"
        if offer.accounts is not None and offer.accounts not in own:
            yield f"offers.{role}.accounts", f"there is no container `{offer.accounts}`"
        asked = _VARIABLE.fullmatch(offer.user or "")
        if asked and asked[1] not in service.variables:
            yield f"offers.{role}.user", f"there is no variable `{asked[1]}`"


def _places(service: Service) -> Iterator[tuple[str, str]]:
    own = {container.name for container in service.containers}
    if service.route is not None and service.route.container not in {None, *own}:
        yield "route.container", f"there is no container `{service.route.container}`"
    for port in service.ports:
        if port.container not in own:
            yield "ports", f"there is no container `{port.container}`"
