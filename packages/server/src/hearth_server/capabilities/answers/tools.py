"""What a person or an agent may ask: each method is a tool."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from types import MappingProxyType
from typing import Final
from uuid import UUID

from hearth_kit.errors import BugError

from hearth_server.capabilities.answers.asking import Asker
from hearth_server.capabilities.answers.model import (
    Answer,
    Answered,
    AnswerEvent,
    Question,
    Scope,
    Steps,
)
from hearth_server.principal import Principal
from hearth_server.tool import Effect, tool

GROUP: Final = "knowledge"
READ: Final = "knowledge:read"


def plain_question(
    *,
    query: str,
    match_count: int = 6,
    tags: list[str] | None = None,
    project: str = "",
    document_id: UUID | None = None,
) -> Question:
    """Make the question that the arguments of `agent_query` mean."""
    scope = Scope(
        tags=tuple(tags or ()),
        project=project,
        document_ids=(document_id,) if document_id else (),
    )
    return Question(text=query, count=match_count, scope=scope)


def deep_question(  # noqa: PLR0913  as flat as the tool's
    *,
    query: str,
    match_count: int = 5,
    use_decomposition: bool = True,
    use_grading: bool = True,
    use_citations: bool = True,
    use_rewrite: bool = False,
    tags: list[str] | None = None,
    project: str = "",
    document_id: UUID | None = None,
) -> Question:
    """Make the question that the arguments of `enhanced_search` mean."""
    plain = plain_question(
        query=query, match_count=match_count, tags=tags, project=project, document_id=document_id
    )
    steps = Steps(
        rewrite=use_rewrite, decompose=use_decomposition, grade=use_grading, write=use_citations
    )
    return replace(plain, steps=steps)


QUESTIONS: Final[Mapping[str, Callable[..., Question]]] = MappingProxyType(
    {"agent_query": plain_question, "enhanced_search": deep_question}
)
"""The tools whose answers can be had piece by piece, and what their arguments mean."""


class AnswerTools:
    """The tools that answer. The owner is always the caller."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    def stream(self, caller: Principal, question: Question) -> AsyncGenerator[AnswerEvent, None]:
        """Give what happens while a question is answered, `Answered` last."""
        return self._asker.ask(caller.user_id, question)

    @tool(title="Ask my documents", scope=READ, group=GROUP, effect=Effect.READ)
    async def agent_query(
        self,
        caller: Principal,
        *,
        query: str,
        match_count: int = 6,
        tags: list[str] | None = None,
        project: str = "",
        document_id: UUID | None = None,
    ) -> Answer:
        """Answer a question out of your documents, each sentence with the passage it stands on.

        Markers like `[1]` lead to `sources`. Every sentence was checked against its passages
        after it was written: rely on none that is `unsupported`. Where your documents hold no
        answer, or no language model is on, it says so and gives the passages that fit.

        Args:
            query: The question, in any language.
            match_count: How many passages the answer may stand on, 1 to 20.
            tags: Only documents that have all of these tags.
            project: Only documents of this project: those with the tag `project/` and its name.
            document_id: Only this document.
        """
        question = plain_question(
            query=query,
            match_count=match_count,
            tags=tags,
            project=project,
            document_id=document_id,
        )
        return await self._answer(caller, question)

    @tool(title="Search in depth", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def enhanced_search(  # noqa: PLR0913  a tool's parameters are flat
        self,
        caller: Principal,
        *,
        query: str,
        match_count: int = 5,
        use_decomposition: bool = True,
        use_grading: bool = True,
        use_citations: bool = True,
        use_rewrite: bool = False,
        tags: list[str] | None = None,
        project: str = "",
        document_id: UUID | None = None,
    ) -> Answer:
        """Search in several steps for a question that one search does not answer.

        Each step asks the language model, so this takes longer than `search_knowledge_base`;
        without one it is a plain search. What was left out is listed with the reason.

        Args:
            query: The question, in any language.
            match_count: How many passages to give, 1 to 20.
            use_decomposition: Search for each part of the question by itself.
            use_grading: Leave out passages that do not help to answer.
            use_citations: Write an answer with citations, and check them.
            use_rewrite: Also search for the question in other, fuller words.
            tags: Only documents that have all of these tags.
            project: Only documents of this project: those with the tag `project/` and its name.
            document_id: Only this document.
        """
        question = deep_question(
            query=query,
            match_count=match_count,
            use_decomposition=use_decomposition,
            use_grading=use_grading,
            use_citations=use_citations,
            use_rewrite=use_rewrite,
            tags=tags,
            project=project,
            document_id=document_id,
        )
        return await self._answer(caller, question)

    async def _answer(self, caller: Principal, question: Question) -> Answer:
        async with aclosing(self.stream(caller, question)) as events:
            async for event in events:
                if isinstance(event, Answered):
                    return event.answer
        msg = "answer: the question ended without one"
        raise BugError(msg)
