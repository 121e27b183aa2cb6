"""A small catalog as values, so that planner tests need no files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hearth_control.catalog.model import (
    Catalog,
    Container,
    Embedded,
    Hardware,
    Memory,
    Need,
    Offer,
    Port,
    Preset,
    Process,
    Route,
    SecretKind,
    SecretRule,
    Service,
    Source,
    Sources,
    Upgrade,
    Variable,
    Variant,
)
from hearth_control.engine.observed import Health, Observed, ObservedUnit, State
from hearth_control.host.model import Host
from hearth_control.plan.make import make_plan
from hearth_control.plan.model import ContainerUnit, Plan, Unit
from hearth_control.settings.model import EngineName, ServiceSettings, Settings

GIB = 1 << 30
MIB = 1 << 20
HOME = Path("/home/ann/.hearth")
ROOT = Path("/srv/hearth")
CHECK = {"test": ["CMD", "true"], "interval": "5s", "timeout": "3s", "retries": 3}


def container(name: str, **changes: Any) -> Container:
    """Build a container; `spec` is laid over an image and a health check."""
    spec = {"image": f"example/{name}:1.2.3", "healthcheck": CHECK, **changes.pop("spec", {})}
    given = {"memory": Memory(typical=200 * MIB, limit=512 * MIB), **changes}
    return Container(name=name, spec=spec, **given)


def service(name: str, stack: str = "03-apps", **changes: Any) -> Service:
    """Build a service of one container, unless `containers` says otherwise."""
    spec = changes.pop("spec", {})
    containers = changes.pop("containers", (container(name, spec=spec),))
    given: dict[str, Any] = {
        "title": name.title(),
        "summary": "a test service",
        "home": "https://example.org",
        "licence": "MIT",
        "path": f"catalog/{stack}/{name}/compose.yaml",
        "main": containers[0].name,
        **changes,
    }
    return Service(name=name, stack=stack, containers=tuple(containers), **given)


def port(offset: int, listener: str, inner: int, **changes: Any) -> Port:
    """Build a published port of a container."""
    return Port(offset=offset, container=listener, inner=inner, **changes)


def catalog(*services: Service, presets: Mapping[str, tuple[str, ...]] | None = None) -> Catalog:
    """Build a catalog in the order given."""
    return Catalog(
        services={each.name: each for each in services},
        presets={
            name: Preset(name=name, title=name.title(), summary="", services=members)
            for name, members in (presets or {}).items()
        },
    )


def postgres() -> Service:
    """Build the store that makes databases for others."""
    provision = container(
        "postgres-provision",
        job=True,
        spec={
            "command": ["psql", "-f", "/provision.sql"],
            "environment": {"PGHOST": "postgres", "PGPASSWORD": "${POSTGRES_ADMIN}"},
            "volumes": ["./provision.sql:/provision.sql:ro"],
            "depends_on": ["postgres"],
            "healthcheck": {"disable": True},
        },
    )
    main = container(
        "postgres",
        spec={
            "environment": {"POSTGRES_PASSWORD": "${POSTGRES_ADMIN}"},
            "volumes": ["postgres-data:/var/lib/postgresql/data"],
        },
    )
    return service(
        "postgres",
        "01-data",
        containers=(main, provision),
        ports=(port(10, "postgres", 5432),),
        offers={
            "postgres": Offer(
                url="postgresql://postgres:5432",
                user="postgres",
                secret="admin",
                provision="postgres-provision",
            )
        },
        secrets={"admin": SecretRule(kind=SecretKind.PASSWORD, change="initial")},
        volumes={"postgres-data": {}},
        configs={"provision.sql": "-- replaced when rendered\n"},
        upgrade=Upgrade(formats={"postgres-data": "17"}),
        sources=Sources(localhost_port=5432, external=True),
        embedded=Embedded(builtin="postgres"),
        disk=GIB,
    )


def ollama() -> Service:
    """Build a model server with hardware variants and a job."""
    main = container(
        "ollama",
        spec={"volumes": ["ollama-models:/root/.ollama"]},
        variants={
            Hardware.NVIDIA: Variant(spec={"devices": ["nvidia.com/gpu=all"]}, vram=6 * GIB),
            Hardware.AMD: Variant(image="example/ollama:1.2.3-rocm", vram=6 * GIB),
        },
        memory=Memory(typical=4 * GIB, limit=8 * GIB),
    )
    pull = container(
        "ollama-pull",
        job=True,
        spec={
            "command": ["pull", "${OLLAMA_MODEL}"],
            "depends_on": {"ollama": {"condition": "service_healthy"}},
        },
    )
    return service(
        "ollama",
        "02-compute",
        containers=(main, pull),
        ports=(port(30, "ollama", 11434),),
        offers={"llm": Offer(url="http://ollama:11434")},
        variables={"OLLAMA_MODEL": Variable(default="tiny")},
        volumes={"ollama-models": {}},
        sources=Sources(localhost_port=11434, external=True),
        egress=True,
    )


def n8n() -> Service:
    """Build an app with a database, a wanted role and a key."""
    return service(
        "n8n",
        ports=(port(42, "n8n", 5678),),
        route=Route(name="n8n", open_paths=("/webhook/*",)),
        needs={"postgres": Need(database="n8n")},
        wants={"llm": Need()},
        offers={"workflows": Offer(url="http://n8n:5678")},
        secrets={"encryption_key": SecretRule(kind=SecretKind.HEX, change="never")},
        volumes={"n8n-data": {}},
        egress=True,
        upgrade=Upgrade(stop_at=("1.0", "1.123", "2.0")),
        spec={
            "environment": {
                "DB_HOST": "${POSTGRES_HOST}",
                "DB_PASSWORD": "${N8N_DB_PASSWORD}",
                "KEY": "${N8N_ENCRYPTION_KEY}",
                "LLM": "${LLM_URL:-none}",
                "URL": "${N8N_PUBLIC_URL}",
            },
            "volumes": ["n8n-data:/home/node/.n8n"],
        },
    )


def lambda_server() -> Service:
    """Build the platform's own server, which runs embedded too."""
    url = "postgresql://hearth_app:${LAMBDA_SERVER_DB_HEARTH_APP_PASSWORD}@${POSTGRES_HOST}/hearth"
    return service(
        "lambda-server",
        "04-lambda",
        ports=(port(50, "lambda-server", 8000),),
        route=Route(name="app", access="own"),
        needs={
            "postgres": Need(
                database="hearth", roles=("hearth_owner", "hearth_app"), extensions=("vector",)
            )
        },
        wants={"llm": Need()},
        offers={"tools": Offer(url="http://lambda-server:8000/mcp")},
        stateless=True,
        spec={
            "build": {"context": "../../..", "dockerfile": "docker/lambda-server.Dockerfile"},
            "image": "hearth/lambda-server:0.1.0",
            "environment": {"HEARTH_DATABASE_URL": url},
        },
        embedded=Embedded(
            processes={
                "lambda-server": Process(
                    command=("{python}", "-m", "hearth_server", "serve"),
                    environment={"HEARTH_DATABASE_URL": url, "HEARTH_PORT": "{port}"},
                    before=(("{python}", "-m", "hearth_server", "migrate"),),
                    ready_http="/health/ready",
                )
            }
        ),
    )


