from __future__ import annotations

import pytest
from hearth_control.engine.compose.envfile import env_file
from hearth_control.engine.compose.errors import ComposeFailedError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param("plain-Word_1", "'plain-Word_1'", id="plain"),
        pytest.param("", "''", id="empty"),
        pytest.param("a$b${c} #d %s @", "'a$b${c} #d %s @'", id="single quotes are literal"),
        pytest.param('say "hi"', "'say \"hi\"'", id="double quote"),
        pytest.param("it's", '"it\'s"', id="single quote"),
        pytest.param("it's $5", '"it\'s \\$5"', id="dollar in double quotes"),
        pytest.param("a\\", '"a\\\\"', id="backslash at the end"),
        pytest.param("'\"", '"\'\\""', id="both quotes"),
        pytest.param("one\ntwo\r\n", '"one\\ntwo\\r\\n"', id="line ends"),
    ],
)
def test_values_are_quoted(value: str, written: str) -> None:
    assert env_file({"NAME": value}) == f"NAME={written}\n"


def test_names_are_sorted() -> None:
    assert env_file({"B": "2", "A": "1"}) == "A='1'\nB='2'\n"


def test_nul_is_refused() -> None:
    with pytest.raises(ComposeFailedError) as caught:
        env_file({"WORD": "a\0b"})
    assert str(caught.value) == (
        "secret for `WORD`: holds a NUL byte, which no environment variable can"
    )
