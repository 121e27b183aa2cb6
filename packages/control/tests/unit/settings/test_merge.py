"""Layers to one value: who wins, what is said of what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hearth_control.catalog.findings import Finding
from hearth_control.catalog.model import Catalog, Hardware, Source
from hearth_control.settings.errors import SettingsError
from hearth_control.settings.merge import ENVIRONMENT, FILE, FLAGS, Given, merge_settings
from hearth_control.settings.model import EngineName, Mode, Networks, ServiceSettings, Settings

pytestmark = pytest.mark.unit

HOME = Path("/home/ann/.hearth")


def file(values: Mapping[str, str], *faults: Finding) -> Given:
    lines = {key: number for number, key in enumerate(values, start=1)}
    return Given(origin=FILE, place="/h/.env", values=values, lines=lines, faults=faults)


def environment(values: Mapping[str, str]) -> Given:
    return Given(origin=ENVIRONMENT, place="environment", values=values, prefix="HEARTH_")


def flags(values: Mapping[str, str]) -> Given:
    return Given(origin=FLAGS, place="flag", values=values)


def merged(catalog: Catalog, *layers: Given) -> Settings:
    return merge_settings(layers, catalog=catalog, home=HOME, project="hearth")


def refused(catalog: Catalog, *layers: Given) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        merged(catalog, *layers)
    return caught.value


def test_nothing_said(catalog: Catalog) -> None:
    made = merged(catalog)
    assert replace(made, origins={}) == Settings(
        home=HOME,
        project="hearth",
        preset="starter",
        variables={"OPEN_WEBUI_LANGUAGE": "en", "OPEN_WEBUI_THEME": "dark"},
    )


def test_everything_said(catalog: Catalog) -> None:
    said = {
        "PRESET": "away",
        "ENGINE": "compose",
        "MODE": "tunnel",
        "BASE_PORT": "20000",
        "BIND": "::1",
        "DOMAIN": "home.example",
        "TZ": "Europe/Berlin",
        "GATEWAY": "kong",
        "NETWORKS": "flat",
        "HARDWARE": "nvidia",
        "LLM_PROVIDER": "ollama",
        "OLLAMA_SOURCE": "external",
        "OLLAMA_URL": "http://a.example:1",
        "OLLAMA_MEMORY": "2G",
        "OPEN_WEBUI_PORT": "8080",
        "OPEN_WEBUI_SCALE": "3",
        "OPEN_WEBUI_THEME": "light",
    }
    assert replace(merged(catalog, file(said)), origins={}) == Settings(
        home=HOME,
        project="hearth",
        preset="away",
        engine=EngineName.COMPOSE,
        mode=Mode.TUNNEL,
        base_port=20000,
        bind="::1",
        domain="home.example",
        timezone="Europe/Berlin",
        gateway="kong",
        networks=Networks.FLAT,
        hardware=Hardware.NVIDIA,
        providers={"llm": "ollama"},
        services={
            "ollama": ServiceSettings(
                source=Source.EXTERNAL, url="http://a.example:1", memory=2 << 30
            ),
            "open-webui": ServiceSettings(port=8080, scale=3),
        },
        variables={"OPEN_WEBUI_LANGUAGE": "de", "OPEN_WEBUI_THEME": "light"},
    )


def test_stronger_layer_wins(catalog: Catalog) -> None:
    made = merged(
        catalog,
        flags({"MODE": "private"}),
        environment({"MODE": "tunnel"}),
        file({"MODE": "public", "PRESET": "away"}),
    )
    mode = made.origins["MODE"]
    assert (mode.value, mode.origin) == ("private", "flag")
    assert mode.overrides == (
        ("environment", "tunnel"),
        (".env", "public"),
        ("preset away", "public"),
        ("default", "private"),
    )


@pytest.mark.parametrize(
    ("said", "preset", "mode"),
    [
        pytest.param({}, "starter", Mode.PRIVATE, id="unsaid"),
        pytest.param({"PRESET": ""}, "starter", Mode.PRIVATE, id="empty"),
        pytest.param({"PRESET": "none"}, None, Mode.PRIVATE, id="none"),
        pytest.param({"PRESET": "away"}, "away", Mode.PUBLIC, id="named"),
        pytest.param({"PRESET": "away", "MODE": "tunnel"}, "away", Mode.TUNNEL, id="beneath"),
    ],
)
def test_preset_unsaid_is_starter(
    said: Mapping[str, str], preset: str | None, mode: Mode, catalog: Catalog
) -> None:
    made = merged(catalog, file(said))
    assert (made.preset, made.mode) == (preset, mode)


def test_flag_none_hides_preset(catalog: Catalog) -> None:
    made = merged(catalog, flags({"PRESET": "none"}), file({"PRESET": "away"}))
    assert (made.preset, made.mode) == (None, Mode.PRIVATE)


def test_catalog_without_starter_has_none(catalog: Catalog) -> None:
    made = merged(replace(catalog, presets={}))
    assert made.preset is None
    assert "PRESET" not in made.origins


def test_empty_says_nothing_but_of_variables(catalog: Catalog) -> None:
    made = merged(
        catalog,
        file({"MODE": "", "OLLAMA_SOURCE": "", "OPEN_WEBUI_LANGUAGE": ""}),
    )
    assert made.mode is Mode.PRIVATE
    assert made.services == {}
    assert made.variables["OPEN_WEBUI_LANGUAGE"] == ""
    assert made.origins["OPEN_WEBUI_LANGUAGE"].origin == ".env"


def test_extension_keys_pass(catalog: Catalog) -> None:
    made = merged(catalog, file({"X_NOTE": "mine", "x_other": "too"}))
    assert "X_NOTE" not in made.origins


FAULTS = {
    "unknown": (
        {"MODEE": "public"},
        "/h/.env:1: MODEE: unknown setting; did you mean `MODE`?",
    ),
    "unknown-like-none": ({"ZZZZZZZZ": "a"}, "/h/.env:1: ZZZZZZZZ: unknown setting"),
    "lower-case": ({"mode": "public"}, "/h/.env:1: mode: unknown setting; did you mean `MODE`?"),
    "choice": (
        {"MODE": "publik"},
        (
            "/h/.env:1: MODE: should be one of `private`, `public`, `tunnel`, found `publik`; "
            "did you mean `public`?"
        ),
    ),
    "choice-like-none": (
        {"MODE": "zzz"},
        "/h/.env:1: MODE: should be one of `private`, `public`, `tunnel`, found `zzz`",
    ),
    "preset": (
        {"PRESET": "full"},
        "/h/.env:1: PRESET: should be one of `starter`, `away`, `none`, found `full`",
    ),
    "integer": (
        {"BASE_PORT": "many"},
        "/h/.env:1: BASE_PORT: should be a whole number from 1024 to 64536, found `many`",
    ),
    "integer-bounds": (
        {"BASE_PORT": "80"},
        "/h/.env:1: BASE_PORT: should be a whole number from 1024 to 64536, found `80`",
    ),
    "integer-letters": (
        {"OPEN_WEBUI_SCALE": "٣"},
        "/h/.env:1: OPEN_WEBUI_SCALE: should be a whole number from 1 to 64, found `٣`",
    ),
    "size": (
        {"OLLAMA_MEMORY": "2 apples"},
        "/h/.env:1: OLLAMA_MEMORY: should be a size such as `600M` or `2G`, found `2 apples`",
    ),
    "url": (
        {"OLLAMA_URL": "ann:hunter2@host"},
        (
            "/h/.env:1: OLLAMA_URL: should be a URL such as `http://host:port`, "
            "found `********@host`"
        ),
    ),
    "url-with-password": (
        {"OLLAMA_URL": "http://ann:hunter2@ho st"},
        (
            "/h/.env:1: OLLAMA_URL: should be a URL such as `http://host:port`, "
            "found `http://********@ho st`"
        ),
    ),
    "address": (
        {"BIND": "localhost"},
        "/h/.env:1: BIND: should be an IP address such as `127.0.0.1`, found `localhost`",
    ),
    "network": (
        {"NETWORK_RANGE": "10.5.0.1/16"},
        (
            "/h/.env:1: NETWORK_RANGE: should be an IPv4 network such as `192.168.1.0/24`, "
            "found `10.5.0.1/16`"
        ),
    ),
    "network of others": (
        {"NETWORK_RANGE": "8.8.0.0/16"},
        (
            "/h/.env:1: NETWORK_RANGE: should lie in one of `10.0.0.0/8`, `172.16.0.0/12`, "
            "`192.168.0.0/16`, `100.64.0.0/10`, `198.18.0.0/15`, found `8.8.0.0/16`"
        ),
    ),
    "domain": (
        {"DOMAIN": "http://a.example"},
        "/h/.env:1: DOMAIN: should be a domain such as `example.org`, found `http://a.example`",
    ),
    "timezone": (
        {"TZ": "../etc/passwd"},
        "/h/.env:1: TZ: should be a time zone such as `Europe/Berlin`, found `../etc/passwd`",
    ),
    "nul": (
        {"OPEN_WEBUI_LANGUAGE": "a\0"},
        "/h/.env:1: OPEN_WEBUI_LANGUAGE: holds a NUL character",
    ),
    "source-not-allowed": (
        {"OPEN_WEBUI_SOURCE": "external"},
        "/h/.env:1: OPEN_WEBUI_SOURCE: should be one of `container`, `disabled`, found `external`",
    ),
    "external-without-url": (
        {"OLLAMA_SOURCE": "external"},
        "/h/.env:1: OLLAMA_SOURCE: is `external`, which needs `OLLAMA_URL` too",
    ),
}


@pytest.mark.parametrize(("said", "text"), FAULTS.values(), ids=FAULTS)
def test_fault_says(said: Mapping[str, str], text: str, catalog: Catalog) -> None:
    assert str(refused(catalog, file(said))) == text


def test_fault_of_environment_names_variable(catalog: Catalog) -> None:
    error = refused(catalog, environment({"MODE": "zzz", "OLLAMA_SOURCE": "external"}))
    assert str(error.findings[0]).startswith("environment: HEARTH_MODE: should be one of")
    error = refused(catalog, environment({"OLLAMA_SOURCE": "external"}))
    assert str(error) == (
        "environment: HEARTH_OLLAMA_SOURCE: is `external`, which needs `HEARTH_OLLAMA_URL` too"
    )


def test_every_fault_in_order_of_lines(catalog: Catalog) -> None:
    broken = Finding(path="/h/.env", line=2, what="its quote is not closed")
    given = Given(
        origin=FILE,
        place="/h/.env",
        values={"MODE": "a", "BIND": "b"},
        lines={"MODE": 3, "BIND": 1},
        faults=(broken,),
    )
    error = refused(catalog, given)
    assert [finding.line for finding in error.findings] == [1, 2, 3]
    assert str(error).endswith("found `b` (and 2 more)")
    assert error.hint == "hearth settings explain BIND"
    assert len(error.details["findings"]) == 3


def test_hint_is_what_was_meant(catalog: Catalog) -> None:
    assert refused(catalog, file({"BASEPORT": "1"})).hint == "hearth settings explain BASE_PORT"
    assert refused(catalog, file({"ZZZZZZZZ": "1"})).hint == "hearth settings"
