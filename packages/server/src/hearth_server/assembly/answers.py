"""Put answers together: the search of the knowledge capability, and the model that is named."""

from __future__ import annotations

from uuid import UUID

from hearth_server.capabilities.answers.asking import Asker
from hearth_server.capabilities.answers.model import Scope
from hearth_server.capabilities.answers.ports import FoundPassage, FoundPassages, LanguageModel
from hearth_server.capabilities.answers.tools import AnswerTools
from hearth_server.capabilities.knowledge.model import Filter
from hearth_server.capabilities.knowledge.rules import (
    clean_label,
    clean_tags,
    clean_text,
    project_tags,
)
from hearth_server.capabilities.knowledge.search import Question, Searcher
from hearth_server.capabilities.knowledge.words import content_keys
from hearth_server.settings.model import Settings


class LibraryFinder:
    """The port `Finder` over the search of documents."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher

    async def find(self, owner: UUID, query: str, scope: Scope, *, limit: int) -> FoundPassages:
        """Search by words and meaning."""
        only = Filter(
            source_type=clean_label(scope.source_type or "") or None,
            tags=clean_tags((*scope.tags, *project_tags(scope.project))),
            document_ids=scope.document_ids,
        )
        question = Question(query=clean_text(query), count=limit, only=only)
        found = await self._searcher.search(owner, question)
        passages = tuple(
            FoundPassage(
                document_id=hit.citation.document_id,
                ordinal=hit.citation.ordinal,
                title=hit.citation.title,
                source_type=hit.citation.source_type,
                source=hit.citation.source,
                page=hit.citation.page,
                headings=hit.citation.headings,
                text=hit.text,
                likeness=hit.scores.vector,
                like=found.like,
            )
            for hit in found.hits
        )
        return FoundPassages(passages=passages, note=found.note)


def assemble_answers(
    settings: Settings, searcher: Searcher, model: LanguageModel | None
) -> AnswerTools:
    """Build the tools that answer; without a language model they give passages."""
    asker = Asker(
        LibraryFinder(searcher),
        model,
        content_keys,
        context_tokens=settings.llm_context,
    )
    return AnswerTools(asker)


def make_language_model(settings: Settings) -> LanguageModel | None:
    """Choose the language model that the settings name; nothing is asked yet."""
    if not settings.llm_url:
        return None
    from hearth_server.adapters.openai.language import OpenAILanguageModel

    return OpenAILanguageModel(
        settings.llm_url, model=settings.llm_model, api_key=settings.llm_api_key
    )
