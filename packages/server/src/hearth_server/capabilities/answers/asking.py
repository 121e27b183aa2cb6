"""One question on its way: search, judge, write, check; each step is told as it begins."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from hearth_server.capabilities.answers import rules
from hearth_server.capabilities.answers.citing import MarkerStream, check_statements
from hearth_server.capabilities.answers.errors import BadQuestionError, ModelDownError
from hearth_server.capabilities.answers.model import (
    MAX_QUESTION,
    MAX_SOURCES,
    Answer,
    Answered,
    AnswerEvent,
    DroppedSource,
    Message,
    Outcome,
    Progress,
    Question,
    Source,
    SourcesFound,
    Statement,
    Support,
)
from hearth_server.capabilities.answers.ports import Finder, LanguageModel, Wording

NO_MODEL: Final = "no language model is on: these are the passages that fit, nothing was written"
NOTHING_FOUND: Final = "your documents hold nothing that answers this, and nothing was made up"

_WIDER: Final = 2
"""So many times as many passages are sought as are used, for the judge to choose from."""


@dataclass(slots=True)
class _State:
    """What is known of a question so far."""

    question: Question
    queries: tuple[str, ...]
    sources: tuple[Source, ...] = ()
    dropped: tuple[DroppedSource, ...] = ()
    notes: list[str] = field(default_factory=list)
    model: str = ""

    def answer(
        self, outcome: Outcome, text: str = "", statements: Sequence[Statement] = ()
    ) -> Answered:
        return Answered(
            answer=Answer(
                question=self.question.text,
                outcome=outcome,
                text=text,
                sources=self.sources,
                statements=tuple(statements),
                dropped=self.dropped,
                queries=self.queries,
                model=self.model,
                note="; ".join(dict.fromkeys(filter(None, self.notes))),
            )
        )


class Asker:
    """Answers questions out of documents; holds no state of its own."""

    def __init__(
        self,
        finder: Finder,
        model: LanguageModel | None,
        words: Wording,
        *,
        context_tokens: int = 4_096,
    ) -> None:
        self._finder = finder
        self._model = model
        self._words = words
        self._passage_tokens = context_tokens // 2
        self._answer_tokens = context_tokens // 3

    async def ask(self, owner: UUID, question: Question) -> AsyncGenerator[AnswerEvent, None]:
        """Give what happens, `Answered` last. A model that fails ends in passages, not an error.

        Raises:
            BadQuestionError: it is empty or too long, or too many passages are wished for.
            HearthError: whatever the search raises.
        """
        _check(question)
        state = _State(question=question, queries=(question.text,))
        model = self._model
        if model is not None:
            try:
                state.model = await model.name()
            except ModelDownError as error:
                state.notes.append(error.message)
                model = None
        steps = question.steps
        if model is not None and (steps.rewrite or steps.decompose):
            yield Progress(step="planning")
            await self._plan(model, state)
        yield Progress(step="searching")
        await self._search(owner, state)
        if model is not None and steps.grade and state.sources:
            yield Progress(step="grading")
            await self._grade(model, state)
        if model is not None:
            state.sources, gone = rules.fit_sources(state.sources, max_tokens=self._passage_tokens)
            state.dropped += gone
        yield SourcesFound(sources=state.sources, dropped=state.dropped, queries=state.queries)
        if not state.sources:
            state.notes.append(NOTHING_FOUND)
            yield state.answer(Outcome.NOTHING_FOUND)
        elif model is None:
            yield self._without_model(state)
        elif not steps.write:
            yield state.answer(Outcome.ANSWERED)
        else:
            async with aclosing(self._write(model, state)) as events:
                async for event in events:
                    yield event

    def _without_model(self, state: _State) -> Answered:
        if self._model is None:
            state.notes.append(NO_MODEL)
            return state.answer(Outcome.NO_MODEL)
        return state.answer(Outcome.MODEL_FAILED)

    async def _plan(self, model: LanguageModel, state: _State) -> None:
        steps = state.question.steps
        messages = rules.plan_messages(
            state.question.text, rewrite=steps.rewrite, decompose=steps.decompose
        )
        try:
            queries = rules.read_queries(await self._whole(model, messages))
        except ModelDownError as error:
            state.notes.append(error.message)
            return
        if not queries:
            state.notes.append("the language model gave no queries: yours was searched as it is")
        # The person's own words stay among the queries: a rewrite may miss what was meant.
        state.queries = tuple(dict.fromkeys((state.question.text, *queries)))

    async def _search(self, owner: UUID, state: _State) -> None:
        count = state.question.count
        found = []
        for query in state.queries:
            given = await self._finder.find(
                owner, query, state.question.scope, limit=count * _WIDER
            )
            state.notes.append(given.note)
            found.append((query, given.passages))
        state.sources, state.dropped = rules.merge_passages(found, self._words, limit=count)

    async def _grade(self, model: LanguageModel, state: _State) -> None:
        fitting, _ = rules.fit_sources(state.sources, max_tokens=self._passage_tokens)
        messages = rules.grade_messages(state.question.text, fitting)
        try:
            relevant = rules.read_relevant(await self._whole(model, messages))
        except ModelDownError as error:
            state.notes.append(error.message)
            return
        if relevant is None:
            state.notes.append("the language model gave no grades: every passage was kept")
            return
        state.sources, gone = rules.keep_relevant(fitting, relevant)
        state.dropped += gone

    async def _write(
        self, model: LanguageModel, state: _State
    ) -> AsyncGenerator[AnswerEvent, None]:
        yield Progress(step="writing")
        messages = rules.answer_messages(state.question.text, state.sources)
        stream = MarkerStream(len(state.sources))
        outcome = Outcome.ANSWERED
        try:
            pieces = model.write(messages, max_tokens=self._answer_tokens)
            async with aclosing(pieces):
                async for event in _shown(pieces, stream):
                    yield event
        except ModelDownError as error:
            state.notes.append(error.message)
            outcome = Outcome.INCOMPLETE
        for last in stream.end():
            yield last
        if not stream.text.strip():
            yield state.answer(Outcome.MODEL_FAILED)
            return
        if rules.says_nothing(stream.text):
            state.notes.append(NOTHING_FOUND)
            yield state.answer(Outcome.NOTHING_FOUND)
            return
        yield Progress(step="checking")
        text, statements = check_statements(stream.text.strip(), state.sources, self._words)
        unsupported = sum(each.support is Support.UNSUPPORTED for each in statements)
        if unsupported:
            state.notes.append(_unsupported(unsupported, len(statements)))
        yield state.answer(outcome, text, statements)

    async def _whole(self, model: LanguageModel, messages: Sequence[Message]) -> str:
        async with aclosing(model.write(messages, max_tokens=self._answer_tokens)) as pieces:
            return "".join([piece async for piece in pieces])


async def _shown(pieces: AsyncIterator[str], stream: MarkerStream) -> AsyncIterator[AnswerEvent]:
    """Hold the beginning back while it may still become the word for nothing."""
    waiting: list[AnswerEvent] = []
    async for piece in pieces:
        events = stream.feed(piece)
        if rules.NOTHING.startswith(stream.text.strip().upper()):
            waiting += events
            continue
        for event in (*waiting, *events):
            yield event
        waiting = []
    if not rules.says_nothing(stream.text):
        for event in waiting:
            yield event


def _unsupported(count: int, of: int) -> str:
    if count == of:
        return "no passage holds what this answer says: do not rely on it"
    return f"{count} of {of} sentences stand on no passage: do not rely on them"


def _check(question: Question) -> None:
    if not question.text.strip():
        msg = "question: is empty, expected at least one word"
        raise BadQuestionError(msg)
    if len(question.text) > MAX_QUESTION:
        msg = f"question: has {len(question.text)} characters, at most {MAX_QUESTION} are allowed"
        raise BadQuestionError(msg)
    if not 1 <= question.count <= MAX_SOURCES:
        msg = f"match_count: is `{question.count}`, expected 1 to {MAX_SOURCES}"
        raise BadQuestionError(msg)
