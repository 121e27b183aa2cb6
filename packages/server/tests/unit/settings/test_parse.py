"""Text to settings: what is taken, and how each fault is said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hearth_kit.settings import Layer, merge
from hearth_server.settings.errors import SettingsError
from hearth_server.settings.model import EmbedderKind, Settings, reference
from hearth_server.settings.parse import _PARSERS, parse

pytestmark = pytest.mark.unit

URL = {"HEARTH_DATABASE_URL": "postgresql://hearth_app:hunter2@127.0.0.1/hearth"}


def read(**values: str) -> Settings:
    return parse(merge([Layer(origin="environment", values=URL | values)]))


def test_defaults_hold() -> None:
    settings = read()
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.embedder is EmbedderKind.BUILTIN
    assert settings.upload_limit == 500_000_000


def test_values_are_typed() -> None:
    settings = read(
        HEARTH_PORT="8123",
        HEARTH_DATA_DIR="/var/lib/hearth",
        HEARTH_PUBLIC_URL="https://hearth.example.com/",
        HEARTH_SESSION_LIFETIME="3600",
        HEARTH_ALLOWED_HOSTS="a.test, b.test,",
        HEARTH_LOG_LEVEL="DEBUG",
    )
    assert settings.port == 8123
    assert settings.data_dir == Path("/var/lib/hearth")
    assert settings.base_url == "https://hearth.example.com"
    assert settings.session_lifetime == timedelta(hours=1)
    assert settings.allowed_hosts == ("a.test", "b.test")
    assert settings.log_level == "debug"


def test_libpq_pairs_are_taken() -> None:
    settings = read(HEARTH_DATABASE_URL="user=hearth_app host=/run/pg")
    assert settings.database_url.reveal() == "user=hearth_app host=/run/pg"


def test_ipv6_host_makes_address() -> None:
    assert read(HEARTH_HOST="::1").base_url == "http://[::1]:8000"


def test_empty_value_is_absent() -> None:
    assert read(HEARTH_PORT=" ").port == 8000


def test_foreign_key_passes() -> None:
    assert read(HEARTH_HOME="/root/.hearth").port == 8000


def test_password_never_shows() -> None:
    assert "hunter2" not in repr(read())


FAULTS = {
    "unknown": (
        {"HEARTH_PROT": "1"},
        "HEARTH_PROT: unknown setting, the nearest known one is `HEARTH_PORT`",
    ),
    "half of Access": (
        {"HEARTH_ACCESS_AUD": "32eafc"},
        "HEARTH_ACCESS_TEAM_DOMAIN: is needed beside `HEARTH_ACCESS_AUD`",
    ),
    "team without safety": (
        {"HEARTH_ACCESS_TEAM_DOMAIN": "http://acme.test", "HEARTH_ACCESS_AUD": "a"},
        (
            "HEARTH_ACCESS_TEAM_DOMAIN: expected a name like `acme.cloudflareaccess.com`, "
            "found `http://acme.test` (from environment)"
        ),
    ),
    "unknown scope": (
        {"HEARTH_ACCESS_SERVICE_SCOPES": "act-fro"},
        (
            "HEARTH_ACCESS_SERVICE_SCOPES: unknown scope `act-fro`, "
            "the nearest known one is `act-for` (from environment)"
        ),
    ),
    "limit": (
        {"HEARTH_RATE_LIMIT": "-1"},
        (
            "HEARTH_RATE_LIMIT: expected a whole number from 0 to 2147483647, found `-1`"
            " (from environment)"
        ),
    ),
    "far": ({"HEARTH_XJZZJ_WXJZZJ": "1"}, "HEARTH_XJZZJ_WXJZZJ: unknown setting"),
    "port": (
        {"HEARTH_PORT": "70000"},
        "HEARTH_PORT: expected a port from 0 to 65535, found `70000` (from environment)",
    ),
    "endless": (
        {"HEARTH_UPLOAD_LIMIT": "9" * 30},
        (
            f"HEARTH_UPLOAD_LIMIT: expected a whole number above 0, found `{'9' * 30}`"
            " (from environment)"
        ),
    ),
    "seconds": (
        {"HEARTH_SESSION_LIFETIME": "9" * 17},
        f"HEARTH_SESSION_LIFETIME: expected fewer seconds, found `{'9' * 17}` (from environment)",
    ),
    "choice": (
        {"HEARTH_EMBEDDER": "magic"},
        (
            "HEARTH_EMBEDDER: expected one of `builtin`, `onnx`, `openai`, found `magic`"
            " (from environment)"
        ),
    ),
    "checksum": (
        {"HEARTH_EMBEDDER_SHA256": "abc"},
        "HEARTH_EMBEDDER_SHA256: expected 64 hexadecimal digits, found `abc` (from environment)",
    ),
    "address": (
        {"HEARTH_PUBLIC_URL": "hearth"},
        (
            "HEARTH_PUBLIC_URL: expected an address like `http://127.0.0.1:8000`, found `hearth`"
            " (from environment)"
        ),
    ),
    "database": (
        {"HEARTH_DATABASE_OWNER_URL": "mysql://x"},
        (
            "HEARTH_DATABASE_OWNER_URL: expected an address that starts with `postgresql://`,"
            " or libpq's `key=value` pairs (from environment)"
        ),
    ),
}


@pytest.mark.parametrize(("values", "text"), FAULTS.values(), ids=FAULTS.keys())
def test_fault_is_named(values: dict[str, str], text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(**values)
    assert str(caught.value) == text
    assert caught.value.hint == "hearth-server settings"


def test_every_fault_at_once() -> None:
    layers = [Layer(origin="environment", values={"HEARTH_PORT": "x", "HEARTH_NOPE": "1"})]
    with pytest.raises(SettingsError) as caught:
        parse(merge(layers))
    assert caught.value.details["findings"] == [
        "HEARTH_NOPE: unknown setting, the nearest known one is `HEARTH_PORT`",
        "HEARTH_DATABASE_URL: is required and not set",
        "HEARTH_PORT: expected a port from 0 to 65535, found `x` (from environment)",
    ]


def test_every_setting_is_documented() -> None:
    assert [row.name for row in reference() if not row.doc] == []
    assert {row.name for row in reference()} == set(_PARSERS)


@pytest.mark.parametrize(
    "given", ["acme.cloudflareaccess.com", "https://Acme.cloudflareaccess.com/"]
)
def test_team_is_named_as_its_issuer(given: str) -> None:
    settings = read(HEARTH_ACCESS_TEAM_DOMAIN=given, HEARTH_ACCESS_AUD="one, two")
    assert settings.access_team_domain == "https://acme.cloudflareaccess.com"
    assert settings.access_aud == ("one", "two")
