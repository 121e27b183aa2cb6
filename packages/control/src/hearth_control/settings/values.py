"""One setting's text to its value, or the words for what is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from hearth_kit.settings import nearest

from hearth_control.catalog.units import parse_size
from hearth_control.settings.keys import KeyInfo, KeyKind

_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#]+[^\s]*", re.IGNORECASE)
_CREDENTIALS = re.compile(
    r"(?<=://)(?:[^@/\s]*|[^@/\s:]*:[^@\s]*)@"  # also a password with a slash that is not escaped
    r"|\A[^@/\s:]+:(?!//)[^@\s]*@"  # and where the scheme was forgotten
)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_TIMEZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")
_DIGITS_AT_MOST = 9
_OWN_NETWORKS = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "198.18.0.0/15",
)
"""What is nobody's on the internet (RFC 1918, RFC 6598, RFC 2544)."""


def parse_integer(info: KeyInfo, text: str) -> int:
    """Read a whole number within the key's bounds.

    Raises:
        ValueError: its words name what was expected and found.
    """
    digits = text.isascii() and text.isdigit() and len(text) <= _DIGITS_AT_MOST
    if not digits or not info.least <= int(text) <= info.most:
        msg = f"should be a whole number from {info.least} to {info.most}, found `{text}`"
        raise ValueError(msg)
    return int(text)


def parse_choice(info: KeyInfo, text: str) -> str:
    """Read one of the key's choices.

    Raises:
        ValueError: its words name the choices and what was found.
    """
    if text in info.choices:
        return text
    names = ", ".join(f"`{choice}`" for choice in info.choices)
    close = nearest(text, info.choices)
    meant = f"; did you mean `{close}`?" if close else ""
    msg = f"should be one of {names}, found `{text}`{meant}"
    raise ValueError(msg)


def check_value(info: KeyInfo, text: str) -> None:
    """Check that a text is a value of the key.

    Raises:
        ValueError: its words name what was expected and found.
    """
    if "\0" in text:
        msg = "holds a NUL character"
        raise ValueError(msg)
    _CHECKS[info.kind](info, text)


def hide_credentials(text: str) -> str:
    """Put stars in place of a URL's user and password."""
    return _CREDENTIALS.sub("********@", text)


def _check_size(_: KeyInfo, text: str) -> None:
    parse_size(text)


def _check_url(_: KeyInfo, text: str) -> None:
    if not _URL.fullmatch(text):
        msg = f"should be a URL such as `http://host:port`, found `{hide_credentials(text)}`"
        raise ValueError(msg)


def _check_address(_: KeyInfo, text: str) -> None:
    import ipaddress

    try:
        ipaddress.ip_address(text)
    except ValueError as cause:
        msg = f"should be an IP address such as `127.0.0.1`, found `{text}`"
        raise ValueError(msg) from cause


def _check_network(_: KeyInfo, text: str) -> None:
    import ipaddress

    try:
        network = ipaddress.IPv4Network(text)
    except ValueError as cause:
        msg = f"should be an IPv4 network such as `192.168.1.0/24`, found `{text}`"
        raise ValueError(msg) from cause
    if not any(network.subnet_of(ipaddress.IPv4Network(own)) for own in _OWN_NETWORKS):
        names = ", ".join(f"`{own}`" for own in _OWN_NETWORKS)
        msg = f"should lie in one of {names}, found `{text}`"
        raise ValueError(msg)


def _check_domain(_: KeyInfo, text: str) -> None:
    if not _DOMAIN.fullmatch(text):
        msg = f"should be a domain such as `example.org`, found `{text}`"
        raise ValueError(msg)


def _check_timezone(_: KeyInfo, text: str) -> None:
    if not _TIMEZONE.fullmatch(text):
        msg = f"should be a time zone such as `Europe/Berlin`, found `{text}`"
        raise ValueError(msg)


def _check_path(_: KeyInfo, text: str) -> None:
    if not text.startswith("/"):
        msg = f"should be an absolute path such as `/etc/ssl/own.pem`, found `{text}`"
        raise ValueError(msg)


def _check_text(_: KeyInfo, __: str) -> None:
    return


def _check_choice(info: KeyInfo, text: str) -> None:
    parse_choice(info, text)


def _check_integer(info: KeyInfo, text: str) -> None:
    parse_integer(info, text)


_CHECKS: Mapping[KeyKind, Callable[[KeyInfo, str], None]] = {
    KeyKind.TEXT: _check_text,
    KeyKind.CHOICE: _check_choice,
    KeyKind.INTEGER: _check_integer,
    KeyKind.SIZE: _check_size,
    KeyKind.URL: _check_url,
    KeyKind.ADDRESS: _check_address,
    KeyKind.NETWORK: _check_network,
    KeyKind.DOMAIN: _check_domain,
    KeyKind.TIMEZONE: _check_timezone,
    KeyKind.PATH: _check_path,
}
