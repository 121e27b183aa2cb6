"""Errors of the embedded engine.

EngineUnavailableError
├── HomeNotWritableError        the home cannot hold state, logs or data
├── SupervisorLostError         the supervisor did not start, or went away in mid-talk
└── PostgresUnusableError       no Postgres can be run here: wheel, user or data do not allow it
"""

from __future__ import annotations

from hearth_control.engine.errors import EngineUnavailableError


class HomeNotWritableError(EngineUnavailableError):
    """The home cannot be written."""

    code = "home-not-writable"  # lint: errors the trouble that deploy meets too


class SupervisorLostError(EngineUnavailableError):
    """The supervisor does not answer."""

    code = "supervisor-lost"


class PostgresUnusableError(EngineUnavailableError):
    """PostgreSQL cannot be run on this machine."""

    code = "postgres-unusable"
