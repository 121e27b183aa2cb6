"""Which request targets pass without login. Pure.

A gateway and the program behind it may read one target in two ways: `//`, `/./`, `/..;/`,
`%2e%2e`, another case. So the target is matched as it was sent, case and all, and a target that
can be read in two ways passes nowhere.
Source: RFC 3986 section 6; Orange Tsai, "Breaking Parser Logic", Black Hat USA 2018.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

ODD_TARGET = r"(?i)^[^?]*(?://|/\.\.?(?:[/?]|$)|[\\;#]|%(?:[01]|2[35ef]|3b|5c|7f))"
"""Empty and dot segments, path parameters, and escapes of what parts or ends a path."""


def open_target(paths: Iterable[str]) -> str:
    """Give one regular expression that matches the open targets, query and all.

    A path that ends with `/` or `*` stands for all that begins so, any other for itself. The
    syntax is what RE2, PCRE and Python have in common.
    """
    return rf"^(?:{'|'.join(path_pattern(path) for path in sorted(set(paths)))})(?:\?|$)"


def path_pattern(path: str) -> str:
    """Give the regular expression of one open path, without the query."""
    literal = re.escape(path.rstrip("*")).replace(r"\-", "-")
    return rf"{literal}[^?]*" if path.endswith(("/", "*")) else literal
