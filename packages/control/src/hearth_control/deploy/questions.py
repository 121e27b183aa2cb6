"""What to ask before a service comes from elsewhere: pure, from the plan that would then hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from hearth_kit.secret import Secret

from hearth_control.catalog.model import Catalog, Offer, Service, Source
from hearth_control.engine.reach.said import Request
from hearth_control.engine.reach.targets import request_for
from hearth_control.plan.databases import accesses
from hearth_control.plan.model import Endpoint, Plan, Wire
from hearth_control.plan.names import secret_key
from hearth_control.plan.wire import LOOPBACK, Stand, endpoint_of
from hearth_control.plan.wiring import said_by
from hearth_control.settings.model import Settings

OBJECTS = "s3"
"""The role whose provider is asked by a signature, and so not as other HTTP servers are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing to ask, from where it is asked, and the secret whose value is tried."""

    stand: Stand
    request: Request
    secret: str | None = None


def questions(
    service: str,
    *,
    plan: Plan,
    catalog: Catalog,
    settings: Settings,
    secrets: Mapping[str, Secret],
) -> tuple[Question, ...]:
    """Ask as each consumer will: from where it stands, by the user and password it will use.

    `secrets` are those that exist. Without a consumer the host asks once.
    """
    wires = [wire for wire in plan.wires if wire.provider == service]
    found = [
        each
        for wire in wires
        for each in _of_wire(wire, plan=plan, catalog=catalog, settings=settings, secrets=secrets)
    ]
    if not wires:
        found = list(_alone(service, catalog, settings, secrets))
    return tuple(dict.fromkeys(_believing(each, settings.authorities) for each in found))


def _believing(question: Question, authorities: str) -> Question:
    """Have a question over TLS believe the person's own authorities, as the consumer will."""
    if not question.request.tls:
        return question
    return replace(question, request=question.request._replace(authorities=authorities))


def secrets_wanted(service: str, plan: Plan, catalog: Catalog) -> tuple[str, ...]:
    """Name the secrets whose values the consumers of a service will use."""
    wires = [wire for wire in plan.wires if wire.provider == service]
    offers = catalog.services[service].offers
    own = [
        secret_key(service, name)
        for wire in wires
        if (name := offers[wire.role].secret) is not None
    ]
    if not wires:
        own = [secret_key(service, each.secret) for each in offers.values() if each.secret]
    return tuple(dict.fromkeys([*own, *(key for w in wires for _, key in _logins(w, catalog))]))


def _of_wire(
    wire: Wire, *, plan: Plan, catalog: Catalog, settings: Settings, secrets: Mapping[str, Secret]
) -> Iterator[Question]:
    stand = _stand(wire, plan)
    tried = False
    for login, key in _logins(wire, catalog):
        if key in secrets:
            tried = True
            request = _request(wire.endpoint, login, secrets[key], wire.database or "")
            yield Question(stand=stand, request=request, secret=key)
    if tried:
        return
    provider = catalog.services[wire.provider]
    yield _unnamed(wire.endpoint, wire.role, provider, settings, stand=stand, secrets=secrets)


def _unnamed(
    endpoint: Endpoint,
    role: str,
    provider: Service,
    settings: Settings,
    *,
    stand: Stand,
    secrets: Mapping[str, Secret],
) -> Question:
    """Ask with the provider's own secret, if consumers use that, else with what the URL says."""
    offer = provider.offers[role]
    key = secret_key(provider.name, offer.secret) if offer.secret is not None else None
    endpoint = _asked_at(endpoint, offer)
    in_url = urlsplit(endpoint.url).password
    if key is None or key not in secrets or in_url or offer.provision:
        return Question(stand=stand, request=_request(endpoint), secret=None if in_url else key)
    request = _request(endpoint, said_by(provider, offer.user, settings), secrets[key])
    if role == OBJECTS:
        request = request._replace(protocol=OBJECTS)
    return Question(stand=stand, request=request, secret=key)


def _asked_at(endpoint: Endpoint, offer: Offer) -> Endpoint:
    """Ask where a key counts: the bare address of an OpenAI-compatible API is a 404 to anybody.

    Source: https://platform.openai.com/docs/api-reference/models/list (read 2026-11)
    """
    if offer.api != "openai":
        return endpoint
    parts = urlsplit(endpoint.url)
    return replace(endpoint, url=parts._replace(path=parts.path.rstrip("/") + "/models").geturl())


def _request(
    endpoint: Endpoint, user: str = "", secret: Secret | None = None, database: str = ""
) -> Request:
    return request_for(
        endpoint.url,
        host=endpoint.host,
        port=endpoint.port,
        user=user,
        password=secret.reveal() if secret else "",
        database=database,
    )


def _logins(wire: Wire, catalog: Catalog) -> tuple[tuple[str, str], ...]:
    consumer = catalog.services[wire.consumer]
    return tuple(
        login
        for access in accesses(consumer, catalog)
        if access.role == wire.role
        for login in access.logins
    )


def _stand(wire: Wire, plan: Plan) -> Stand:
    consumer = next(one for one in plan.services if one.name == wire.consumer)
    return Stand.CONTAINER if consumer.source is Source.CONTAINER else Stand.PROCESS


def _alone(
    service: str, catalog: Catalog, settings: Settings, secrets: Mapping[str, Secret]
) -> Iterator[Question]:
    said, known = settings.of(service), catalog.services[service]
    if said.source is Source.EXTERNAL and said.url:
        endpoint = endpoint_of(said.url)
    elif said.source is Source.LOCALHOST and (port := said.port or known.sources.localhost_port):
        offered = next((offer.url for offer in known.offers.values()), "http://localhost")
        url = urlsplit(offered)._replace(netloc=f"{LOOPBACK}:{port}").geturl()
        endpoint = Endpoint(url=url, host=LOOPBACK, port=port)
    else:
        return
    offers = known.offers.items()
    spoken = next((role for role, offer in offers if offer.api or role == OBJECTS), None)
    if spoken is not None:
        stand = Stand.PROCESS
        yield _unnamed(endpoint, spoken, known, settings, stand=stand, secrets=secrets)
        return
    yield Question(stand=Stand.PROCESS, request=_request(endpoint))
