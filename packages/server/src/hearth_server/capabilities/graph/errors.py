"""What can go wrong with a graph.

InvalidError
└── BadNameError           a label, name or kind that cannot be taken
NotFoundError
└── NodeNotFoundError      no such thing, or not yours
UnavailableError
└── GraphDownError         the store of graphs does not answer
"""

from __future__ import annotations

from hearth_kit.errors import InvalidError, NotFoundError, UnavailableError


class BadNameError(InvalidError):
    """The name is not allowed here."""

    code = "bad-name"


class NodeNotFoundError(NotFoundError):
    """There is no such thing in your graph."""

    code = "node-not-found"


class GraphDownError(UnavailableError):
    """The graph cannot be reached."""

    code = "graph-down"
