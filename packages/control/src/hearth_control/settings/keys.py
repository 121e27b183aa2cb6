"""Every key that a person may set: its default, meaning, unit and choices. Pure.

The one table; `merge` checks by it, the reference page and completion are made from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from hearth_control.catalog.model import Catalog, Hardware, Service, Source
from hearth_control.settings.model import AllowFrom, EngineName, Fit, Mode, Networks

DEFAULT_PRESET = "starter"
AUTHORITIES = "CA_FILE"
NO_PRESET = "none"
LAN_PARENT, LAN_SUBNET, LAN_GATEWAY, LAN_IP = (
    f"MACVLAN_{part}" for part in ("PARENT", "SUBNET", "GATEWAY", "IP")
)
"""Ends of the keys of a service that may have an address in the person's own network."""


class KeyKind(StrEnum):
    """How a key's text is read."""

    TEXT = "text"
    CHOICE = "choice"
    INTEGER = "integer"
    SIZE = "size"
    URL = "url"
    ADDRESS = "address"
    NETWORK = "network"
    DOMAIN = "domain"
    TIMEZONE = "timezone"
    PATH = "path"


class KeyPart(StrEnum):
    """What of the settings a key speaks of."""

    PLATFORM = "platform"
    PROVIDER = "provider"
    SOURCE = "source"
    URL = "url"
    PORT = "port"
    SCALE = "scale"
    MEMORY = "memory"
    VARIABLE = "variable"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """What one key means. `default` is as it would be written, empty where there is none.

    `service` is whose key it is and `role` which role it chooses the provider of; `least` and
    `most` bound integers.
    """

    key: str
    about: str
    kind: KeyKind = KeyKind.TEXT
    default: str = ""
    unit: str = ""
    choices: tuple[str, ...] = ()
    part: KeyPart = KeyPart.PLATFORM
    service: str | None = None
    role: str | None = None
    least: int = 0
    most: int = 65_535

    @property
    def doc(self) -> str:
        """Say what it is for; the reference page's words."""
        return self.about


def key_prefix(name: str) -> str:
    """Give the capitals that a service's or a role's keys begin with: `OPEN_WEBUI`."""
    return name.upper().replace("-", "_")


def known_keys(catalog: Catalog) -> Mapping[str, KeyInfo]:
    """Name every key, the platform's first, then each service's in catalog order."""
    found: dict[str, KeyInfo] = {}
    for info in (*_platform(catalog), *_providers(catalog)):
        found[info.key] = info
    for service in catalog.services.values():
        for info in (*_of_service(service), *_lan(service), *_variables(service)):
            found.setdefault(info.key, info)
    return MappingProxyType(found)


def _platform(catalog: Catalog) -> Iterator[KeyInfo]:
    yield KeyInfo(
        key="PRESET",
        about=f"Which set of services is on; `{NO_PRESET}`: only those that are turned on",
        kind=KeyKind.CHOICE,
        default=DEFAULT_PRESET if DEFAULT_PRESET in catalog.presets else "",
        choices=(*catalog.presets, NO_PRESET),
    )
    yield _choice("ENGINE", "What runs the services", EngineName, EngineName.AUTO)
    yield _choice("MODE", "Who can reach the platform from outside", Mode, Mode.PRIVATE)
    yield KeyInfo(
        key="BASE_PORT",
        about="Port that every service's offset is added to",
        kind=KeyKind.INTEGER,
        default="63000",
        least=1024,
        most=64_536,
    )
    yield KeyInfo(
        key="BIND",
        about="Address of this host that ports listen on",
        kind=KeyKind.ADDRESS,
        default="127.0.0.1",
    )
    yield KeyInfo(
        key="DOMAIN",
        about="Domain that the gateway serves each service's name below",
        kind=KeyKind.DOMAIN,
        default="localhost",
    )
    yield KeyInfo(
        key="TZ",
        about="Time zone of schedules and pages",
        kind=KeyKind.TIMEZONE,
        default="UTC",
    )
    yield KeyInfo(
        key="GATEWAY",
        about="What stands between the internet and the services",
        kind=KeyKind.CHOICE,
        default="caddy",
        choices=("caddy", "kong"),
    )
    yield _choice(
        "ALLOW_FROM", "Whose connections the gateway takes", AllowFrom, AllowFrom.ANYWHERE
    )
    yield KeyInfo(
        key="SECRETS_FROM",
        about="Where `up` looks for newer secrets first; without an answer the files here hold",
        kind=KeyKind.CHOICE,
        default="files",
        choices=("files", "infisical"),
    )
    yield KeyInfo(
        key="INFISICAL_ADDRESS",
        about="Address of the Infisical that secrets are exchanged with",
        kind=KeyKind.URL,
    )
    yield KeyInfo(key="INFISICAL_PROJECT", about="Id of the project there that holds the secrets")
    yield KeyInfo(
        key="INFISICAL_ENVIRONMENT", about="Slug of the environment there", default="prod"
    )
    yield KeyInfo(key="INFISICAL_PATH", about="Folder of the secrets there", default="/")
    yield KeyInfo(
        key="INFISICAL_CLIENT_ID",
        about="Client id of the machine identity; its secret is `infisical_client_secret`",
    )
    yield _choice("NETWORKS", "How containers are cut apart", Networks, Networks.SEGMENTED)
    yield KeyInfo(
        key="NETWORK_RANGE",
        about="Range that networks take their subnets from; empty: what this host does not route",
        kind=KeyKind.NETWORK,
    )
    yield KeyInfo(
        key=AUTHORITIES,
        about="File with certificates of authorities that servers elsewhere are believed by, too",
        kind=KeyKind.PATH,
    )
    yield KeyInfo(
        key="MODELS_HUB",
        about="Where `hearth models` fetches from; a mirror that serves the same paths will do",
        kind=KeyKind.URL,
        default="https://huggingface.co",
    )
    yield KeyInfo(
        key="HARDWARE",
        about="What models compute on",
        kind=KeyKind.CHOICE,
        default="auto",
        choices=("auto", *(kind.value for kind in Hardware)),
    )
    yield _choice("FIT", "What becomes of services that do not fit the machine", Fit, Fit.REFUSE)


