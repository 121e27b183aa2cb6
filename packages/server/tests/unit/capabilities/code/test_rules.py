"""Which archive an address means, what a repository may be called, how a signature is written."""

from __future__ import annotations

import ast

import pytest
from hearth_server.capabilities.code.errors import BadArchiveError
from hearth_server.capabilities.code.model import Symbol
from hearth_server.capabilities.code.parsing import parse_module
from hearth_server.capabilities.code.rules import (
    archive_of,
    clean_repository,
    name_of,
    signature_of,
)
from hearth_server.capabilities.code.scope import Module

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("address", "archive", "name"),
    [
        ("https://github.com/a/shop", "https://github.com/a/shop/archive/HEAD.tar.gz", "shop"),
        ("https://github.com/a/shop.git/", "https://github.com/a/shop/archive/HEAD.tar.gz", "shop"),
        (
            "https://github.com/a/shop/tree/release/1.0",
            "https://github.com/a/shop/archive/release/1.0.tar.gz",
            "shop",
        ),
        (
            "https://gitlab.com/a/b/shop",
            "https://gitlab.com/a/b/shop/-/archive/HEAD/shop-HEAD.tar.gz",
            "shop",
        ),
        ("https://example.org/x/shop-1.zip?a=b", "https://example.org/x/shop-1.zip?a=b", "shop-1"),
    ],
)
def test_an_address_means_an_archive(address: str, archive: str, name: str) -> None:
    assert archive_of(address) == (archive, name)


@pytest.mark.parametrize(
    "address",
    [
        "http://github.com/a/shop",
        "git@github.com:a/shop.git",
        "https://me:secret@github.com/a/shop",
        "https://github.com/a",
        "https://github.com/a/shop/issues/1",
        "https://github.com/a/..",
        "https://github.com/a/shop/tree/..",
        "https://example.org/shop",
        "file:///etc/passwd.zip",
        "",
    ],
)
def test_any_other_address_is_refused(address: str) -> None:
    with pytest.raises(BadArchiveError, match=r"^url: is "):
        archive_of(address)


def test_names_are_plain() -> None:
    assert clean_repository(" acme/shop  1.0 ") == "acme/shop 1.0"
    for bad in ("", "../x", "a\x00", "x" * 101, "<b>"):
        with pytest.raises(BadArchiveError, match=r"^name: is "):
            clean_repository(bad)
    assert name_of("C:\\down\\shop (1).tar.gz") == "shop-1"
    assert name_of("....zip") == "repository"


def first(text: str) -> Symbol:
    return parse_module(text, Module(name="m", path="m.py"))[0][1]


@pytest.mark.parametrize(
    "written",
    [
        "f()",
        "f(a, /, b, *, c)",
        "f(a, b=…, *rest, c=…, **more)",
        "async f(a: int) -> str",
    ],
)
def test_a_signature_is_written_as_one_would(written: str) -> None:
    head = written.replace("…", "0").replace("async f", "async def f", 1)
    head = head if head.startswith("async") else f"def {head}"
    ast.parse(f"{head}: ...")
    assert signature_of(first(f"{head}: ...\n")) == written
