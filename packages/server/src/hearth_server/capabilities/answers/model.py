"""What an answer is made of: sources, statements that are checked, and the events on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

MAX_QUESTION: Final = 4_000
MAX_SOURCES: Final = 20

Speaker = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of what a language model is given."""

    role: Speaker
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A passage that an answer may stand on."""

    number: int
    """What `[1]` in an answer means, from 1 on."""
    document_id: UUID
    ordinal: int
    """The passage's number in its document, from 0 on."""
    title: str
    source_type: str
    source: str
    page: int | None
    headings: tuple[str, ...]
    text: str
    score: float
    """How well it was found, the best one 1."""
    queries: tuple[str, ...]
    """Which of the queries found it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedSource:
    """A passage that was found and is not used, and why."""

    document_id: UUID
    ordinal: int
    title: str
    page: int | None
    reason: str


class Support(StrEnum):
    """What the check of a statement found."""

    SUPPORTED = "supported"
    """The passages that it cites hold what it says."""
    REPAIRED = "repaired"
    """It cited no passage or a wrong one; the one that holds it was put there."""
    UNSUPPORTED = "unsupported"
    """No passage that was found holds it: do not rely on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A sentence of an answer, checked against the passages."""

    start: int
    """Its first character in the answer's text."""
    end: int
    """The first character after it, its markers included."""
    sources: tuple[int, ...]
    """The sources that it stands on; none where it is unsupported."""
    support: Support
    share: float
    """How many of its words those sources hold, from 0 to 1."""


class Outcome(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    NOTHING_FOUND = "nothing_found"
    """No passage answers it; nothing was made up."""
    NO_MODEL = "no_model"
    """No language model is on; the passages are the answer."""
    MODEL_FAILED = "model_failed"
    """The language model did not answer; the passages are the answer."""
    INCOMPLETE = "incomplete"
    """The language model broke off; what it had written is there, checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a question gave."""

    question: str
    outcome: Outcome
    text: str
    """The answer, with markers like `[1]`; empty where no language model wrote one."""
    sources: tuple[Source, ...]
    statements: tuple[Statement, ...]
    dropped: tuple[DroppedSource, ...]
    queries: tuple[str, ...]
    """What was searched for."""
    model: str
    """Which language model wrote it; empty where none did."""
    note: str
    """What a person should know about this answer; empty where there is nothing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which documents a question looks into; empty means all of the caller's."""

    source_type: str | None = None
    tags: tuple[str, ...] = ()
    project: str = ""
    document_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Which steps a question takes beside search; each asks the language model."""

    rewrite: bool = False
    decompose: bool = False
    grade: bool = False
    write: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person wants to know."""

    text: str
    count: int = 6
    """How many passages the answer may stand on."""
    steps: Steps = field(default_factory=Steps)
    scope: Scope = field(default_factory=Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A step has begun."""

    kind: Literal["progress"] = "progress"
    step: Literal["planning", "searching", "grading", "writing", "checking"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesFound:
    """What the answer will stand on, before its first word."""

    kind: Literal["sources"] = "sources"
    sources: tuple[Source, ...]
    dropped: tuple[DroppedSource, ...]
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWritten:
    """A further piece of the answer; a marker like `[1]` is never cut in two."""

    kind: Literal["text"] = "text"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """The text so far ends with the marker of a source."""

    kind: Literal["citation"] = "citation"
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The whole answer, checked; always the last event, and what it says counts."""

    kind: Literal["answer"] = "answer"
    answer: Answer


AnswerEvent = Progress | SourcesFound | TextWritten | Cited | Answered
