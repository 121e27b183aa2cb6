"""Addresses of pages: what may be asked at all, and what belongs to one site."""

from __future__ import annotations

import pytest
from hearth_server.capabilities.knowledge.errors import BadAddressError
from hearth_server.capabilities.knowledge.links import (
    checked_address,
    is_public,
    is_same_site,
    label_of,
    links_of,
    title_of,
)
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("address", "is_open"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("::7f00:1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("2002:c0a8:101::1", False),
        ("2001:0:0:0:0:0:80ff:fffe", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_only_open_internet_is_public(address: str, is_open: bool) -> None:
    assert is_public(address) is is_open


@pytest.mark.parametrize(
    ("typed", "checked"),
    [
        (" HTTPS://Example.ORG:443/A?b=c#d ", "https://example.org/A?b=c"),
        ("http://example.org", "http://example.org/"),
        ("http://bücher.example/ä", "http://xn--bcher-kva.example/%C3%A4"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("https://example.org/a%20b", "https://example.org/a%20b"),
    ],
)
def test_address_has_one_form(typed: str, checked: str) -> None:
    assert checked_address(typed) == checked


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("file:///etc/passwd", "expected one that begins with `http://` or `https://`"),
        ("gopher://example.org", "expected one that begins with `http://` or `https://`"),
        ("example.org", "expected one that begins with `http://` or `https://`"),
        ("http://", "expected one that begins with `http://` or `https://`"),
        ("http://[::1", "is not a web address"),
        ("http://example.org:99999/", "is not a web address"),
    ],
)
def test_other_addresses_are_refused(typed: str, message: str) -> None:
    with pytest.raises(BadAddressError) as caught:
        checked_address(typed)
    assert str(caught.value) == f"address `{typed}`: {message}"


def test_password_in_address_is_not_repeated() -> None:
    with pytest.raises(BadAddressError) as caught:
        checked_address("https://ada:hunter2@example.org/")
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=80))
def test_address_is_checked_or_refused(text: str) -> None:
    """Whatever stands in a page's link, it becomes an address of one form or an error of ours."""
    try:
        checked = checked_address(f"http://example.org/{text}")
    except BadAddressError:
        return
    assert checked_address(checked) == checked


def test_site_is_host_and_port() -> None:
    assert is_same_site("https://www.example.org/a", "http://example.org/b")
    assert not is_same_site("https://example.org.evil.test/", "https://example.org/")
    assert not is_same_site("https://example.org:8443/", "https://example.org/")
    assert not is_same_site("https://docs.example.org/", "https://example.org/")


PAGE = """<html><head><title>Rivers &amp; <b>hills</b></title><base href="/docs/"></head>
<a href="danube.html#top">a</a> <a href="danube.html">b</a> <a href="//other.test/">c</a>
<a href="javascript:alert(1)">d</a> <a href="mailto:a@b.c">e</a> <a rel="nofollow" href="x">f</a>
<a href="http://[bad">g</a></html>"""


def test_links_of_page() -> None:
    assert links_of(PAGE, "https://example.org/start") == [
        "https://example.org/docs/danube.html",
        "https://other.test/",
    ]
    assert title_of(PAGE) == "Rivers & hills"


def test_page_may_ask_not_to_be_followed() -> None:
    silent = '<meta name="ROBOTS" content="noindex, nofollow"><a href="/x">x</a>'
    assert links_of(silent, "https://example.org/") == []


def test_address_names_itself() -> None:
    assert label_of("https://example.org/") == "example.org"
    assert label_of("https://example.org/a/b.pdf") == "b.pdf"
