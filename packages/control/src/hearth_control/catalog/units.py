"""Sizes and durations as people write them, to bytes and seconds."""

from __future__ import annotations

import re

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?")
_DIGITS_AT_MOST = 18


def parse_size(text: str) -> int:
    """Turn `600M` into bytes; K, M, G and T are powers of 1024, as Compose counts.

    Raises:
        ValueError: the text is no size above zero; its words name what was expected.
    """
    match = _SIZE.fullmatch(text.strip()) if len(text) <= _DIGITS_AT_MOST else None
    size = int(float(match[1]) * 1024 ** _POWERS[match[2].lower()]) if match else 0
    if size <= 0:
        msg = f"should be a size such as `600M` or `2G`, found `{text}`"
        raise ValueError(msg)
    return size


def parse_seconds(text: str) -> int:
    """Turn a Compose duration (`90s`, `1m30s`) into whole seconds, rounded up.

    Raises:
        ValueError: the text is no duration; its words name what was expected.
    """
    match = _DURATION.fullmatch(text.strip()) if len(text) <= _DIGITS_AT_MOST else None
    if match is None or not any(match.groups()):
        msg = f"should be a duration such as `90s` or `1m30s`, found `{text}`"
        raise ValueError(msg)
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in match.groups())
    total = hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
    return int(-(-total // 1))


def show_size(size: int) -> str:
    """Write bytes as a person would: `600M`, `2G`, `1.5G`."""
    for letter in ("T", "G", "M", "K"):
        whole = 1024 ** _POWERS[letter.lower()]
        if size >= whole:
            return f"{size / whole:.1f}".removesuffix(".0") + letter
    return str(size)
