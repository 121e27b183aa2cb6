"""The whole application over memory, for tests that need no database."""

# ruff: noqa: ARG002, D417 - tools are called by keyword, and `caller` is injected

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import httpx2
from hearth_kit import tokens
from hearth_kit.clock import ManualClock
from hearth_kit.errors import BugError, ConflictError
from hearth_kit.ids import uuid7
from pydantic import Field
from starlette.types import ASGIApp

from hearth_server.adapters.memory.graph import MemoryGraph
from hearth_server.adapters.memory.identity import MemoryIdentity
from hearth_server.adapters.memory.links import MemoryLinks
from hearth_server.adapters.memory.meters import MemoryMeters
from hearth_server.adapters.memory.provisioning import MemoryProvisioning
from hearth_server.capabilities.answers.asking import Asker
from hearth_server.capabilities.answers.model import Scope
from hearth_server.capabilities.answers.ports import FoundPassage, FoundPassages, LanguageModel
from hearth_server.capabilities.answers.tools import AnswerTools
from hearth_server.capabilities.graph.errors import TextNotFoundError
from hearth_server.capabilities.graph.fact_tools import FactTools
from hearth_server.capabilities.graph.model import Fact, NewFact, Reading
from hearth_server.capabilities.graph.ports import Sought
from hearth_server.capabilities.graph.tools import GraphTools
from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.cache import PrincipalCache
from hearth_server.capabilities.identity.limits import Limiter
from hearth_server.capabilities.identity.model import ApiToken, Limits, Person
from hearth_server.capabilities.identity.ports import AccessProofs, ProvisioningStep
from hearth_server.capabilities.identity.provisioning import Provisioner
from hearth_server.capabilities.identity.sign_in import AccessSignIn, Authenticator
from hearth_server.capabilities.identity.tools import IdentityParts, IdentityTools
from hearth_server.capabilities.knowledge.errors import DocumentNotFoundError, TooLargeError
from hearth_server.capabilities.knowledge.model import (
    Document,
    DocumentEvent,
    DocumentPage,
    Passage,
    Source,
    Sources,
    Stage,
    Status,
)
from hearth_server.capabilities.toolbox.tools import ToolboxTools
from hearth_server.edge.auth.gate import Gate
from hearth_server.edge.http.app import build_app
from hearth_server.edge.http.parts import Check, Parts
from hearth_server.principal import SCOPES, Principal, Role
from hearth_server.registry.registry import Registry
from hearth_server.registry.shelf import found_tools
from hearth_server.tool import Effect, tool

BASE_URL = "http://hearth.test"


@dataclass(slots=True)
class MemoryFiles:
    """`DocumentFiles` in memory: keeps whole files, refuses those larger than `limit`."""

    limit: int = 1_000_000
    kept: dict[UUID, tuple[UUID, Document, bytes]] = field(default_factory=dict)
    events: asyncio.Queue[DocumentEvent] = field(default_factory=asyncio.Queue)

    async def receive(
        self, caller: Principal, filename: str, *, content_type: str, chunks: AsyncIterator[bytes]
    ) -> Document:
        """Take a file in."""
        data = b""
        async for chunk in chunks:
            data += chunk
            if len(data) > self.limit:
                msg = f"file `{filename}`: is larger than {self.limit} bytes"
                raise TooLargeError(msg)
        document = make_document(filename, data, content_type)
        self.kept[document.id] = (caller.user_id, document, data)
        return document

    async def original(
        self, caller: Principal, document_id: UUID
    ) -> tuple[Document, AsyncIterator[bytes]]:
        """Give a document and its bytes."""
        owner, document, data = self.kept.get(document_id, (None, None, b""))
        if document is None or owner != caller.user_id:
            msg = f"document `{document_id}`: you have none of that id"
            raise DocumentNotFoundError(msg)
        return document, _once(data)

    async def passages(
        self, caller: Principal, document_id: UUID, *, ordinals: range
    ) -> tuple[Passage, ...]:
        """Give one passage: the whole file."""
        owner, _, data = self.kept[document_id]
        if owner != caller.user_id or 0 not in ordinals:
            return ()
        text = data.decode(errors="replace")
        return (Passage(ordinal=0, text=text, headings=("Top",), page=1, tokens=1),)

    async def find(self, owner: UUID, query: str, scope: Scope, *, limit: int) -> FoundPassages:
        """Find the person's files that have a word of the query."""
        hits = tuple(
            FoundPassage(
                document_id=document.id,
                ordinal=0,
                title=document.title,
                source_type=document.source_type,
                source=document.source,
                page=1,
                headings=("Top",),
                text=data.decode(errors="replace"),
                likeness=None,
            )
            for of, document, data in self.kept.values()
            if of == owner and not set(query.split()).isdisjoint(data.decode().split())
        )
        return FoundPassages(passages=hits[:limit], note="")

    async def count(self, user_id: UUID) -> int:
        """Count a person's files."""
        return sum(owner == user_id for owner, _, _ in self.kept.values())

    async def watch(self, caller: Principal) -> AsyncIterator[DocumentEvent]:
        """Give what a test puts into `events`."""
        while True:
            yield await self.events.get()


