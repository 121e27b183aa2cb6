"""What secrets look like, and what may be asked for."""

from __future__ import annotations

import pytest
from hearth_kit import tokens
from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.errors import IdentityInputError, ScopeExceededError
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit

HELD = frozenset({"knowledge:read"})


@given(st.binary(min_size=32, max_size=32))
def test_made_token_is_token(random: bytes) -> None:
    token = tokens.make_token(random).reveal()
    assert token.startswith("hearth_")
    assert len(token) == 56
    assert tokens.is_token(token)


@given(st.binary(min_size=32, max_size=32), st.integers(7, 55))
def test_mistyped_token_is_none(random: bytes, place: int) -> None:
    token = tokens.make_token(random).reveal()
    other = "A" if token[place] != "A" else "B"
    assert not tokens.is_token(token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize(
    "text", ["", "hearth_", "Bearer x", "hearth_" + "a" * 49, "é" * 56, "\x00"]
)
def test_nonsense_is_no_token(text: str) -> None:
    assert not tokens.is_token(text)


@given(st.binary(min_size=32, max_size=32))
def test_made_secret_is_secret(random: bytes) -> None:
    assert rules.is_secret(rules.make_secret(random).reveal())


def test_csrf_tells_no_session() -> None:
    assert rules.csrf_token("a") != rules.csrf_token("b")
    assert rules.csrf_token("a") != rules.digest("a").hex()


def test_email_is_folded() -> None:
    assert rules.check_email("  Ada@Example.COM ") == "ada@example.com"


@pytest.mark.parametrize("text", ["", "ada", "@x", "a@", "a b@c", "a@b\x00", "a@b@c", "<a@b>"])
def test_bad_email_is_refused(text: str) -> None:
    with pytest.raises(IdentityInputError):
        rules.check_email(text)


def test_email_fault_is_named() -> None:
    with pytest.raises(IdentityInputError) as caught:
        rules.check_email("ada\n")
    assert str(caught.value) == "email: expected an address like `you@example.com`, found `ada\\n`"


def test_name_is_trimmed() -> None:
    assert rules.check_name("  my   laptop ") == "my laptop"


@pytest.mark.parametrize("text", ["", "  ", "a" * 81, "a\x1b[31m"])
def test_bad_name_is_refused(text: str) -> None:
    with pytest.raises(IdentityInputError) as caught:
        rules.check_name(text)
    assert str(caught.value).startswith("name: expected 1 to 80 printable characters, found `")


def test_scopes_are_sorted() -> None:
    wanted = ["knowledge:read", "knowledge:read"]
    assert rules.check_scopes(wanted, HELD) == ("knowledge:read",)


SCOPE_FAULTS = {
    "none": ([], IdentityInputError, "scopes: expected at least one, found none"),
    "unknown": (
        ["knowledge:raed"],
        IdentityInputError,
        "scopes: unknown scope `knowledge:raed`, the nearest known one is `knowledge:read`",
    ),
    "beyond": (
        ["knowledge:write"],
        ScopeExceededError,
        "scopes: `knowledge:write` is not yours to hand on",
    ),
}


@pytest.mark.parametrize(("wanted", "kind", "text"), SCOPE_FAULTS.values(), ids=SCOPE_FAULTS)
def test_scope_fault_is_named(wanted: list[str], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        rules.check_scopes(wanted, HELD)
    assert str(caught.value) == text


@pytest.mark.parametrize("random", [bytes(8), b"\xff" * 8, b"hearths!"])
def test_made_code_is_found_again(random: bytes) -> None:
    code = rules.make_code(random).reveal()
    assert len(code) == 11
    assert rules.find_code(f" {code.lower()} ") == code


@pytest.mark.parametrize("text", ["", "ABCDE", "ABCDE-FGHJU", "ABCDE-FGHJKK", "A" * 10**6])
def test_other_text_is_no_code(text: str) -> None:
    assert rules.find_code(text) is None
