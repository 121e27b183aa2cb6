"""Secrets as they are handed over: bare, within an address, within a file's text. Pure.

Only adapters call this, last, where the value leaves.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from hearth_kit.secret import Secret

from hearth_control.plan.interpolate import fill
from hearth_control.plan.model import SecretFile
from hearth_control.plan.names import URL_FORM, variable_name


def value_of(variable: str, secret: Secret) -> str:
    """Give what stands for a variable: the secret, or its form within an address.

    Source: RFC 3986 section 2.1.
    """
    value = secret.reveal()
    return quote(value, safe="") if variable.endswith(URL_FORM) else value


def content_of(file: SecretFile, secrets: Mapping[str, Secret]) -> str:
    """Fill a file's text in; `secrets` maps keys to values."""
    values = {
        f"{variable_name(key)}{form}": value_of(f"{variable_name(key)}{form}", secret)
        for key, secret in secrets.items()
        for form in ("", URL_FORM)
    }
    return fill(file.text, values)
