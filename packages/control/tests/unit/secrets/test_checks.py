"""Values that fit their secret's kind, and those that would break what reads them."""

from __future__ import annotations

import os

import pytest
from hearth_control.catalog.model import SecretKind, SecretRule
from hearth_control.secrets.checks import find_fault
from hearth_control.secrets.generate import generate

pytestmark = pytest.mark.unit

HEX = SecretRule(kind=SecretKind.HEX, bytes=4)
BASE64 = SecretRule(kind=SecretKind.BASE64, bytes=3)
PASSWORD = SecretRule(kind=SecretKind.PASSWORD)
PREFIXED = SecretRule(kind=SecretKind.PREFIXED, prefix="sk-")
GIVEN = SecretRule(kind=SecretKind.GIVEN)


@pytest.mark.parametrize(
    ("rule", "value", "fault"),
    [
        (HEX, "00ff00ff", None),
        (HEX, "00ff00fg", "is not made of hexadecimal digits alone"),
        (HEX, "00ff", "has 4 digits instead of 8"),
        (BASE64, "AAAA", None),
        (BASE64, "AAAAAAAA", "holds 6 bytes instead of 3"),
        (BASE64, "A A", "is not base64"),
        (PASSWORD, "p@ss 'w\"o$rd%ü", None),
        (PASSWORD, "short", "is shorter than 8 characters"),
        (PASSWORD, "two\nlines here", "holds a line end or another control character"),
        (PASSWORD, "two\u2028lines here", "holds a line end or another control character"),
        (PASSWORD, " leading space", "begins or ends with a space"),
        (PREFIXED, "sk-abcdefgh", None),
        (PREFIXED, "pk-abcdefgh", "does not begin with `sk-`"),
        (GIVEN, "-----BEGIN KEY-----\nabc\n", None),
        (GIVEN, "", "is empty"),
        (GIVEN, "a\0b", "holds a NUL character"),
        (GIVEN, "x" * 8193, "is longer than 8192 characters"),
        (
            SecretRule(kind=SecretKind.JWT, parent="jwt_secret"),
            "eyJ",
            "is derived from `jwt_secret`; change that one",
        ),
    ],
)
def test_value_fits_its_kind_or_says_why_not(
    rule: SecretRule, value: str, fault: str | None
) -> None:
    assert find_fault(rule, value) == fault


@pytest.mark.parametrize("length", [None, 16, 40])
@pytest.mark.parametrize("kind", ["hex", "base64", "password", "pair", "prefixed"])
def test_what_is_generated_fits(kind: str, length: int | None) -> None:
    rule = SecretRule(
        kind=SecretKind(kind), length=length, prefix="sk-" if kind == "prefixed" else ""
    )
    assert find_fault(rule, generate(rule, random=os.urandom, parents={})) is None
