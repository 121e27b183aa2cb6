"""Addresses of pages: which may be asked, which belong to one site, what a page links to. Pure."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from html.parser import HTMLParser
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

from hearth_server.capabilities.knowledge.errors import BadAddressError

MAX_ADDRESS: Final = 2_000
_PORTS: Final = {"http": 80, "https": 443}
_KEPT: Final = "/:@!$&'()*+,;=~-._?%[]"
_COMPATIBLE: Final = ipaddress.ip_network("::/96")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_HEAD: Final = 64 * 1024


def checked_address(text: str) -> str:
    """Bring a web address into one form: lower-case host, no fragment, no default port.

    Raises:
        BadAddressError: it is none that may be asked.

    Example:
        >>> checked_address("HTTP://Example.ORG:80/a b#c")
        'http://example.org/a%20b'
    """
    shown = text.strip()[:200]
    try:
        parts = urlsplit(text.strip())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError) as error:
        msg = f"address `{shown}`: is not a web address"
        raise BadAddressError(msg) from error
    if parts.scheme.lower() not in _PORTS or not host or len(text) > MAX_ADDRESS:
        msg = f"address `{shown}`: expected one that begins with `http://` or `https://`"
        raise BadAddressError(msg)
    if parts.username or parts.password:
        msg = "address: has a user's name or password in it, which is not sent anywhere"
        raise BadAddressError(msg)
    named = f"[{host}]" if ":" in host else host
    place = named if port in {None, _PORTS[parts.scheme.lower()]} else f"{named}:{port}"
    return urlunsplit(
        (
            parts.scheme.lower(),
            place,
            quote(parts.path or "/", safe=_KEPT),
            quote(parts.query, safe=_KEPT),
            "",
        )
    )


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the open internet, and none that hides another.

    Source: the registries of special-purpose addresses of IANA (RFC 6890), RFC 4291 section 2.5.5
    (IPv4 within IPv6), RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo).
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        hidden = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            hidden = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if hidden is not None:
            return is_public(str(hidden))
        if ip in _COMPATIBLE or ip.is_site_local or ip.scope_id:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def is_same_site(address: str, other: str) -> bool:
    """Tell whether two addresses have one host, with or without `www.`, and one port."""
    return _site(urlsplit(address)) == _site(urlsplit(other))


def label_of(address: str) -> str:
    """Name an address that says nothing better of itself: its last part, else its host.

    Example:
        >>> label_of("https://example.org/docs/river%20guide.pdf?x=1")
        'river guide.pdf'
    """
    parts = urlsplit(address)
    last = unquote(parts.path.rstrip("/").rsplit("/", 1)[-1])
    return last or parts.hostname or address


def title_of(page: str) -> str:
    """Give what a web page calls itself; empty where it does not."""
    return _parse(page[:_HEAD]).title


def links_of(page: str, address: str) -> list[str]:
    """Give the addresses that a web page links to, checked, each once, in their order.

    A page that asks not to be followed (`<meta name=robots content=nofollow>`) has none.
    """
    parser = _parse(page)
    if parser.is_silent:
        return []
    found: dict[str, None] = {}
    for link in parser.links:
        with suppress(BadAddressError):
            found[joined(joined(address, parser.base), link)] = None
    return list(found)


def joined(address: str, link: str) -> str:
    """Give the checked address that a link means on the page of an address.

    Raises:
        BadAddressError: it is none that may be asked.
    """
    try:
        return checked_address(urljoin(address, link))
    except ValueError as error:
        raise BadAddressError(f"address `{link[:200]}`: is not a web address") from error


def _site(parts: SplitResult) -> tuple[str, int]:
    host = (parts.hostname or "").removeprefix("www.")
    # What moves from http to https stays one site.
    return host, 0 if parts.port in {None, 80, 443} else parts.port or 0


def _parse(page: str) -> _Page:
    parser = _Page()
    parser.feed(page)
    return parser


class _Page(HTMLParser):
    """Takes in title, links and what the page asks of robots; builds no tree, so none is deep."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.base = ""
        self.is_silent = False
        self._title: list[str] = []
        self._in_title = False

    @property
    def title(self) -> str:
        return " ".join("".join(self._title).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        href = values.get("href", "").strip()
        if tag == "a" and href and "nofollow" not in values.get("rel", "").lower().split():
            self.links.append(href)
        elif tag == "base" and href and not self.base:
            self.base = href
        elif tag == "meta" and values.get("name", "").lower() == "robots":
            said = values.get("content", "").lower()
            self.is_silent = self.is_silent or "nofollow" in said or "none" in said
        elif tag == "title":
            self._in_title = not self._title

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self._title.append(data)
