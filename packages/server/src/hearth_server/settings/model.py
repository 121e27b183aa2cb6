"""Every setting of the server: its key, its meaning, its unit and its default.

The one table; the reference page, `--help` and the check for unknown keys are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

from hearth_kit.secret import Secret

PREFIX: Final = "HEARTH_"
MEGABYTE: Final = 1000 * 1000


class EmbedderKind(StrEnum):
    """What turns text into vectors."""

    BUILTIN = "builtin"
    ONNX = "onnx"
    OPENAI = "openai"


class ObjectsKind(StrEnum):
    """Where originals are kept."""

    FOLDER = "folder"
    S3 = "s3"


class VectorsKind(StrEnum):
    """What finds the nearest vectors."""

    POSTGRES = "postgres"
    QDRANT = "qdrant"
    MONGODB = "mongodb"


class GraphKind(StrEnum):
    """Where each person's graph is kept."""

    POSTGRES = "postgres"
    NEO4J = "neo4j"


class FactsKind(StrEnum):
    """Which documents the language model reads for facts."""

    ASKED = "asked"
    ALL = "all"


def _doc(text: str, unit: str = "") -> dict[str, str]:
    return {"doc": text, "unit": unit}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one process runs with; a field's key is `HEARTH_` and its name in capitals."""

    database_url: Secret = field(
        metadata=_doc("Postgres, as the role that owns nothing and that row-level security binds")
    )
    database_owner_url: Secret | None = field(
        default=None, metadata=_doc("Postgres, as the role that owns the schema; for migrations")
    )
    database_admin_url: Secret | None = field(
        default=None,
        metadata=_doc("Postgres, as the role by which administrators look at others; empty: none"),
    )
    host: str = field(default="127.0.0.1", metadata=_doc("address to listen on"))
    port: int = field(default=8000, metadata=_doc("port to listen on; 0 takes a free one"))
    data_dir: Path = field(default=Path("data"), metadata=_doc("folder of originals and uploads"))
    stack_path: Path | None = field(
        default=None, metadata=_doc("file that lists the services of this installation")
    )
    public_url: str = field(
        default="", metadata=_doc("address that people open; empty means host and port")
    )
    allowed_hosts: tuple[str, ...] = field(
        default=("lambda-server",),
        metadata=_doc("further host names that agents reach /mcp by, separated by commas"),
    )
    log_level: Literal["debug", "info", "warning", "error"] = field(
        default="info", metadata=_doc("least severity that is logged")
    )
    log_format: Literal["json", "text"] = field(
        default="json", metadata=_doc("one JSON object a line, or text for a terminal")
    )
    upload_limit: int = field(
        default=500 * MEGABYTE, metadata=_doc("largest file that is taken in", "bytes")
    )
    session_lifetime: timedelta = field(
        default=timedelta(days=30), metadata=_doc("how long a sign-in holds", "seconds")
    )
    sign_in_link_lifetime: timedelta = field(
        default=timedelta(minutes=30), metadata=_doc("how long a sign-in link holds", "seconds")
    )
    embedder: EmbedderKind = field(
        default=EmbedderKind.BUILTIN, metadata=_doc("what turns text into vectors")
    )
    embedder_model_dir: Path | None = field(
        default=None, metadata=_doc("folder of the local embedding model (onnx)")
    )
    embedder_sha256: str = field(
        default="", metadata=_doc("checksum that the local embedding model must have (onnx)")
    )
    embedder_url: str = field(
        default="", metadata=_doc("base address of an OpenAI-compatible service (openai)")
    )
    embedder_model: str = field(
        default="", metadata=_doc("name of the embedding model at that service (openai)")
    )
    embedder_api_key: Secret | None = field(
        default=None, metadata=_doc("key for that service, where it wants one (openai)")
    )
    reranker_model_dir: Path | None = field(
        default=None,
        metadata=_doc("folder of the local cross-encoder that orders hits anew; empty: none"),
    )
    reranker_sha256: str = field(
        default="", metadata=_doc("checksum that the cross-encoder must have")
    )

    documents_url: str = field(
        default="", metadata=_doc("base address of a docling-serve; empty: light readers alone")
    )
    documents_api_key: Secret | None = field(
        default=None, metadata=_doc("key for it, where it wants one")
    )
    speech_url: str = field(
        default="",
        metadata=_doc("base address of an OpenAI-compatible service that writes down speech"),
    )
    speech_model: str = field(default="", metadata=_doc("name of the model at that service"))
    speech_api_key: Secret | None = field(
        default=None, metadata=_doc("key for that service, where it wants one")
    )

    youtube_url: str = field(
        default="https://www.youtube.com",
        metadata=_doc("where videos of YouTube are asked for; a relay where it refuses this host"),
    )

    llm_url: str = field(
        default="",
        metadata=_doc("base address of an OpenAI-compatible language model; empty: none is on"),
    )
    llm_model: str = field(
        default="", metadata=_doc("name of the model there; empty: the first that it serves")
    )
    llm_api_key: Secret | None = field(
        default=None, metadata=_doc("key for that service, where it wants one")
    )
    llm_context: int = field(
        default=4_096, metadata=_doc("what the language model takes at once", "tokens")
    )
    facts: FactsKind = field(
        default=FactsKind.ASKED,
        metadata=_doc("what the model reads for facts: documents one asks it to, or all"),
    )
    facts_parts: int = field(
        default=100, metadata=_doc("how much of one document is read for facts at most", "parts")
    )

    objects: ObjectsKind = field(
        default=ObjectsKind.FOLDER, metadata=_doc("where originals are kept")
    )
    objects_url: str = field(default="", metadata=_doc("address of a store that speaks S3 (s3)"))
    objects_bucket: str = field(default="", metadata=_doc("bucket there; `migrate` makes it (s3)"))
    objects_access_key: str = field(default="", metadata=_doc("access key of that store (s3)"))
    objects_secret_key: Secret | None = field(
        default=None, metadata=_doc("secret key of that store (s3)")
    )
    objects_region: str = field(default="us-east-1", metadata=_doc("region of that store (s3)"))
    vectors: VectorsKind = field(
        default=VectorsKind.POSTGRES, metadata=_doc("what finds the nearest vectors")
    )
    qdrant_url: str = field(default="", metadata=_doc("address of Qdrant (qdrant)"))
    qdrant_api_key: Secret | None = field(default=None, metadata=_doc("key of Qdrant (qdrant)"))
    mongodb_url: Secret | None = field(
        default=None, metadata=_doc("address of MongoDB, maybe with user and password (mongodb)")
    )
    mongodb_user: str = field(
        default="", metadata=_doc("user of MongoDB, where the address names none (mongodb)")
    )
    mongodb_password: Secret | None = field(default=None, metadata=_doc("its password (mongodb)"))
    mongodb_database: str = field(default="hearth", metadata=_doc("database there (mongodb)"))
    graph: GraphKind = field(
        default=GraphKind.POSTGRES, metadata=_doc("where each person's graph is kept")
    )
    neo4j_url: str = field(default="", metadata=_doc("address of Neo4j, `bolt://…` (neo4j)"))
    neo4j_user: str = field(default="neo4j", metadata=_doc("user of Neo4j (neo4j)"))
    neo4j_password: Secret | None = field(default=None, metadata=_doc("its password (neo4j)"))

    access_team_domain: str = field(
        default="",
        metadata=_doc("Cloudflare Access: your team, such as `acme.cloudflareaccess.com`"),
    )
    access_aud: tuple[str, ...] = field(
        default=(),
        metadata=_doc("Cloudflare Access: AUD tags of this application, separated by commas"),
    )
    access_admins: tuple[str, ...] = field(
        default=(),
        metadata=_doc("Cloudflare Access: addresses that are administrators, separated by commas"),
    )
    access_service_scopes: tuple[str, ...] = field(
        default=("act-for", "identity:read"),
        metadata=_doc("Cloudflare Access: what its service tokens may do, separated by commas"),
    )
    rate_limit: int = field(
        default=600,
        metadata=_doc("what one person's programs may ask together; 0: any", "a minute"),
    )
    rate_burst: int = field(default=120, metadata=_doc("how much of that at once", "requests"))
    daily_quota: int = field(
        default=100_000, metadata=_doc("what one person may ask a day, UTC; 0: any", "requests")
    )
    token_rate_limit: int = field(
        default=300, metadata=_doc("what one token or linked service may ask; 0: any", "a minute")
    )
    token_rate_burst: int = field(default=60, metadata=_doc("how much of that at once", "requests"))
    token_daily_quota: int = field(
        default=50_000, metadata=_doc("what one token may ask a day, UTC; 0: any", "requests")
    )
    immich_url: str = field(
        default="", metadata=_doc("Immich, where each person shall get an account; empty: nowhere")
    )
    immich_api_key: Secret | None = field(
        default=None, metadata=_doc("API key of an Immich administrator")
    )

    tools_token: Secret | None = field(
        default=None,
        metadata=_doc("token that the platform's own services show, to read as its owner"),
    )

    @property
    def base_url(self) -> str:
        """The address that links are made from, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingDoc:
    """One row of the reference of settings."""

    key: str
    name: str
    doc: str
    unit: str


def reference() -> tuple[SettingDoc, ...]:
    """List every setting in the order of its declaration."""
    return tuple(
        SettingDoc(
            key=PREFIX + each.name.upper(),
            name=each.name,
            doc=each.metadata["doc"],
            unit=each.metadata["unit"],
        )
        for each in fields(Settings)
    )
