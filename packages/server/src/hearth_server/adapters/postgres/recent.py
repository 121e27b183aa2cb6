"""Values in memory for as long as they are used and there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

K = TypeVar("K")


class Sized(Protocol):
    """What knows how much memory it takes, nearly; the same for as long as it is kept."""

    @property
    def size_bytes(self) -> int:
        """Give it in bytes."""
        ...


V = TypeVar("V", bound=Sized)


class Recent(Generic[K, V]):
    """At most `limit` bytes of values, the least recently used ones dropped first.

    What is larger than all the room is not kept. `dropped` hears which keys had to go for others.
    """

    def __init__(self, limit: int, *, dropped: Callable[[K], None] | None = None) -> None:
        self._limit = limit
        self._dropped = dropped
        self._size = 0
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Give a value; this alone does not use it."""
        return self._kept.get(key)

    def keep(self, key: K, value: V) -> None:
        """Keep a value as the last one used, in place of what the key had."""
        self.drop(key)
        self._size += value.size_bytes
        self._kept[key] = value
        while self._size > self._limit:
            other, gone = self._kept.popitem(last=False)
            self._size -= gone.size_bytes
            if self._dropped is not None:
                self._dropped(other)

    def drop(self, key: K) -> None:
        """Keep a value no longer, where there is one."""
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._size -= gone.size_bytes

    def newest_first(self) -> Iterator[tuple[K, V]]:
        """Go through all as they are now, the last one used first."""
        return reversed(list(self._kept.items()))
