"""The port `LanguageModel` in memory: writes what it was told to, in small pieces."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence

from hearth_server.capabilities.answers.errors import ModelDownError
from hearth_server.capabilities.answers.model import Message

_PIECE = 3


class MemoryLanguageModel:
    """Gives one reply after the other; an error among them is raised in its place.

    A reply of several parts is text, then an error: a model that breaks off. `asked` is open to
    tests, and holds what was sent to it, call by call.
    """

    def __init__(
        self, replies: Iterable[str | ModelDownError | tuple[str, ModelDownError]]
    ) -> None:
        self._replies = list(replies)
        self.asked: list[tuple[Message, ...]] = []
        self.is_closed = True
        """Whether the last reply was read to its end or closed."""

    async def name(self) -> str:
        """Say who it is."""
        return "memory"

    async def write(
        self, messages: Sequence[Message], *, max_tokens: int
    ) -> AsyncGenerator[str, None]:
        """Give the next reply, at most four characters a token."""
        self.asked.append(tuple(messages))
        if not self._replies:
            msg = "language model: `memory` has no reply left"
            raise ModelDownError(msg)
        reply = self._replies.pop(0)
        text, error = reply if isinstance(reply, tuple) else (reply, None)
        if isinstance(text, ModelDownError):
            raise text
        self.is_closed = False
        try:
            for start in range(0, min(len(text), max_tokens * 4), _PIECE):
                yield text[start : start + _PIECE]
            if error is not None:
                raise error
        finally:
            self.is_closed = True
