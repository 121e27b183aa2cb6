"""What can go wrong with a graph.

InvalidError
└── BadNameError           a label, name or kind that cannot be taken
NotFoundError
├── NodeNotFoundError      no such thing, or not yours
└── TextNotFoundError      no such document, or not yours
ConflictError
├── NoReaderError          no language model is on
└── StaleReadingError      another worker, or the document's owner, took over
UnavailableError
├── GraphDownError         the store of graphs does not answer
└── ReaderRefusedError     the language model refuses; asking again would not help
"""

from __future__ import annotations

from hearth_kit.errors import ConflictError, InvalidError, NotFoundError, UnavailableError


class BadNameError(InvalidError):
    """The name is not allowed here."""

    code = "bad-name"


class NodeNotFoundError(NotFoundError):
    """There is no such thing in your graph."""

    code = "node-not-found"


class GraphDownError(UnavailableError):
    """The graph cannot be reached."""

    code = "graph-down"


class TextNotFoundError(NotFoundError):
    """There is no such document of yours."""

    code = "text-not-found"


class NoReaderError(ConflictError):
    """No language model is on that could read it."""

    code = "no-reader"


class StaleReadingError(ConflictError):
    """The reading was taken over."""

    code = "stale-reading"


class ReaderRefusedError(UnavailableError):
    """The language model refuses."""

    code = "reader-refused"
