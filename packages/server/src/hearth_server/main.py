"""The only wiring of the server: which command, and which adapter behind which port.

Everything is imported where it is used: `sign-in-link`, for which `hearth up` waits, must not pay
for the web server, and `serve` not for the readers.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncio import Event
    from uuid import UUID

    from hearth_server.adapters.postgres.pool import Database
    from hearth_server.edge.http.parts import Parts
    from hearth_server.settings.model import Settings

Verb = Callable[[Sequence[str]], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    from hearth_server.cli.dispatch import dispatch

    given = tuple(sys.argv[1:] if arguments is None else arguments)
    return dispatch(given, COMMANDS)


def _serve(arguments: Sequence[str]) -> int:
    from hearth_server.cli import serve

    return serve.run(arguments)


def _worker(arguments: Sequence[str]) -> int:
    from hearth_server.cli import worker

    return worker.run(arguments)


def _migrate(arguments: Sequence[str]) -> int:
    from hearth_server.cli import migrate

    return migrate.run(arguments)


def _sign_in_link(arguments: Sequence[str]) -> int:
    from hearth_server.cli import sign_in_link

    return sign_in_link.run(arguments)


def _role(arguments: Sequence[str]) -> int:
    from hearth_server.cli import role

    return role.run(arguments)


def _refresh(arguments: Sequence[str]) -> int:
    from hearth_server.cli import refresh

    return refresh.run(arguments)


def _openapi(arguments: Sequence[str]) -> int:
    from hearth_server.cli import schemas

    return schemas.run_openapi(arguments)


def _tools(arguments: Sequence[str]) -> int:
    from hearth_server.cli import schemas

    return schemas.run_tools(arguments)


def _settings(arguments: Sequence[str]) -> int:
    from hearth_server.cli import settings

    return settings.run(arguments)


COMMANDS: Final[Mapping[str, tuple[str, Verb]]] = MappingProxyType(
    {
        "serve": ("serve the API, MCP and the pages", _serve),
        "worker": ("take documents in, one after the other", _worker),
        "migrate": ("bring the database's schema up to date, and make the bucket", _migrate),
        "sign-in-link": ("make a link that signs somebody in once", _sign_in_link),
        "role": ("make somebody an administrator, or no longer", _role),
        "refresh": ("queue every document to be taken in anew", _refresh),
        "settings": ("list every setting", _settings),
        "openapi": ("print the OpenAPI document", _openapi),
        "tools": ("print the tools as agents see them", _tools),
    }
)


def build_parts(settings: Settings, database: Database, *, stopping: Event) -> Parts:
    """Put the served application together; opens no connection."""
    from hearth_kit.clock import SystemClock
    from hearth_kit.ids import uuid7

    from hearth_server.adapters.postgres.sharing import PostgresSharing
    from hearth_server.assembly.admin import assemble_admin
    from hearth_server.assembly.answers import assemble_answers, make_language_model
    from hearth_server.assembly.checks import assemble_checks
    from hearth_server.assembly.code import assemble_code
    from hearth_server.assembly.facts import assemble_facts
    from hearth_server.assembly.identity import assemble_identity
    from hearth_server.assembly.knowledge import assemble_knowledge
    from hearth_server.assembly.leaving import closing
    from hearth_server.assembly.stack import assemble_stack
    from hearth_server.assembly.steps import store_steps
    from hearth_server.assembly.stores import make_graph, make_rows
    from hearth_server.assembly.web import assemble_videos, assemble_web, make_fetcher
    from hearth_server.capabilities.data.tools import DataTools
    from hearth_server.capabilities.graph.tools import GraphTools
    from hearth_server.capabilities.knowledge.model import Filter
    from hearth_server.capabilities.knowledge.refresh_tools import RefreshTools
    from hearth_server.capabilities.sharing.tools import SharingTools
    from hearth_server.capabilities.toolbox.tools import ToolboxTools
    from hearth_server.edge.auth.gate import Gate
    from hearth_server.edge.http.files import KnowledgeFiles
    from hearth_server.edge.http.parts import Parts
    from hearth_server.registry.registry import Registry
    from hearth_server.registry.shelf import found_tools

    knowledge = assemble_knowledge(settings, database)
    fetcher = make_fetcher()
    model = make_language_model(settings)
    web = assemble_web(knowledge, fetcher)
    answers = assemble_answers(settings, knowledge.searcher, model)
    graph = make_graph(settings, database)
    people = assemble_identity(
        settings,
        database,
        clock=SystemClock(),
        steps=store_steps(knowledge.objects, graph, knowledge.index),
    )

    async def count_documents(user_id: UUID) -> int:
        page = await knowledge.documents.list_page(
            user_id,
            status=None,
            text=None,
            only=Filter(whose="mine"),
            sort="newest",
            limit=1,
            offset=0,
        )
        return page.total

    data = DataTools(make_rows(settings, database, knowledge.objects, graph))
    code = assemble_code(settings, database, knowledge.objects, fetcher)
    facts = assemble_facts(settings, database)
    things = GraphTools(graph.graph, clock=SystemClock(), new_id=uuid7)
    sharing = SharingTools(PostgresSharing(database))
    admin = assemble_admin(settings)
    # Both tools look at the registry that they themselves stand in, once it is whole.
    identity = people.tools(count_documents, lambda: registry.groups())  # noqa: PLW0108 - made below
    toolbox = ToolboxTools(lambda caller: found_tools(registry, caller), people.enable_tools)
    registry = Registry(
        (
            knowledge.tools.search_knowledge_base,
            answers.agent_query,
            answers.enhanced_search,
            knowledge.tools.list_documents,
            knowledge.tools.get_document,
            knowledge.tools.ingest_text,
            RefreshTools(knowledge.documents, knowledge.embedder).refresh_documents,
            web.ingest_url,
            web.ingest_site,
            assemble_videos(settings, knowledge).ingest_youtube,
            knowledge.tools.get_available_sources,
            knowledge.tools.retry_document,
            knowledge.tools.cancel_document,
            knowledge.tools.delete_document,
            sharing.share_document,
            sharing.get_sharing,
            sharing.list_reader_groups,
            sharing.create_reader_group,
            sharing.change_reader_group,
            sharing.delete_reader_group,
            identity.who_am_i,
            identity.list_api_tokens,
            identity.create_api_token,
            identity.revoke_api_token,
            identity.create_link_code,
            identity.redeem_link_code,
            identity.list_links,
            identity.revoke_link,
            identity.list_account_events,
            data.list_stores,
            data.view_data,
            data.get_data_row,
            admin.tools.list_people,
            admin.tools.get_usage,
            admin.tools.list_documents_of,
            admin.tools.get_document_of,
            admin.tools.list_audit_log,
            things.add_relation,
            things.add_thing,
            things.find_things,
            things.explore_graph,
            things.end_relation,
            things.delete_thing,
            facts.search_graph,
            facts.extract_facts,
            facts.forget_facts,
            facts.get_fact_reading,
            code.tools.index_repository,
            code.tools.list_repositories,
            code.tools.query_code,
            code.tools.check_script,
            code.tools.delete_repository,
            assemble_stack(settings).get_stack_health,
            toolbox.search_tools,
        ),
        note_linked=people.note_linked,
    )

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        # Who sets people up in the stores is stopped before the stores are left.
        async with (
            closing(knowledge.index, knowledge.embedder, model, fetcher),
            graph.running(),
            admin.running(),
            people.running(),
        ):
            yield

    return Parts(
        gate=Gate(people.authenticator, people.limiter, base_url=settings.base_url),
        registry=registry,
        files=KnowledgeFiles(
            uploads=knowledge.uploads,
            documents=knowledge.documents,
            objects=knowledge.objects,
            passages=knowledge.passages,
            watch=knowledge.tools.watch,
        ),
        ask=answers.stream,
        checks=assemble_checks(database, knowledge, graph),
        base_url=settings.base_url,
        upload_limit=settings.upload_limit,
        allowed_hosts=settings.allowed_hosts,
        stopping=stopping,
        running=running,
        receive_archive=code.receive,
        sign_out_url=settings.access_team_domain
        and f"{settings.access_team_domain}/cdn-cgi/access/logout",
    )
