"""Values by kind, from randomness that is handed in."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from itertools import cycle
from typing import Any

import bcrypt
import jwt
import pytest
from hearth_control.catalog.model import SecretKind, SecretRule
from hearth_control.secrets.errors import SecretNotGivenError, SecretRuleError
from hearth_control.secrets.generate import generate
from hearth_kit.tokens import is_token
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit


def counted() -> Callable[[int], bytes]:
    """Give bytes that count up, so that every value is known."""
    numbers = cycle(range(256))
    return lambda size: bytes(next(numbers) for _ in range(size))


def made(kind: SecretKind, **rule: Any) -> str:
    parents = rule.pop("parents", {})
    now = rule.pop("now", 0)
    return generate(SecretRule(kind=kind, **rule), random=counted(), parents=parents, now=now)


@pytest.mark.parametrize(
    ("kind", "rule", "value"),
    [
        pytest.param(SecretKind.HEX, {"bytes": 8}, "0001020304050607", id="hex"),
        pytest.param(SecretKind.HEX, {"length": 5}, "00010", id="hex-odd-length"),
        pytest.param(SecretKind.BASE64, {"bytes": 8}, "AAECAwQFBgc=", id="base64"),
        pytest.param(SecretKind.BASE64, {"length": 10}, "AAECAwQFBg", id="base64-length"),
        pytest.param(SecretKind.PASSWORD, {"length": 8}, "ABCDEFGH", id="password"),
        pytest.param(SecretKind.PREFIXED, {"prefix": "sk-", "length": 4}, "sk-ABCD", id="prefixed"),
        pytest.param(SecretKind.PAIR, {"length": 4, "user": "ann"}, "ABCD", id="pair"),
    ],
)
def test_values(kind: SecretKind, rule: dict[str, Any], value: str) -> None:
    assert made(kind, **rule) == value


def test_token_is_one_of_the_server() -> None:
    value = made(SecretKind.TOKEN)
    assert value.startswith("hearth_")
    assert is_token(value)
    assert not is_token(value[:-1] + ("0" if value[-1] != "0" else "1"))


@pytest.mark.parametrize(
    ("kind", "length"),
    [
        (SecretKind.HEX, 64),
        (SecretKind.PASSWORD, 32),
        (SecretKind.PAIR, 32),
        (SecretKind.PREFIXED, 32),
    ],
)
def test_default_lengths(kind: SecretKind, length: int) -> None:
    assert len(made(kind)) == length


def test_base64_default_bytes() -> None:
    assert len(b64decode(made(SecretKind.BASE64))) == 32


def test_letters_are_fair() -> None:
    """Bytes past the last whole alphabet are not folded back onto its first letters."""
    unfair_then_a = iter([bytes([255, 254, 253, 252]), bytes([0, 0, 0, 0])])
    value = generate(
        SecretRule(kind=SecretKind.PASSWORD, length=4),
        random=lambda _size: next(unfair_then_a),
        parents={},
    )
    assert value == "AAAA"


def test_token_verifies() -> None:
    key = "a-parent-secret-of-at-least-thirty-two-bytes"
    token = made(
        SecretKind.JWT,
        parent="jwt_secret",
        parents={"jwt_secret": key},
        claims={"role": "anon", "iat": "now", "exp": "+3600", "level": "3"},
        now=2_000_000_000,
    )
    claims = jwt.decode(token, key, algorithms=["HS256"], options={"verify_iat": False})
    assert claims == {"role": "anon", "iat": 2_000_000_000, "exp": 2_000_003_600, "level": 3}


def test_hash_verifies() -> None:
    value = made(SecretKind.BCRYPT, parent="password", parents={"password": "correct horse"})
    assert value.startswith("$2b$12$")
    assert bcrypt.checkpw(b"correct horse", value.encode())


def test_given_is_not_made() -> None:
    with pytest.raises(SecretNotGivenError) as raised:
        made(SecretKind.GIVEN)
    assert str(raised.value) == "The secret comes from you and is not there"


def test_missing_parent() -> None:
    with pytest.raises(SecretRuleError) as raised:
        made(SecretKind.JWT, parent="gone")
    assert str(raised.value) == "kind `jwt`: its parent `gone` is no secret of the service"


@given(
    st.sampled_from((SecretKind.HEX, SecretKind.BASE64, SecretKind.PASSWORD)),
    st.integers(min_value=8, max_value=100),
)
def test_exact_length(kind: SecretKind, length: int) -> None:
    assert len(made(kind, length=length)) == length


@given(st.binary(min_size=32, max_size=32))
def test_passwords_need_no_quoting(seed: bytes) -> None:
    supply = cycle(seed + bytes(range(62)))
    value = generate(
        SecretRule(kind=SecretKind.PASSWORD),
        random=lambda size: bytes(next(supply) for _ in range(size)),
        parents={},
    )
    assert value.isascii()
    assert value.isalnum()
