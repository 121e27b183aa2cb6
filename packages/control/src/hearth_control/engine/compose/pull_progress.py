"""How far a pull is, from the engine's stream of layer news. Pure.

A layer counts for its size: three quarters of it when fetched, the rest when unpacked, which is
about how the time divides on a fast line. The size of a layer whose download has not begun is
not known and taken as the mean of those that are.

Source: Docker Engine API, "Create an image": `{id, status, progressDetail: {current, total}}`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

FETCH_SHARE = 0.75
_FETCHED = frozenset({"Verifying Checksum", "Download complete"})
_PRESENT = frozenset({"Already exists"})


@dataclass(slots=True)
class Layer:
    """One layer: its size where known, and the shares of fetching and unpacking that are done."""

    size: int = 0
    fetched: float = 0.0
    unpacked: float = 0.0
    is_present: bool = False

    @property
    def share(self) -> float:
        """Give how much of the layer's work is done, 0 to 1."""
        return self.fetched * FETCH_SHARE + self.unpacked * (1 - FETCH_SHARE)


@dataclass(slots=True)
class PullProgress:
    """Everything that the stream has said so far; `feed` it each object."""

    layers: dict[str, Layer] = field(default_factory=dict)
    _best: float = 0.0

    def feed(self, news: dict[str, Any]) -> bool:
        """Take in one object of the stream; whether it was about a layer."""
        name, status = str(news.get("id", "")), str(news.get("status", ""))
        # The first object carries the tag as its id: `Pulling from library/redis`.
        if not name or status.startswith("Pulling from"):
            return False
        layer = self.layers.setdefault(name, Layer())
        detail = news.get("progressDetail") or {}
        _advance(layer, status, detail.get("current"), detail.get("total"))
        return True

    @property
    def total_bytes(self) -> int:
        """Give the bytes to fetch, layers of unknown size taken as the mean of the known."""
        wanted = [layer for layer in self.layers.values() if not layer.is_present]
        sizes = [layer.size for layer in wanted if layer.size]
        mean = sum(sizes) // len(sizes) if sizes else 0
        return sum(layer.size or mean for layer in wanted)

    @property
    def share(self) -> float:
        """Give how much of the pull is done, 0 to 1; it never goes back."""
        wanted = [layer for layer in self.layers.values() if not layer.is_present]
        sizes = [layer.size for layer in wanted if layer.size]
        if not wanted:
            return self._best
        mean = sum(sizes) / len(sizes) if sizes else 1.0
        whole = sum(layer.size or mean for layer in wanted)
        done = sum((layer.size or mean) * layer.share for layer in wanted)
        self._best = max(self._best, min(done / whole, 1.0))
        return self._best

    @property
    def done_bytes(self) -> int:
        """Give the share that is done in bytes of the whole."""
        return int(self.share * self.total_bytes)


def _advance(layer: Layer, status: str, current: object, total: object) -> None:
    if status in _PRESENT:
        layer.is_present = True
    elif status == "Downloading":
        if isinstance(total, int) and total > 0:
            layer.size = max(layer.size, total)
            layer.fetched = max(layer.fetched, min(_number(current) / total, 1.0))
    elif status in _FETCHED:
        layer.fetched = 1.0
    elif status == "Extracting":
        layer.fetched = 1.0
        # The containerd store counts seconds here, without a total.
        if isinstance(total, int) and total > 0:
            layer.size = layer.size or total
            layer.unpacked = max(layer.unpacked, min(_number(current) / total, 1.0))
    elif status == "Pull complete":
        layer.fetched = layer.unpacked = 1.0


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
