"""Files with secrets in them, for images that read files instead of their environment. Pure.

A file holds a bare secret, or the text of a service's `secret_files` with secrets filled in. The
engine lays it at `/run/secrets/`; neither the Compose file nor `docker inspect` has its content.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hearth_control.catalog.model import Service
from hearth_control.plan.interpolate import Resolver, Scope
from hearth_control.plan.model import SecretFile
from hearth_control.plan.names import (
    SECRETS_IN_CONTAINER,
    URL_FORM,
    secret_key,
    variable_name,
)

_REFERENCE: Final = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedFile:
    """A file that a service's containers may ask for, and the roles that are used by asking.

    `secrets` are the variables in its text.
    """

    file: SecretFile
    secrets: frozenset[str]
    roles: frozenset[str]


def offered_files(
    service: Service, scope: Scope, *, keys: Mapping[str, str], roles: Mapping[str, str]
) -> tuple[dict[str, OfferedFile], dict[str, str]]:
    """Give the files that a service may ask for by variable, and the empty paths of the others.

    `keys` maps variables to secret keys, `roles` variables to the roles that they stand for. A
    secret that is not there has no file, so that `${NAME_FILE}` is empty as `${NAME}` is.
    """
    found: dict[str, OfferedFile] = {}
    for name, key in keys.items():
        if name in scope.secrets:
            found[f"{name}_FILE"] = OfferedFile(
                file=secret_file(key),
                secrets=frozenset({variable_name(key)}),
                roles=frozenset({roles[name]} if name in roles else ()),
            )
    for name, text in service.secret_files.items():
        resolver = Resolver(scope)
        resolved = resolver.whole(text)
        key = secret_key(service.name, name)
        found[variable_name(service.name, name, "file")] = OfferedFile(
            file=SecretFile(name=key, target=f"{SECRETS_IN_CONTAINER}/{key}", text=resolved),
            secrets=frozenset(resolver.secrets),
            roles=frozenset(roles[one] for one in resolver.used if one in roles),
        )
    absent = {f"{name}_FILE": "" for name in keys if f"{name}_FILE" not in found}
    return found, absent


def secret_file(key: str) -> SecretFile:
    """Give the file of one bare secret."""
    target = f"{SECRETS_IN_CONTAINER}/{key}"
    return SecretFile(name=key, target=target, text=f"${{{variable_name(key)}}}")


def named_in(file: SecretFile) -> frozenset[str]:
    """Name the variables of the secrets that a file's text holds, in whichever form."""
    return frozenset(name.removesuffix(URL_FORM) for name in _REFERENCE.findall(file.text))