class SampleFacts:
    """The port `Facts`: gives what a test put there."""

    def __init__(self) -> None:
        self.kept: list[tuple[UUID, Fact]] = []

    async def put(
        self, owner: UUID, document_id: UUID, facts: Sequence[NewFact], *, now: datetime
    ) -> int:
        """Take none: only `kept` counts."""
        del owner, document_id, facts, now
        return 0

    async def search(self, owner: UUID, sought: Sought, *, limit: int) -> tuple[Fact, ...]:
        """Give the owner's."""
        found = [
            fact
            for whose, fact in self.kept
            if whose == owner and sought.node_id in {None, fact.subject.id, fact.object.id}
            and (sought.with_past or fact.valid_to is None)
        ]  # fmt: skip
        return tuple(found[:limit])


class SampleReadings:
    """The port `Readings`: nobody has a document to read."""

    async def request(self, owner: UUID, document_id: UUID) -> Reading:
        """Refuse."""
        return await self.get(owner, document_id)

    async def decline(self, owner: UUID, document_id: UUID) -> Reading:
        """Refuse."""
        return await self.get(owner, document_id)

    async def get(self, owner: UUID, document_id: UUID) -> Reading:
        """Refuse."""
        del owner
        msg = f"document `{document_id}`: there is no such document of yours"
        raise TextNotFoundError(msg)


