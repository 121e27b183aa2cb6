"""What a test does where something that it needs is not on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NoReturn

import pytest

from lab.place import Place
from lab.shell import NotHereError


def leave_out(reason: str) -> NoReturn:
    """Skip the test, or fail it where everything is meant to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@contextmanager
def store_at(
    variable: str | None, running: Callable[[Place], AbstractContextManager[str]]
) -> Iterator[str]:
    """Give the address of the server that a variable names, else of one that is run meanwhile."""
    given = variable and os.environ.get(variable)
    if given:
        yield given
        return
    try:
        with running(Place.from_environment()) as address:
            yield address
    except NotHereError as error:
        leave_out(str(error))
