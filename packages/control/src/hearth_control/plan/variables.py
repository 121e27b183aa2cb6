"""The variables that a service's file may use, filled in for where that service stands.

| variable | is |
|---|---|
| `<SERVICE>_<NAME>` | its own secret |
| `<SERVICE>_<NAME>_USER`, `_PASSWORD` | its own secret of the kind `pair` |
| `<ROLE>_URL _HOST _PORT _USER _PASSWORD _DATABASE _BUCKET` | a role's endpoint, empty if absent |
| `<ROLE>_NATIVE_URL`, `<ROLE>_OPENAI_URL` | its URL again, under the one that its provider speaks |
| `<ROLE>_TLS` | `true` where its URL is one of TLS, else empty |
| `<ROLE>_MODEL` | the model that its provider names for who chooses none |
| `<SERVICE>_DB_PASSWORD`, `<SERVICE>_DB_<ROLE>_PASSWORD` | its database roles' passwords |
| `<any of these secrets>_FILE` | path in the container of a file that holds it |
| `<SERVICE>_<NAME>_FILE` | path of one of its `secret_files` |
| `<SERVICE>_PORT`, `<SERVICE>_PUBLIC_URL` | its port on the host, what a browser uses |
| `<SERVICE>_<NAME>_PORT` | its further port of that name on the host |
| its `variables`, `DOMAIN TZ BIND BASE_PORT MODE PROJECT` | settings |
| `CA_FILE` | file on the host with authorities that servers elsewhere are believed by, or empty |
| `GATEWAY_BELIEVES` | networks whose word about a client a gateway may believe, by comma |
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from hearth_control.catalog.model import Offer, SecretKind
from hearth_control.plan.databases import Access, asked
from hearth_control.plan.interpolate import Scope
from hearth_control.plan.model import Bucket, Endpoint
from hearth_control.plan.names import secret_key, variable_name
from hearth_control.plan.outside import believed_networks
from hearth_control.plan.place import Placed
from hearth_control.plan.secret_files import OfferedFile, offered_files
from hearth_control.plan.wire import is_secure
from hearth_control.settings.model import Settings

SPOKEN = ("native_url", "openai_url", "model")
ROLE_PARTS = ("url", "host", "port", "user", "password", "database", "bucket", "tls", *SPOKEN)

PAIR_USER = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A role as one consumer has it."""

    role: str
    provider: Placed
    offer: Offer
    endpoint: Endpoint
    required: bool
    user: str = ""
    model: str = ""
    bucket: Bucket | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """One service's scope, the role that each role variable stands for, and its secret files.

    `files` maps the variable of a file's path to the file.
    """

    scope: Scope
    roles: Mapping[str, str]
    files: Mapping[str, OfferedFile] = field(default_factory=dict)


def namespace(
    placed: Placed,
    *,
    settings: Settings,
    reached: Mapping[str, Reached],
    accesses: tuple[Access, ...],
    known_secrets: AbstractSet[str],
    host_port: int | None,
    named_ports: Mapping[str, int],
    public_url: str | None,
) -> Namespace:
    """Collect what one service may use.

    `known_secrets` are the keys that exist or will be made; an optional secret that was never
    given is empty.
    """
    values = _globals(settings)
    keys: dict[str, str] = {}
    roles: dict[str, str] = {}
    for role in asked(placed.service):
        _add_role(role, reached.get(role), values=values, keys=keys, roles=roles)
    for access in accesses:
        logins: dict[str, str] = {}
        _add_access(access, values=values, keys=logins, roles=roles)
        if access.role in reached:
            keys.update(logins)
        else:
            values.update(dict.fromkeys((*logins, *_names_of(access)), ""))
    for name, rule in placed.service.secrets.items():
        keys[variable_name(placed.name, name)] = secret_key(placed.name, name)
        if rule.kind is SecretKind.PAIR:
            keys[variable_name(placed.name, name, "password")] = secret_key(placed.name, name)
            values[variable_name(placed.name, name, "user")] = rule.user or PAIR_USER
    for name, variable in placed.service.variables.items():
        values[name] = settings.variables.get(name, variable.default)
    for name, number in named_ports.items():
        values[variable_name(placed.name, name, "port")] = str(number)
    values[variable_name(placed.name, "port")] = str(host_port or "")
    values[variable_name(placed.name, "public_url")] = public_url or ""
    secrets = {name: variable_name(key) for name, key in keys.items() if key in known_secrets}
    empty = dict.fromkeys(keys.keys() - secrets.keys(), "")
    scope = Scope(values={**values, **empty}, secrets=secrets)
    files, absent = offered_files(placed.service, scope, keys=keys, roles=roles)
    return Namespace(
        scope=Scope(
            values={**absent, **scope.values},
            secrets=secrets,
            files={name: offered.file.target for name, offered in files.items()},
        ),
        roles=roles,
        files=files,
    )


def _globals(settings: Settings) -> dict[str, str]:
    return {
        "DOMAIN": settings.domain,
        "TZ": settings.timezone,
        "BIND": settings.bind,
        "BASE_PORT": str(settings.base_port),
        "MODE": settings.mode.value,
        "PROJECT": settings.project,
        "CA_FILE": settings.ca_file,
        "GATEWAY_BELIEVES": ",".join(believed_networks(settings) or ("127.0.0.1/32",)),
    }


def _add_role(
    role: str,
    reached: Reached | None,
    *,
    values: dict[str, str],
    keys: dict[str, str],
    roles: dict[str, str],
) -> None:
    names = {part: variable_name(role, part) for part in ROLE_PARTS}
    roles.update(dict.fromkeys(names.values(), role))
    values.update(dict.fromkeys(names.values(), ""))
    if reached is None:
        values[f"{names['password']}_FILE"] = ""
        return
    values[names["url"]] = reached.endpoint.url
    values[names["host"]] = reached.endpoint.host
    values[names["port"]] = str(reached.endpoint.port)
    values[names["user"]] = reached.user
    values[names["tls"]] = "true" if is_secure(reached.endpoint.url) else ""
    spoken = "openai_url" if reached.offer.api == "openai" else "native_url"
    values[names[spoken]] = reached.endpoint.url
    values[names["model"]] = reached.model
    bucket = reached.bucket
    values[names["bucket"]] = bucket.name if bucket else ""
    if bucket is not None and bucket.key is not None:
        values[names["user"]] = bucket.user or ""
        keys[names["password"]] = bucket.key
    elif reached.offer.secret is not None:
        keys[names["password"]] = secret_key(reached.provider.name, reached.offer.secret)


def _names_of(access: Access) -> tuple[str, str]:
    return variable_name(access.role, "user"), variable_name(access.role, "database")


def _add_access(
    access: Access, *, values: dict[str, str], keys: dict[str, str], roles: dict[str, str]
) -> None:
    """Add a database's passwords; they keep the name of the service that owns it."""
    first_login, first_key = access.logins[0]
    values.update(zip(_names_of(access), (first_login, access.name), strict=True))
    named = {
        variable_name(access.role, "password"): first_key,
        variable_name(access.owner, "db_password"): first_key,
    }
    for login, key in access.logins:
        named[variable_name(access.owner, "db", login, "password")] = key
    keys.update(named)
    roles.update(dict.fromkeys(named, access.role))