class SampleTools:
    """Tools of every kind, over `MemoryFiles`."""

    def __init__(self, files: MemoryFiles) -> None:
        self._files = files

    @tool(title="List my documents", scope="knowledge:read", group="knowledge", effect=Effect.READ)
    async def list_documents(
        self,
        caller: Principal,
        *,
        status: Status | None = None,
        title: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> DocumentPage:
        """List your documents.

        Args:
            status: Only those in this state.
            title: Only those with this in their title.
            limit: How many.
            offset: How many to leave out.
        """
        own = tuple(each for owner, each, _ in self._files.kept.values() if owner == caller.user_id)
        return DocumentPage(documents=own[:limit], total=len(own), limit=limit, offset=offset)

    @tool(title="List my sources", scope="knowledge:read", group="knowledge", effect=Effect.READ)
    async def get_available_sources(self, caller: Principal) -> Sources:
        """List where your documents came from."""
        own = [each for owner, each, _ in self._files.kept.values() if owner == caller.user_id]
        sources = tuple(
            Source(source_type="upload", source=each.source, documents=1, passages=1)
            for each in own
        )
        return Sources(sources=sources, tags=("home",) if own else ())

    @tool(title="Show a document", scope="knowledge:read", group="knowledge", effect=Effect.READ)
    async def get_document(self, caller: Principal, *, document_id: UUID) -> Document:
        """Show a document.

        Args:
            document_id: Which.
        """
        document, _ = await self._files.original(caller, document_id)
        return document

    @tool(
        title="Delete a document", scope="knowledge:write", group="knowledge", effect=Effect.DESTROY
    )
    async def delete_document(self, caller: Principal, *, document_id: UUID) -> None:
        """Delete a document.

        Args:
            document_id: Which.
        """
        await self._files.original(caller, document_id)
        del self._files.kept[document_id]

    @tool(title="Repeat", scope="knowledge:read", group="samples", effect=Effect.READ)
    async def repeat_word(
        self,
        caller: Principal,
        *,
        word: str,
        times: Annotated[int, Field(ge=1, le=3)] = 1,
        options: dict[str, object] | None = None,
    ) -> str:
        """Repeat a word.

        A second paragraph for agents.

        Args:
            word: What to say.
            times: How often,
                up to thrice.
            options: Ignored, but checked.
        """
        return " ".join([word] * times)

    @tool(title="Break", scope="knowledge:read", group="samples", effect=Effect.WRITE, listed=False)
    async def break_down(self, caller: Principal, *, how: str = "bug") -> int:
        """Fail in one of several ways.

        Args:
            how: `bug`, `conflict`, `crash` or `lie`.
        """
        match how:
            case "conflict":
                msg = "sample: is in the way"
                raise ConflictError(msg, hint="hearth status")
            case "crash":
                msg = "a secret value 12345"
                raise RuntimeError(msg)
            case "lie":
                return "no number"  # type: ignore[return-value]  # the registry must notice
            case _:
                msg = "sample: a promise was broken"
                raise BugError(msg)


def make_document(filename: str, data: bytes, media_type: str) -> Document:
    """Make a document that is ready."""
    now = ManualClock().now()
    return Document(
        id=uuid7(),
        title=filename,
        source_type="upload",
        source=filename,
        media_type=media_type,
        size_bytes=len(data),
        content_sha256=hashlib.sha256(data).hexdigest(),
        language="en",
        tags=(),
        status=Status.READY,
        stage=Stage.DONE,
        done=0,
        total=0,
        reason="",
        attempts=1,
        pages=1,
        passages=1,
        created_at=now,
        updated_at=now,
    )


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """The application, and the memory behind it."""

    app: ASGIApp
    parts: Parts
    identity: MemoryIdentity
    links: MemoryLinks
    provisioner: Provisioner
    files: MemoryFiles
    facts: SampleFacts
    clock: ManualClock
    stopping: asyncio.Event

    def add_person(self, email: str = "ada@example.com", role: Role = Role.USER) -> Person:
        """Make an account."""
        person = Person(id=uuid7(), email=email, role=role)
        self.identity.add_person(person, now=self.clock.now())
        return person

    def add_link(self, person: Person, *, seed: int = 1) -> str:
        """Make a sign-in link and give its secret."""
        secret = rules.make_secret(bytes([seed]) * rules.SECRET_BYTES).reveal()
        until = self.clock.now() + timedelta(minutes=30)
        self.identity.add_link(person, digest=rules.digest(secret), until=until)
        return secret

    def add_token(
        self, person: Person, *scopes: str, name: str = "t", until: datetime | None = None
    ) -> str:
        """Make an API token and give its secret."""
        seed = hashlib.sha256(f"{person.id} {name}".encode()).digest()
        secret = tokens.make_token(seed).reveal()
        now = self.clock.now()
        token = ApiToken(
            id=uuid7(),
            name=name,
            scopes=scopes or tuple(SCOPES),
            created_at=now,
            expires_at=until or now + timedelta(days=90),
            last_used_at=None,
        )
        self.identity.keep_token(person.id, token, digest=rules.digest(secret))
        return secret

    def client(self, *, token: str = "") -> httpx2.AsyncClient:
        """Open a client that speaks to the application without a socket."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url=BASE_URL, headers=headers
        )


def _sign_in(access: AccessProofs | None, identity: MemoryIdentity) -> AccessSignIn | None:
    if access is None:
        return None
    return AccessSignIn(
        proofs=access,
        admissions=identity,
        new_id=uuid7,
        admins=frozenset({"root@example.com"}),
        service_scopes=frozenset({"act-for", "identity:read"}),
    )


def make_lab(
    *,
    checks: Mapping[str, Check] | None = None,
    base_url: str = BASE_URL,
    access: AccessProofs | None = None,
    limits: Limits = Limits(per_minute=0, burst=1, per_day=0),  # noqa: B008 - a value
    steps: Sequence[ProvisioningStep] = (),
    model: LanguageModel | None = None,
) -> Lab:
    """Put the application together over memory."""
    clock = ManualClock()
    identity = MemoryIdentity()
    files = MemoryFiles()
    links = MemoryLinks(identity)
    cache = PrincipalCache(clock, is_on=True)
    limiter = Limiter(MemoryMeters(), clock=clock, person=limits, token=limits)
    provisioner = Provisioner(MemoryProvisioning(), steps, clock=clock)
    authenticator = Authenticator(
        identity,
        identity,
        links,
        clock=clock,
        session_lifetime=timedelta(days=30),
        cache=cache,
        access=_sign_in(access, identity),
        on_person=provisioner.notice,
    )
    own = IdentityTools(
        IdentityParts(
            tokens=identity,
            links=links,
            provisioner=provisioner,
            limiter=limiter,
            cache=cache,
            clock=clock,
            new_id=uuid7,
            count_documents=files.count,
            known_groups=lambda: registry.groups(),  # noqa: PLW0108 - made below
        )
    )

    async def enable(caller: Principal, names: Collection[str]) -> None:
        owner = caller.actor_id or caller.user_id
        await identity.enable_tools(owner, caller.token_id, names, most=40)
        cache.forget(owner)
        cache.forget(caller.user_id)

    async def note(caller: Principal, what: str) -> None:
        await links.note(
            caller.user_id,
            "called",
            by=caller.name,
            link_id=caller.link_id,
            detail=what,
            now=clock.now(),
        )

    toolbox = ToolboxTools(lambda caller: found_tools(registry, caller), enable)
    samples = SampleTools(files)
    things = GraphTools(MemoryGraph(), clock=clock, new_id=uuid7)
    facts = SampleFacts()
    told = FactTools(facts, SampleReadings(), clock=clock, has_reader=False)
    answers = AnswerTools(Asker(files, model, str.split))
    registry = Registry(
        (
            samples.list_documents,
            samples.get_document,
            samples.get_available_sources,
            samples.delete_document,
            samples.repeat_word,
            samples.break_down,
            things.add_relation,
            things.find_things,
            things.explore_graph,
            told.search_graph,
            told.extract_facts,
            answers.agent_query,
            answers.enhanced_search,
            own.who_am_i,
            own.list_api_tokens,
            own.create_api_token,
            own.revoke_api_token,
            own.create_link_code,
            own.redeem_link_code,
            own.list_links,
            own.revoke_link,
            own.list_account_events,
            toolbox.search_tools,
        ),
        note_linked=note,
    )
    stopping = asyncio.Event()
    parts = Parts(
        gate=Gate(authenticator, limiter, base_url=base_url),
        registry=registry,
        files=files,
        ask=answers.stream,
        checks=checks or {},
        base_url=base_url,
        upload_limit=files.limit,
        allowed_hosts=("lambda-server",),
        stopping=stopping,
    )
    return Lab(
        app=build_app(parts),
        parts=parts,
        identity=identity,
        links=links,
        provisioner=provisioner,
        files=files,
        facts=facts,
        clock=clock,
        stopping=stopping,
    )