def lambda_worker() -> Service:
    """Build the worker, which uses the server's database."""
    url = "postgresql://hearth_app:${LAMBDA_SERVER_DB_HEARTH_APP_PASSWORD}@${POSTGRES_HOST}/hearth"
    return service(
        "lambda-worker",
        "04-lambda",
        needs={"postgres": Need(share="lambda-server")},
        stateless=True,
        spec={"environment": {"HEARTH_DATABASE_URL": url}},
        embedded=Embedded(
            processes={
                "lambda-worker": Process(
                    command=("{python}", "-m", "hearth_server", "worker"),
                    environment={"HEARTH_DATABASE_URL": url},
                    ready_command=("{python}", "-m", "hearth_server", "worker", "--check"),
                )
            }
        ),
    )


def searxng() -> Service:
    """Build an app with a file of its own."""
    return service(
        "searxng",
        ports=(port(41, "searxng", 8080),),
        offers={"search": Offer(url="http://searxng:8080")},
        configs={"settings.yml": "use_default_settings: true\n"},
        egress=True,
        spec={"volumes": ["./settings.yml:/etc/searxng/settings.yml:ro"]},
    )


def caddy() -> Service:
    """Build the gateway."""
    return service(
        "caddy",
        "00-infrastructure",
        ports=(port(0, "caddy", 80), port(1, "caddy", 443, name="https")),
        configs={"Caddyfile": "# replaced when rendered\n"},
        spec={"volumes": ["./Caddyfile:/etc/caddy/Caddyfile:ro"], "cap_add": ["NET_BIND_SERVICE"]},
        egress=True,
    )


