"""How names are formed from names: variables, secret keys, labels. Pure text."""

from __future__ import annotations

import re

LABEL_PROJECT = "hearth.project"
LABEL_SERVICE = "hearth.service"
LABEL_UNIT = "hearth.unit"
LABEL_HASH = "hearth.hash"
LABEL_JOB = "hearth.job"
LABEL_BUILT = "hearth.built"
LABEL_FORMAT = "hearth.format"
SECRETS_IN_CONTAINER = "/run/secrets"
URL_FORM = "__URL"
"""Ends the variable of a secret that stands in an address: its value is percent-encoded.

No other variable ends so, because `variable_name` gives single underscores.
"""

_NOT_WORD = re.compile(r"[^A-Z0-9]+")


def variable_name(*parts: str) -> str:
    """Join parts to an environment variable's name.

    Example: `variable_name("lambda-server", "port")` gives `LAMBDA_SERVER_PORT`.
    """
    return _NOT_WORD.sub("_", "_".join(parts).upper())


def secret_key(service: str, name: str) -> str:
    """Name a service's secret, which is also its file below `secrets/`."""
    return f"{service}_{name}"


def database_key(service: str, role: str) -> str:
    """Name the secret that holds a database role's password."""
    return f"{service}_db_{role}"


def volume_name(project: str, volume: str) -> str:
    """Name a volume as the engine has it."""
    return f"{project}_{volume}"
