"""Passages: nothing lost, nothing too long, each under its headings and on its page."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hearth_server.capabilities.knowledge.model import Passage
from hearth_server.capabilities.knowledge.split import (
    Block,
    BlockKind,
    Splitter,
    embedded_text,
)
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit


def count(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def heading(text: str, level: int = 1, page: int | None = None) -> Block:
    return Block(text=text, kind=BlockKind.HEADING, level=level, page=page)


def split(*blocks: Block, max_tokens: int = 20, overlap: int = 0) -> list[Passage]:
    splitter = Splitter(count_tokens=count, max_tokens=max_tokens, overlap=overlap)
    return [*splitter.add(blocks), *splitter.end()]


def test_headings_form_path() -> None:
    passages = split(
        heading("Book"),
        Block(text="intro"),
        heading("Part", 2),
        heading("Chapter", 3),
        Block(text="deep"),
        heading("Other part", 2),
        Block(text="shallow"),
    )
    assert [(p.headings, p.text) for p in passages] == [
        (("Book",), "intro"),
        (("Book", "Part", "Chapter"), "deep"),
        (("Book", "Other part"), "shallow"),
    ]


def test_bare_heading_is_kept() -> None:
    passages = split(heading("Alone"), heading("Next"), Block(text="body"))
    assert [(p.headings, p.text) for p in passages] == [((), "Alone"), (("Next",), "body")]


def test_paragraphs_stay_whole() -> None:
    passages = split(Block(text="one " * 12), Block(text="two " * 12), max_tokens=20)
    assert [p.text.split()[0] for p in passages] == ["one", "two"]


def test_small_paragraphs_are_joined() -> None:
    (passage,) = split(Block(text="one"), Block(text="two"))
    assert passage.text == "one\n\ntwo"


def test_page_ends_passage() -> None:
    passages = split(Block(text="one", page=1), Block(text="two", page=2))
    assert [(p.page, p.text) for p in passages] == [(1, "one"), (2, "two")]


def test_sentences_are_kept() -> None:
    text = "First sentence has five words. " * 8
    passages = split(Block(text=text), max_tokens=20)
    assert all(p.text.endswith(".") for p in passages)
    assert len(passages) == 2


def test_overlap_repeats_end() -> None:
    text = " ".join(f"Sentence number {n} here." for n in range(12))
    passages = split(Block(text=text), max_tokens=20, overlap=4)
    assert passages[0].text.endswith("Sentence number 4 here.")
    assert passages[1].text.startswith("Sentence number 4 here.")


def test_endless_word_is_cut() -> None:
    def by_character(texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    splitter = Splitter(count_tokens=by_character, max_tokens=30)
    passages = [*splitter.add([Block(text="x" * 100)]), *splitter.end()]
    assert "".join(p.text for p in passages) == "x" * 100
    assert max(p.tokens for p in passages) <= 30


def test_embedded_text_has_context() -> None:
    passage = Passage(ordinal=0, text="body", headings=("A", "B"), page=None, tokens=1)
    assert embedded_text(passage, "Title") == "A > B\nbody"
    bare = Passage(ordinal=0, text="body", headings=(), page=None, tokens=1)
    assert embedded_text(bare, "Title") == "Title\nbody"


BLOCKS = st.lists(
    st.builds(
        Block,
        text=st.text(alphabet="abc .\n", max_size=300),
        kind=st.sampled_from([BlockKind.TEXT, BlockKind.HEADING, BlockKind.CODE]),
        level=st.integers(1, 3),
        page=st.sampled_from([None, 1, 2]),
    ),
    max_size=12,
)


@given(BLOCKS, st.integers(16, 60), st.integers(0, 10))
def test_no_text_is_lost(blocks: list[Block], max_tokens: int, overlap: int) -> None:
    passages = split(*blocks, max_tokens=max_tokens, overlap=overlap)
    assert [p.ordinal for p in passages] == list(range(len(passages)))
    assert all(p.tokens <= max_tokens for p in passages)
    assert all(p.text.strip() for p in passages)
    kept = " ".join(p.text for p in passages).split()
    for block in blocks:
        if block.kind is not BlockKind.HEADING:
            assert all(word in kept for word in block.text.split())