def qdrant() -> Service:
    """Build a store that nobody needs here."""
    return service(
        "qdrant",
        "01-data",
        ports=(port(12, "qdrant", 6333),),
        offers={"vectors": Offer(url="http://qdrant:6333", secret="api_key")},
        secrets={"api_key": SecretRule(kind=SecretKind.HEX)},
        volumes={"qdrant-data": {}},
        sources=Sources(external=True),
        spec={
            "environment": {"QDRANT__SERVICE__API_KEY": "${QDRANT_API_KEY}"},
            "volumes": ["qdrant-data:/qdrant/storage"],
        },
    )


STARTER = ("lambda-server", "lambda-worker", "ollama", "searxng")


def small_catalog() -> Catalog:
    """Build a catalog with one of each kind of relation."""
    return catalog(
        caddy(),
        postgres(),
        qdrant(),
        ollama(),
        n8n(),
        searxng(),
        lambda_server(),
        lambda_worker(),
        presets={"starter": STARTER},
    )


def settings(**changes: Any) -> Settings:
    """Build settings; `services` may map a name to a source."""
    services = {
        name: said if isinstance(said, ServiceSettings) else ServiceSettings(source=Source(said))
        for name, said in changes.pop("services", {}).items()
    }
    given = {"engine": EngineName.COMPOSE, "project": "hearth", "home": HOME, **changes}
    return Settings(services=services, **given)


def host(**changes: Any) -> Host:
    """Build a machine with room."""
    given: dict[str, Any] = {
        "system": "linux",
        "architecture": "x86_64",
        "cpus": 4,
        "memory": 32 * GIB,
        "memory_available": 24 * GIB,
        "disk_free": 200 * GIB,
        "routes": ("0.0.0.0/0", "192.168.1.0/24", "172.17.0.0/16"),
        **changes,
    }
    return Host(**given)


def observed(**changes: Any) -> Observed:
    """Build what is; nothing by default."""
    return Observed(**{"engine": "compose", **changes})


def plan(
    world: Catalog | None = None,
    *,
    said: Settings | None = None,
    machine: Host | None = None,
    seen: Observed | None = None,
    fingerprints: Mapping[str, str] | None = None,
) -> Plan:
    """Plan with every secret made, unless `fingerprints` says otherwise."""

    def once(marks: Mapping[str, str]) -> Plan:
        return make_plan(
            catalog=world or small_catalog(),
            settings=said or settings(preset="starter"),
            host=machine or host(),
            observed=seen or observed(),
            fingerprints=marks,
            root=ROOT,
        )

    if fingerprints is not None:
        return once(fingerprints)
    return once({key: f"mark-{key}" for key in once({}).secrets})


def running(unit: Unit, **changes: Any) -> ObservedUnit:
    """Build a unit as it is after a good apply."""
    given: dict[str, Any] = {
        "name": unit.name,
        "service": unit.service,
        "state": State.EXITED if unit.job else State.RUNNING,
        "health": Health.NONE if unit.job else Health.HEALTHY,
        "exit_code": 0 if unit.job else None,
        "hash": unit.hash,
        "image": unit.image if isinstance(unit, ContainerUnit) else "",
        "job": unit.job,
        **changes,
    }
    return ObservedUnit(**given)


def applied(made: Plan, **changes: Any) -> Observed:
    """Build what an engine holds once a plan was carried out."""
    return observed(
        units=tuple(running(unit) for unit in made.units),
        networks={net.name: net.subnet or "" for net in made.networks if not net.external},
        volumes={spec["name"]: spec["labels"] for spec in made.volumes.values()},
        images=tuple(unit.image for unit in made.units if isinstance(unit, ContainerUnit)),
        **changes,
    )


def change_unit(seen: Observed, name: str, **changes: Any) -> Observed:
    """Change one observed unit."""
    units = tuple(replace(one, **changes) if one.name == name else one for one in seen.units)
    return replace(seen, units=units)
