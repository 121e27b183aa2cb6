"""Every image from elsewhere was looked up: the page of images and the catalog name the same."""

from __future__ import annotations

import re

import pytest
from hearth_control.catalog.load import find_catalog_root, load_catalog

pytestmark = pytest.mark.integration


def test_page_names_each_image() -> None:
    root = find_catalog_root()
    page = (root.parent / "docs" / "images.md").read_text()
    services = load_catalog(root, extra=None, cache=None).services.values()
    named = {
        image
        for service in services
        for container in service.containers
        for image in (container.image, *(one.image for one in container.variants.values()))
        if image and not image.startswith("hearth/")
    }
    assert set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)) == named
