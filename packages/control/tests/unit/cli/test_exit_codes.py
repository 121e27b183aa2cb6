from __future__ import annotations

import pytest
from hearth_control.cli.exit_codes import BY_CATEGORY, MEANINGS, Exit, exit_code
from hearth_control.deploy.errors import NotSetUpError, PartlyUpError
from hearth_control.engine.errors import DeployLockedError, EngineUnavailableError
from hearth_kit.errors import CancelledError, Category, DeniedError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotSetUpError(), 10),
        (DeployLockedError(), 11),
        (DeniedError(), 12),
        (CancelledError(), 130),
        (PartlyUpError(), 3),
        (EngineUnavailableError(), 1),
    ],
    ids=str,
)
def test_exit_of_error(error, code) -> None:
    assert exit_code(error) == code


def test_exit_covers_categories() -> None:
    assert set(BY_CATEGORY) == set(Category)


def test_every_exit_explained() -> None:
    assert set(MEANINGS) == set(Exit)
