"""What the catalog's services are told of each other when they are on, and when they are not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from builders import ROOT, host, observed, settings
from hearth_control.catalog.load import find_catalog_root, load_catalog
from hearth_control.catalog.model import Catalog, Source
from hearth_control.plan.make import make_plan
from hearth_control.plan.model import ContainerUnit, Plan
from hearth_control.settings.model import ServiceSettings

pytestmark = pytest.mark.integration

CHAT = ("open-webui", "lambda-server", "lambda-worker")
TOKEN = "lambda-server_tools_token"  # a secret's key, not its value


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(find_catalog_root(), extra=None, cache=None)


def planned(
    catalog: Catalog,
    *names: str,
    have: tuple[str, ...] = (),
    elsewhere: Mapping[str, ServiceSettings] | None = None,
    **variables: str,
) -> Plan:
    services = {**dict.fromkeys(names, "container"), **(elsewhere or {})}
    said = settings(services=services, variables=variables)
    made = make_plan(
        catalog=catalog,
        settings=said,
        host=host(),
        observed=observed(),
        fingerprints=dict.fromkeys(have, "mark"),
        root=ROOT,
    )
    assert made.errors == ()
    return made


def environment(made: Plan, name: str) -> dict[str, str]:
    unit = made.unit(name)
    assert isinstance(unit, ContainerUnit)
    return dict(unit.spec["environment"])


def test_chat_uses_what_is_on(catalog: Catalog) -> None:
    made = planned(catalog, *CHAT, "speaches", "docling-serve", "comfyui")
    told = environment(made, "open-webui")
    assert told["AUDIO_STT_ENGINE"] == "openai"
    assert told["AUDIO_STT_OPENAI_API_BASE_URL"] == "http://speaches:8000/v1"
    assert told["AUDIO_STT_OPENAI_API_KEY"] == "${SPEACHES_API_KEY}"
    assert told["DOCLING_SERVER_URL"] == "http://docling-serve:5001"
    assert told["DOCLING_API_KEY"] == "${DOCLING_SERVE_API_KEY}"
    assert told["COMFYUI_BASE_URL"] == "http://comfyui:8188"
    assert told["ENABLE_IMAGE_GENERATION"] == "true"


def test_chat_alone_is_told_nothing(catalog: Catalog) -> None:
    told = environment(planned(catalog, "open-webui"), "open-webui")
    names = ("AUDIO_STT_ENGINE", "CONTENT_EXTRACTION_ENGINE", "ENABLE_IMAGE_GENERATION")
    assert [told[name] for name in names] == ["", "", ""]


def tool_server(made: Plan) -> dict[str, Any]:
    (server,) = json.loads(environment(made, "open-webui")["TOOL_SERVER_CONNECTIONS"])
    assert isinstance(server, dict)
    return server


def test_chat_has_tools_by_a_token_of_theirs(catalog: Catalog) -> None:
    made = planned(catalog, *CHAT)
    server = tool_server(made)
    assert server["config"]["enable"] is True
    assert server["url"] == "http://lambda-server:8000/mcp"
    assert (server["auth_type"], server["key"]) == ("bearer", "${LAMBDA_SERVER_TOOLS_TOKEN}")
    # The same secret reaches the server, which keeps its digest.
    for name in ("lambda-server", "lambda-migrate", "open-webui"):
        assert TOKEN in {use.key for use in made.unit(name).secrets}


def test_chat_without_server_has_no_tools(catalog: Catalog) -> None:
    server = tool_server(planned(catalog, "open-webui"))
    assert (server["url"], server["key"], server["config"]["enable"]) == ("", "", False)


@pytest.mark.parametrize("have", [(), (TOKEN,)], ids=["no-token", "token"])
def test_tools_elsewhere_need_a_token_of_theirs(have: tuple[str, ...], catalog: Catalog) -> None:
    elsewhere = ServiceSettings(source=Source.EXTERNAL, url="http://nas:8000/mcp")
    made = planned(catalog, "open-webui", have=have, elsewhere={"lambda-server": elsewhere})
    server = tool_server(made)
    assert server["config"]["enable"] is bool(have)
    assert server["key"] == ("${LAMBDA_SERVER_TOOLS_TOKEN}" if have else "")


@pytest.mark.parametrize(
    ("queue", "units", "mode"),
    [
        pytest.param("", ["n8n", "n8n-runners"], "regular", id="alone"),
        pytest.param(
            "queue",
            ["n8n", "n8n-runners", "n8n-worker", "n8n-worker-runners"],
            "queue",
            id="queue",
        ),
    ],
)
def test_workflows_in_a_queue(queue: str, units: list[str], mode: str, catalog: Catalog) -> None:
    made = planned(catalog, "n8n", N8N_QUEUE=queue)
    assert [unit.name for unit in made.units if unit.service == "n8n"] == units
    assert environment(made, "n8n")["EXECUTIONS_MODE"] == mode
    assert ("redis" in {each.name for each in made.services}) == bool(queue)


def test_traces_have_their_stores(catalog: Catalog) -> None:
    told = environment(planned(catalog, "langfuse"), "langfuse-worker")
    assert told["CLICKHOUSE_MIGRATION_URL"] == "clickhouse://clickhouse:9000"
    assert told["LANGFUSE_S3_EVENT_UPLOAD_SECRET_ACCESS_KEY"] == "${LANGFUSE_S3}"
    assert told["REDIS_AUTH"] == "${REDIS_PASSWORD}"


def test_traces_may_ask_the_models_next_door(catalog: Catalog) -> None:
    told = environment(planned(catalog, "langfuse", "ollama"), "langfuse-worker")
    assert told["LANGFUSE_LLM_CONNECTION_WHITELISTED_HOST"] == "ollama"


def test_probe_from_outside_waits_for_a_first_start(catalog: Catalog) -> None:
    unit = planned(catalog, "n8n").unit("n8n-runners")
    assert isinstance(unit, ContainerUnit)
    assert unit.start_seconds == 120


@pytest.mark.parametrize("service", ["consul", "neo4j"])
def test_first_process_may_stop_a_server_that_stepped_down(service: str, catalog: Catalog) -> None:
    """Their init stays root while the server runs as somebody else: without it no stop arrives."""
    unit = planned(catalog, service).unit(service)
    assert isinstance(unit, ContainerUnit)
    assert "KILL" in unit.spec["cap_add"]


@pytest.mark.parametrize(
    ("service", "target"),
    [
        ("n8n", "n8n:5678"),
        ("weaviate", "weaviate:2112"),
        ("seaweedfs", "seaweedfs:9324"),
        ("clickhouse", "clickhouse:9363"),
        ("infisical", "infisical:9464"),
        ("docling-serve", "docling-serve:5001"),
        ("libretranslate", "libretranslate:5000"),
    ],
)
def test_numbers_are_collected(service: str, target: str, catalog: Catalog) -> None:
    made = planned(catalog, service, "prometheus")
    assert (service, target) in {(one.service, one.address) for one in made.watch.targets}


ELSEWHERE = {
    "openai-api": ServiceSettings(source=Source.EXTERNAL, url="https://models.example.org/v1")
}


def test_models_elsewhere_reach_who_wants_them(catalog: Catalog) -> None:
    made = planned(
        catalog,
        *("open-webui", "anythingllm", "lambda-server"),
        have=("openai-api_key",),
        elsewhere=ELSEWHERE,
        OPENAI_API_MODEL="large",
    )
    chat = environment(made, "open-webui")
    assert (chat["ENABLE_OPENAI_API"], chat["ENABLE_OLLAMA_API"]) == ("true", "")
    assert chat["OPENAI_API_BASE_URL"] == "https://models.example.org/v1"
    assert (chat["OPENAI_API_KEY"], chat["DEFAULT_MODELS"]) == ("${OPENAI_API_KEY}", "large")
    other = environment(made, "anythingllm")
    assert (other["FIRST_PROVIDER"], other["OLLAMA_BASE_PATH"]) == ("generic-openai", "")
    assert other["GENERIC_OPEN_AI_MODEL_PREF"] == "large"
    embedder = environment(made, "lambda-server")["HEARTH_EMBEDDER_URL"]
    assert embedder == "https://models.example.org/v1"
    assert "openai-api" not in {unit.service for unit in made.units}


def test_models_here_speak_their_own_way(catalog: Catalog) -> None:
    made = planned(catalog, "open-webui", "anythingllm", "lambda-server", "ollama")
    chat = environment(made, "open-webui")
    assert (chat["OLLAMA_BASE_URL"], chat["OPENAI_API_BASE_URL"]) == ("http://ollama:11434", "")
    assert (chat["ENABLE_OLLAMA_API"], chat["ENABLE_OPENAI_API"]) == ("true", "")
    assert environment(made, "anythingllm")["FIRST_PROVIDER"] == "ollama"
    embedder = environment(made, "lambda-server")["HEARTH_EMBEDDER_URL"]
    assert embedder == "http://ollama:11434/v1"


@pytest.mark.parametrize(
    ("key", "value", "store", "address", "users"),
    [
        ("LAMBDA_VECTORS", "qdrant", "qdrant", "HEARTH_QDRANT_URL", CHAT[1:]),
        ("LAMBDA_VECTORS", "mongodb", "mongodb", "HEARTH_MONGODB_URL", CHAT[1:]),
        ("LAMBDA_GRAPH", "neo4j", "neo4j", "HEARTH_NEO4J_URL", CHAT[1:2]),
    ],
)
def test_choosing_a_store_turns_it_on(
    catalog: Catalog, key: str, value: str, store: str, address: str, users: tuple[str, ...]
) -> None:
    # Weaviate serves `vectors` too, and the lambda server does not speak with it.
    on = (*CHAT[1:], "weaviate")
    made = planned(catalog, *on, **{key: value})
    assert store in {each.name for each in made.services}
    for user in users:
        assert f"://{store}:" in environment(made, user)[address]
    # Where another was chosen, it may be on for somebody else; nothing of it is handed over.
    made = planned(catalog, *on, store)
    assert [wire.consumer for wire in made.wires if wire.provider in {store, "weaviate"}] == []
    assert {environment(made, user)[address] for user in users} == {""}
    assert store not in {each.name for each in planned(catalog, *on).services}


PROVIDERS = [
    ("llm", "open-webui", ("ollama", "openai-api")),
    ("vectors", "n8n", ("qdrant", "weaviate")),
    ("s3", "langfuse", ("seaweedfs", "supabase")),
    ("postgres", "n8n", ("postgres", "supabase")),
]


@pytest.mark.parametrize(("role", "consumer", "offering"), PROVIDERS, ids=str)
def test_provider_that_was_chosen_serves(
    catalog: Catalog, role: str, consumer: str, offering: tuple[str, ...]
) -> None:
    found = {}
    for provider in offering:
        on = {name: ServiceSettings(source=Source.CONTAINER) for name in (consumer, *offering)}
        made = make_plan(
            catalog=catalog,
            settings=settings(
                services={**on, **{n: one for n, one in ELSEWHERE.items() if n in on}},
                providers={role: provider},
            ),
            host=host(),
            observed=observed(),
            fingerprints={},
            root=ROOT,
        )
        (wire,) = [one for one in made.wires if (one.consumer, one.role) == (consumer, role)]
        assert wire.provider == provider
        found[provider] = wire.endpoint.url
    assert len(set(found.values())) == len(offering)


@pytest.mark.parametrize(
    ("role", "consumer", "provider", "key", "user"),
    [
        ("s3", "langfuse", "seaweedfs", "seaweedfs_secret_key", "AKIAMINE"),
        ("vectors", "n8n", "qdrant", "qdrant_api_key", ""),
    ],
)
def test_store_elsewhere_is_given_with_its_own_credentials(
    catalog: Catalog, role: str, consumer: str, provider: str, key: str, user: str
) -> None:
    elsewhere = {provider: ServiceSettings(source=Source.EXTERNAL, url="https://keep.example.org")}
    made = planned(
        catalog, consumer, have=(key,), elsewhere=elsewhere, SEAWEEDFS_ACCESS_KEY="AKIAMINE"
    )
    (wire,) = [one for one in made.wires if (one.consumer, one.role) == (consumer, role)]
    assert wire.endpoint.url == "https://keep.example.org"
    assert provider not in {unit.service for unit in made.units}
    assert key in made.secrets
    told = [value for unit in made.units for value in unit.spec.get("environment", {}).values()]
    assert not user or user in told
