"""Which rule makes which secret, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hearth_control.catalog.model import Catalog, SecretRule
from hearth_control.plan.databases import accesses, asked
from hearth_control.plan.keys import LOGIN_RULE
from hearth_control.plan.names import secret_key
from hearth_control.plan.order import ordered


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How the secret behind a key is made; `parents` maps names in the rule to keys."""

    key: str
    service: str
    rule: SecretRule
    parents: Mapping[str, str]

    @property
    def parent(self) -> tuple[str, str] | None:
        """Give the name and the key of what it is derived from, if it is derived."""
        name = self.rule.parent
        return (name, self.parents[name]) if name is not None and name in self.parents else None


def recipes(catalog: Catalog) -> dict[str, Recipe]:
    """Give the recipe of every secret that the catalog can ask for, by key."""
    found: dict[str, Recipe] = {}
    for service in catalog.services.values():
        keys = {name: secret_key(service.name, name) for name in service.secrets}
        for name, rule in service.secrets.items():
            found[keys[name]] = Recipe(
                key=keys[name], service=service.name, rule=rule, parents=keys
            )
        for role, need in asked(service).items():
            if need.bucket is not None:
                key = secret_key(service.name, role)
                found.setdefault(
                    key, Recipe(key=key, service=service.name, rule=LOGIN_RULE, parents={})
                )
        for access in accesses(service, catalog):
            for _login, key in access.logins:
                found.setdefault(
                    key, Recipe(key=key, service=access.owner, rule=LOGIN_RULE, parents={})
                )
    return found


def making_order(keys: Iterable[str], known: Mapping[str, Recipe]) -> tuple[str, ...]:
    """Sort keys so that a derived secret comes after what it is derived from."""
    parents = {key: [recipe.parent[1]] for key, recipe in known.items() if recipe.parent}
    return ordered(sorted(keys), parents)
