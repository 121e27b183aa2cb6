"""The one table from errors to statuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hearth_kit.errors import Category, HearthError
from hearth_server.adapters.postgres.errors import PostgresDownError
from hearth_server.capabilities.identity.errors import (
    NotSignedInError,
    SignInLinkError,
    TokenNameTakenError,
    TokenNotFoundError,
)
from hearth_server.capabilities.knowledge.errors import (
    BadLabelError,
    DocumentNotFoundError,
    DocumentStateError,
    IngestCancelledError,
    TooLargeError,
)
from hearth_server.edge.errors import (
    EXCEPTIONS,
    STATUSES,
    BodyTooLargeError,
    ForgedRequestError,
    MalformedBodyError,
    MediaTypeError,
    problem_of,
    status_of,
)
from hearth_server.registry.errors import ArgumentsError, ResultError, ScopeMissingError

pytestmark = pytest.mark.unit

TABLE: dict[type[HearthError], int] = {
    BadLabelError: 400,
    NotSignedInError: 401,
    SignInLinkError: 403,
    ScopeMissingError: 403,
    ForgedRequestError: 403,
    TokenNotFoundError: 404,
    DocumentNotFoundError: 404,
    TokenNameTakenError: 409,
    DocumentStateError: 409,
    TooLargeError: 413,
    BodyTooLargeError: 413,
    MediaTypeError: 415,
    ArgumentsError: 422,
    MalformedBodyError: 422,
    IngestCancelledError: 499,
    ResultError: 500,
    PostgresDownError: 503,
}


@pytest.mark.parametrize(("kind", "status"), TABLE.items(), ids=lambda it: getattr(it, "code", it))
def test_status_of_error(kind: type[HearthError], status: int) -> None:
    assert status_of(kind("where: what")) == status


def test_every_category_has_status() -> None:
    assert set(STATUSES) == set(Category)


def test_exceptions_name_real_codes() -> None:
    def tree(kind: type[HearthError]) -> Iterator[type[HearthError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from tree(child)

    assert set(EXCEPTIONS) <= {each.code for each in tree(HearthError)}


def test_problem_is_whole() -> None:
    error = TooLargeError("file `a`: is larger", hint="hearth settings", details={"limit": 1})
    assert problem_of(error).model_dump() == {
        "title": "Request Entity Too Large",
        "status": 413,
        "code": "too-large",
        "message": "file `a`: is larger",
        "hint": "hearth settings",
        "details": {"limit": 1},
    }


def test_closed_request_has_title() -> None:
    assert problem_of(IngestCancelledError()).title == "Client Closed Request"
