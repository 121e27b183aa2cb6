"""The list of services for the lambda server: from the plan, and from nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from builders import (
    catalog,
    container,
    lambda_server,
    lambda_worker,
    n8n,
    ollama,
    plan,
    port,
    postgres,
    service,
    settings,
)
from hearth_control.catalog.model import Container, Need, Offer, Probe, Source, Sources
from hearth_control.plan.model import Plan
from hearth_control.render.compose import render_compose
from hearth_control.render.stack import BY_DESIGN, stack_files
from hearth_control.settings.model import EngineName, ServiceSettings

pytestmark = pytest.mark.unit

FILE = "configs/lambda-server/stack/stack.json"
KNOWN = catalog(postgres(), ollama(), lambda_server(), lambda_worker(), n8n())
ON = {"lambda-server": "container", "n8n": "container", "ollama": "container"}


def _listed(made: Plan) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in json.loads(stack_files(made)[FILE])["services"]}


def _probe_of_search(
    source: Source = Source.CONTAINER, *, url: str | None = None, **changes: Any
) -> object:
    """Say how a server that wants `search` asks who offers it on 8080."""
    search = service(
        "searxng",
        ports=(port(41, "searxng", 8080),),
        offers={"search": Offer(url="http://searxng:8080/api")},
        sources=Sources(localhost_port=8080, external=True),
        **changes,
    )
    server = service("lambda-server", "04-lambda", wants={"search": Need()})
    said = {"lambda-server": Source.CONTAINER, "searxng": ServiceSettings(source=source, url=url)}
    return _listed(plan(catalog(search, server), said=settings(services=said)))["searxng"]["probe"]


def _checked(test: object, **changes: Any) -> tuple[Container, ...]:
    return (container("searxng", spec={"healthcheck": {"test": test}}, **changes),)


def test_every_service_that_is_on_is_listed_as_the_server_reaches_it() -> None:
    made = plan(KNOWN, said=settings(services=ON))
    listed = _listed(made)
    assert list(listed) == [each.name for each in made.services]
    assert listed["lambda-server"]["probe"] == {"self": True}
    assert listed["postgres"]["title"] == "Postgres"
    assert listed["postgres"]["probe"] == {"tcp": ["postgres", 5432]}
    assert listed["ollama"]["probe"] == {"http": "http://ollama:11434/"}


def test_whom_the_server_declares_no_use_of_it_does_not_ask() -> None:
    listed = _listed(plan(KNOWN, said=settings(services=ON)))
    assert listed["n8n"] == {"name": "n8n", "title": "N8N", "probe": None, "reason": BY_DESIGN}


def test_path_is_what_the_services_own_check_asks() -> None:
    words = ["CMD", "wget", "-q", "http://127.0.0.1:9999/other", "http://127.0.0.1:8080/healthz"]
    asked = {"http": "http://searxng:8080/healthz"}
    assert _probe_of_search(containers=_checked(words)) == asked
    assert _probe_of_search(containers=_checked("curl http://localhost:8080/healthz")) == asked


def test_path_is_what_the_probe_from_outside_asks() -> None:
    probe = Probe(port=8080, http="/ready")
    asked = {"http": "http://searxng:8080/ready"}
    assert _probe_of_search(containers=_checked(["NONE"], probe=probe)) == asked


def test_program_of_this_host_is_asked_where_a_container_finds_it() -> None:
    assert _probe_of_search(Source.LOCALHOST) == {"http": "http://host.docker.internal:8080/"}


def test_password_of_an_address_elsewhere_is_left_out() -> None:
    probe = _probe_of_search(Source.EXTERNAL, url="https://ann:hunter2@search.example.org/s?key=x")
    assert probe == {"http": "https://search.example.org:443/"}


def test_processes_are_asked_on_this_machine() -> None:
    said = settings(
        services={"lambda-server": "embedded", "lambda-worker": "embedded"},
        engine=EngineName.EMBEDDED,
    )
    made = plan(catalog(postgres(), lambda_server(), lambda_worker()), said=said)
    listed = _listed(made)
    wire = next(each for each in made.wires if each.consumer == "lambda-server")
    assert listed["postgres"]["probe"] == {"tcp": ["127.0.0.1", wire.endpoint.port]}
    assert listed["lambda-worker"]["probe"] is None


def test_nothing_is_written_where_no_lambda_server_runs() -> None:
    assert stack_files(plan(KNOWN, said=settings(services={"n8n": "container"}))) == {}


def test_it_is_written_beside_the_compose_file() -> None:
    made = plan(KNOWN, said=settings(services=ON))
    assert render_compose(made).files[FILE] == stack_files(made)[FILE]
