"""Where a value comes from, and the keys that there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hearth_control.catalog.model import Catalog
from hearth_control.settings.errors import UnknownSettingError
from hearth_control.settings.explain import explain
from hearth_control.settings.keys import KeyKind, known_keys
from hearth_control.settings.merge import Given, merge_settings
from hearth_control.settings.model import Settings

pytestmark = pytest.mark.unit


@pytest.fixture
def settings(catalog: Catalog) -> Settings:
    said = {"OLLAMA_SOURCE": "external", "OLLAMA_URL": "http://ann:hunter2@host", "MODE": "tunnel"}
    weaker = {"OLLAMA_URL": "http://bob:hunter3@other"}
    layers = (
        Given(origin="flag", place="flag", values=said),
        Given(origin=".env", place=".env", values=weaker),
    )
    return merge_settings(layers, catalog=catalog, home=Path("/h"), project="hearth")


def test_value_and_what_it_hides(settings: Settings, catalog: Catalog) -> None:
    found = explain(settings, "mode", catalog=catalog)
    assert (found.key, found.value, found.origin) == ("MODE", "tunnel", "flag")
    assert found.overrides == (("default", "private"),)
    assert found.info is not None
    assert found.info.doc == "Who can reach the platform from outside"


def test_credentials_are_starred(settings: Settings) -> None:
    found = explain(settings, "OLLAMA_URL")
    assert found.value == "http://********@host"
    assert found.overrides == ((".env", "http://********@other"),)
    assert found.info is None


def test_known_and_unsaid(settings: Settings, catalog: Catalog) -> None:
    found = explain(settings, "OPEN_WEBUI_PORT", catalog=catalog)
    assert (found.value, found.origin, found.overrides) == (None, None, ())


def test_unknown_names_nearest(settings: Settings, catalog: Catalog) -> None:
    with pytest.raises(UnknownSettingError) as caught:
        explain(settings, "OLAMA_URL", catalog=catalog)
    assert str(caught.value) == "OLAMA_URL: there is no such setting"
    assert caught.value.hint == "hearth settings explain OLLAMA_URL"
    assert caught.value.code == "setting-unknown"


def test_unknown_like_none(settings: Settings, catalog: Catalog) -> None:
    with pytest.raises(UnknownSettingError) as caught:
        explain(settings, "ZZZZZZZZ", catalog=catalog)
    assert caught.value.hint == "hearth settings"


def test_keys_of_a_catalog(catalog: Catalog) -> None:
    keys = known_keys(catalog)
    assert [key for key, info in keys.items() if info.service is not None] == [
        "OLLAMA_SOURCE",
        "OLLAMA_URL",
        "OLLAMA_PORT",
        "OLLAMA_MEMORY",
        "OPEN_WEBUI_SOURCE",
        "OPEN_WEBUI_PORT",
        "OPEN_WEBUI_SCALE",
        "OPEN_WEBUI_MEMORY",
        "OPEN_WEBUI_LANGUAGE",
        "OPEN_WEBUI_THEME",
    ]
    assert keys["PRESET"].choices == ("starter", "away", "none")
    assert keys["PRESET"].default == "starter"
    assert keys["LLM_PROVIDER"].choices == ("ollama",)
    assert keys["OLLAMA_SOURCE"].choices == ("container", "localhost", "external", "disabled")
    assert keys["OPEN_WEBUI_THEME"].kind is KeyKind.CHOICE
    assert all(info.about for key, info in keys.items() if key != "OPEN_WEBUI_THEME")