def _choice(key: str, about: str, kind: type[StrEnum], default: StrEnum) -> KeyInfo:
    return KeyInfo(
        key=key,
        about=about,
        kind=KeyKind.CHOICE,
        default=default.value,
        choices=tuple(one.value for one in kind),
    )


def _providers(catalog: Catalog) -> Iterator[KeyInfo]:
    roles = {role for service in catalog.services.values() for role in service.offers}
    # Who serves `gateway` is said by `GATEWAY`: two keys could contradict each other.
    for role in sorted(roles - {"gateway"}):
        yield KeyInfo(
            key=f"{key_prefix(role)}_PROVIDER",
            about=f"Service that serves `{role}`, where several can",
            kind=KeyKind.CHOICE,
            choices=catalog.providers(role),
            part=KeyPart.PROVIDER,
            role=role,
        )


def _of_service(service: Service) -> Iterator[KeyInfo]:
    prefix, title = key_prefix(service.name), service.title
    yield KeyInfo(
        key=f"{prefix}_SOURCE",
        about=f"Where {title} comes from; `disabled` turns it off",
        kind=KeyKind.CHOICE,
        choices=tuple(source.value for source in sources_of(service)),
        part=KeyPart.SOURCE,
        service=service.name,
    )
    if service.sources.external:
        yield KeyInfo(
            key=f"{prefix}_URL",
            about=f"Address of {title} elsewhere, for source `external`",
            kind=KeyKind.URL,
            part=KeyPart.URL,
            service=service.name,
        )
    if service.ports or service.sources.localhost_port is not None:
        yield KeyInfo(
            key=f"{prefix}_PORT",
            about=f"Port of {title} on this host, instead of BASE_PORT and its offset",
            kind=KeyKind.INTEGER,
            least=1,
            part=KeyPart.PORT,
            service=service.name,
        )
    if service.stateless:
        yield KeyInfo(
            key=f"{prefix}_SCALE",
            about=f"How many of {title} run side by side",
            kind=KeyKind.INTEGER,
            default="1",
            least=1,
            most=64,
            part=KeyPart.SCALE,
            service=service.name,
        )
    yield KeyInfo(
        key=f"{prefix}_MEMORY",
        about=f"Memory that {title} may take at most, such as `2G`",
        kind=KeyKind.SIZE,
        unit="bytes, or K, M, G, T",
        part=KeyPart.MEMORY,
        service=service.name,
    )


_LAN_KEYS = (
    (LAN_PARENT, "Interface of this host that {0} joins your network by; empty: it does not", None),
    (LAN_SUBNET, "Your network, that {0} joins", KeyKind.NETWORK),
    (LAN_GATEWAY, "Router of the network that {0} joins", KeyKind.ADDRESS),
    (LAN_IP, "Address of {0} there, outside of what your router gives out", KeyKind.ADDRESS),
)


def _lan(service: Service) -> Iterator[KeyInfo]:
    for name, about, kind in _LAN_KEYS if service.lan else ():
        yield KeyInfo(
            key=f"{key_prefix(service.name)}_{name}",
            about=about.format(service.title),
            kind=kind or KeyKind.TEXT,
            part=KeyPart.VARIABLE,
            service=service.name,
        )


def _variables(service: Service) -> Iterator[KeyInfo]:
    for name, variable in service.variables.items():
        yield KeyInfo(
            key=name,
            about=variable.about,
            kind=KeyKind.CHOICE if variable.choices else KeyKind.TEXT,
            default=variable.default,
            choices=variable.choices,
            part=KeyPart.VARIABLE,
            service=service.name,
        )


def sources_of(service: Service) -> tuple[Source, ...]:
    """Name the sources that a service's file allows."""
    allowed = [Source.CONTAINER] if service.containers else []
    if service.sources.localhost_port is not None:
        allowed.append(Source.LOCALHOST)
    if service.sources.external:
        allowed.append(Source.EXTERNAL)
    if service.embedded is not None:
        allowed.append(Source.EMBEDDED)
    return (*allowed, Source.DISABLED)
