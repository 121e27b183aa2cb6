"""Which labels, names and kinds a graph takes. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from hearth_server.capabilities.graph.errors import BadNameError

LONGEST_NAME: Final = 200
LONGEST_NOTE: Final = 2_000
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


def clean_word(where: str, value: str) -> str:
    """Give a label or kind as it is stored: `Works on` becomes `works_on`.

    Raises:
        BadNameError: it is no word of at most 40 letters, digits and underscores.
    """
    word = re.sub(r"[\s-]+", "_", value.strip().lower())
    if not _WORD.fullmatch(word):
        msg = (
            f"{where}: is `{value[:40]}`, expected a word of a to z, digits and underscores, "
            "at most 40 characters"
        )
        raise BadNameError(msg)
    return word


def clean_name(where: str, value: str, *, longest: int = LONGEST_NAME) -> str:
    """Give a name with single spaces and composed letters, so that one thing has one name.

    Raises:
        BadNameError: it is empty, too long, or has control characters.
    """
    name = " ".join(unicodedata.normalize("NFC", value).split())
    if not name:
        msg = f"{where}: is empty"
        raise BadNameError(msg)
    return clean_note(where, name, longest=longest)


def clean_note(where: str, value: str, *, longest: int = LONGEST_NOTE) -> str:
    """Give a text as it is stored.

    Raises:
        BadNameError: it is too long or has control characters.
    """
    text = value.strip()
    if len(text) > longest:
        msg = f"{where}: has {len(text)} characters, at most {longest} are allowed"
        raise BadNameError(msg)
    if any(unicodedata.category(each) in {"Cc", "Cs"} and each not in "\n\t" for each in text):
        msg = f"{where}: has control characters"
        raise BadNameError(msg)
    return text
