"""What is asked of a service before it comes from elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import catalog, plan, service, settings
from hearth_control.catalog.model import (
    Catalog,
    Need,
    Offer,
    SecretKind,
    SecretRule,
    Source,
    Sources,
    Variable,
)
from hearth_control.deploy.questions import Question, questions, secrets_wanted
from hearth_control.plan.wire import Stand
from hearth_control.settings.model import ServiceSettings
from hearth_kit.secret import Secret

pytestmark = pytest.mark.unit

KEY = "models_key"
AT = ServiceSettings(source=Source.EXTERNAL, url="https://models.example.org/api/v1/")


def world() -> Catalog:
    models = service(
        "models",
        offers={"llm": Offer(url="https://example.org/v1", secret="key", api="openai")},
        secrets={"key": SecretRule(kind=SecretKind.GIVEN, optional=True)},
        sources=Sources(external=True),
    )
    models = replace(models, containers=(), main="models")
    return catalog(models, service("chat", wants={"llm": Need()}))


def asked(*on: str, secrets: dict[str, Secret]) -> tuple[Question, ...]:
    said = settings(services={**dict.fromkeys(on, "container"), "models": AT})
    made = plan(world(), said=said)
    assert secrets_wanted("models", made, world()) == (KEY,)
    return questions("models", plan=made, catalog=world(), settings=said, secrets=secrets)


@pytest.mark.parametrize(
    ("on", "stand"), [(("chat",), Stand.CONTAINER), ((), Stand.PROCESS)], ids=["chat", "nobody"]
)
def test_models_are_asked_for_with_the_key(on: tuple[str, ...], stand: Stand) -> None:
    (question,) = asked(*on, secrets={KEY: Secret("value")})
    assert question.stand is stand
    assert question.request.url == "https://models.example.org:443/api/v1/models"
    assert (question.request.user, question.request.password) == ("", "value")
    assert question.secret == KEY


def test_models_are_asked_for_without_a_key() -> None:
    (question,) = asked(secrets={})
    assert question.request.password == ""
    assert question.request.url.endswith("/models")


def test_service_that_is_only_elsewhere_is_never_a_container() -> None:
    said = settings(preset="mine")
    made = plan(catalog(*world().services.values(), presets={"mine": ("models",)}), said=said)
    assert made.units == ()
    assert [(note.code, note.hint) for note in made.errors] == [
        ("source-impossible", "hearth settings set MODELS_URL=https://example.org")
    ]


def test_an_object_store_is_asked_by_a_signature_of_its_account() -> None:
    store = service(
        "store",
        offers={"s3": Offer(url="http://store:8333", user="${STORE_ACCESS_KEY}", secret="key")},
        secrets={"key": SecretRule(kind=SecretKind.GIVEN)},
        variables={"STORE_ACCESS_KEY": Variable(default="hearth", about="x")},
        sources=Sources(external=True),
    )
    known = catalog(store, service("app", needs={"s3": Need()}))
    at = ServiceSettings(source=Source.EXTERNAL, url="https://s3.example.org")
    for on in (("app",), ()):
        said = settings(
            services={**dict.fromkeys(on, "container"), "store": at},
            variables={"STORE_ACCESS_KEY": "mine"},
        )
        (question,) = questions(
            "store",
            plan=plan(known, said=said),
            catalog=known,
            settings=said,
            secrets={"store_key": Secret("value")},
        )
        asked = question.request
        assert (asked.protocol, asked.user, asked.password) == ("s3", "mine", "value")


@pytest.mark.parametrize(("scheme", "believed"), [("https", "PEM"), ("http", "")])
def test_a_server_over_tls_is_believed_by_the_persons_authorities(
    scheme: str, believed: str
) -> None:
    at = replace(AT, url=f"{scheme}://models.lan/v1")
    said = settings(services={"models": at}, authorities="PEM")
    made = plan(world(), said=said)
    (question,) = questions("models", plan=made, catalog=world(), settings=said, secrets={})
    assert question.request.authorities == believed
