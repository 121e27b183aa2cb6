"""What a service's file may use, for where the service stands."""

from __future__ import annotations

from typing import Any

import pytest
from builders import catalog, container, plan, port, postgres, qdrant, service, settings
from hearth_control.catalog.model import Need, Offer, SecretKind, SecretRule, Source, Variable
from hearth_control.plan.model import ContainerUnit, Plan
from hearth_control.settings.model import ServiceSettings

pytestmark = pytest.mark.unit


def asked(texts: dict[str, str], *others: Any, said: Any = None, **changes: Any) -> dict[str, str]:
    """Give an asker's environment once planned."""
    asker = service(
        "my-app", containers=(container("my-app", spec={"environment": texts}),), **changes
    )
    made = plan(
        catalog(asker, *others),
        said=said
        or settings(services={"my-app": "container", **dict.fromkeys(names(others), "container")}),
    )
    assert made.errors == ()
    return environment(made)


def names(services: tuple[Any, ...]) -> list[str]:
    return [each.name for each in services]


def environment(made: Plan) -> dict[str, str]:
    unit = made.unit("my-app")
    assert isinstance(unit, ContainerUnit)
    return dict(unit.spec["environment"])


def test_globals() -> None:
    said = settings(services={"my-app": "container"}, domain="example.org", timezone="Europe/Paris")
    texts = {
        name: f"${{{name}}}" for name in ("DOMAIN", "TZ", "BIND", "BASE_PORT", "MODE", "PROJECT")
    }
    assert asked(texts, said=said) == {
        "DOMAIN": "example.org",
        "TZ": "Europe/Paris",
        "BIND": "127.0.0.1",
        "BASE_PORT": "63000",
        "MODE": "private",
        "PROJECT": "hearth",
    }


def test_own_secret_and_port() -> None:
    texts = {"KEY": "${MY_APP_KEY}", "PORT": "${MY_APP_PORT}", "URL": "${MY_APP_PUBLIC_URL}"}
    secrets = {"key": SecretRule(kind=SecretKind.HEX)}
    assert asked(texts, secrets=secrets) == {"KEY": "${MY_APP_KEY}", "PORT": "", "URL": ""}


def test_port_of_a_name() -> None:
    ports = (port(7, "my-app", 80), port(9, "my-app", 81, name="live"))
    texts = {"PORT": "${MY_APP_PORT}", "LIVE": "${MY_APP_LIVE_PORT}"}
    assert asked(texts, ports=ports) == {"PORT": "63007", "LIVE": "63009"}


def test_pair_has_user() -> None:
    secrets = {"login": SecretRule(kind=SecretKind.PAIR, user="root")}
    texts = {"A": "${MY_APP_LOGIN_USER}:${MY_APP_LOGIN_PASSWORD}"}
    assert asked(texts, secrets=secrets) == {"A": "root:${MY_APP_LOGIN}"}


def test_optional_secret_is_empty() -> None:
    """Until the person gives it; then it is a secret like others."""
    rule = SecretRule(kind=SecretKind.GIVEN, optional=True)
    asker = service(
        "my-app", secrets={"token": rule}, spec={"environment": {"T": "${MY_APP_TOKEN:-none}"}}
    )
    said = settings(services={"my-app": "container"})
    without = plan(catalog(asker), said=said, fingerprints={})
    given = plan(catalog(asker), said=said, fingerprints={"my-app_token": "mark"})
    assert (environment(without), without.secrets) == ({"T": "none"}, ())
    assert (environment(given), given.secrets) == ({"T": "${MY_APP_TOKEN}"}, ("my-app_token",))


def test_variables_of_its_own() -> None:
    said = settings(services={"my-app": "container"}, variables={"MY_APP_LEVEL": "debug"})
    variables = {"MY_APP_LEVEL": Variable(default="info"), "MY_APP_SIZE": Variable(default="9")}
    texts = {"L": "${MY_APP_LEVEL}", "S": "${MY_APP_SIZE}"}
    assert asked(texts, said=said, variables=variables) == {"L": "debug", "S": "9"}


def test_role_with_secret() -> None:
    parts = ("URL", "HOST", "PORT", "USER", "PASSWORD", "DATABASE")
    texts = {part: f"${{VECTORS_{part}}}" for part in parts}
    assert asked(texts, qdrant(), needs={"vectors": Need()}) == {
        "URL": "http://qdrant:6333",
        "HOST": "qdrant",
        "PORT": "6333",
        "USER": "",
        "PASSWORD": "${QDRANT_API_KEY}",
        "DATABASE": "",
    }


def test_wanted_role_not_there() -> None:
    texts = {"URL": "${VECTORS_URL}", "PASSWORD": "${VECTORS_PASSWORD}"}
    assert asked(texts, wants={"vectors": Need()}) == {"URL": "", "PASSWORD": ""}


def test_database_roles() -> None:
    texts = {
        "OWNER": "${POSTGRES_USER}:${MY_APP_DB_PASSWORD}@${POSTGRES_DATABASE}",
        "ROLE": "${POSTGRES_PASSWORD}",
        "READER": "${MY_APP_DB_READER_PASSWORD}",
    }
    need = Need(database="mine", roles=("writer", "reader"))
    assert asked(texts, postgres(), needs={"postgres": need}) == {
        "OWNER": "writer:${MY_APP_DB_WRITER}@mine",
        "ROLE": "${MY_APP_DB_WRITER}",
        "READER": "${MY_APP_DB_READER}",
    }


def test_wanted_database_not_there() -> None:
    texts = {"A": "${POSTGRES_USER}${POSTGRES_DATABASE}${MY_APP_DB_PASSWORD}"}
    assert asked(texts, wants={"postgres": Need(database="mine")}) == {"A": ""}


def test_provider_does_not_leak() -> None:
    """A role's variables are for who declared it."""
    offering = service("other", offers={"moon": Offer(url="http://other:1")})
    asker = service("my-app", spec={"environment": {"A": "${MOON_URL}"}})
    made = plan(
        catalog(offering, asker),
        said=settings(services={"my-app": "container", "other": "container"}),
    )
    assert [note.code for note in made.errors] == ["bad-variable"]


def test_elsewhere_secret_is_given() -> None:
    said = settings(
        services={
            "my-app": "container",
            "qdrant": ServiceSettings(source=Source.EXTERNAL, url="https://q.example.org"),
        }
    )
    asker = service(
        "my-app",
        needs={"vectors": Need()},
        spec={"environment": {"KEY": "${VECTORS_PASSWORD}"}},
    )
    made = plan(catalog(asker, qdrant()), said=said, fingerprints={})
    assert [note.text for note in made.errors] == [
        "qdrant: the secret `qdrant_api_key` comes from you and is not there"
    ]
