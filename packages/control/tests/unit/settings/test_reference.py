"""The reference page of settings says every key, in its place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hearth_control.catalog.model import Catalog
from hearth_control.settings.keys import known_keys
from hearth_control.settings.reference import HEAD, settings_page

pytestmark = pytest.mark.unit

PAGES = """
## Open-Webui

| key | is for | value | default |
| --- | --- | --- | --- |
| `OPEN_WEBUI_SOURCE` | Where Open-Webui comes from; `disabled` turns it off | `container`, `disabled` |  |
| `OPEN_WEBUI_PORT` | Port of Open-Webui on this host, instead of BASE_PORT and its offset | 1 to 65535 |  |
| `OPEN_WEBUI_SCALE` | How many of Open-Webui run side by side | 1 to 64 | `1` |
| `OPEN_WEBUI_MEMORY` | Memory that Open-Webui may take at most, such as `2G` | size, such as `2G` |  |
| `OPEN_WEBUI_LANGUAGE` | Language of its pages | text | `en` |
| `OPEN_WEBUI_THEME` |  | `dark`, `light` | `dark` |
"""  # noqa: E501  # a table's rows are as long as they are


def test_service_has_its_keys(catalog: Catalog) -> None:
    page = settings_page(catalog)
    assert page.startswith(HEAD + "\n## Platform\n")
    assert page.endswith(PAGES)


def test_every_key_is_there(catalog: Catalog) -> None:
    page = settings_page(catalog)
    assert [key for key in known_keys(catalog) if f"\n| `{key}` |" not in page] == []


def test_shared_variable_stands_at_both(catalog: Catalog) -> None:
    pages = catalog.services["open-webui"]
    models = replace(catalog.services["ollama"], variables=dict(pages.variables))
    both = replace(catalog, services={"ollama": models, "open-webui": pages})
    assert settings_page(both).count("\n| `OPEN_WEBUI_THEME` |") == 2
