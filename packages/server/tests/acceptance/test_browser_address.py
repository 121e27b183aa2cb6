"""The form for addresses in a real browser: by keyboard, refusing, on a phone, by axe's rules.

Nothing but the open internet may be asked, and the tests have none: what is seen is a refusal.
"""

from __future__ import annotations

import shutil

import pytest

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.browser,
    pytest.mark.skipif(
        not (shutil.which("chromium") or shutil.which("google-chrome")),
        reason="no Chromium here: apt-get install chromium",
    ),
]

LONG = "https://nowhere.invalid/" + "a-long-way-to-go/" * 12
REFUSED = {
    "private": ("http://127.0.0.1:9/a", "site", "is in a private network"),
    "no host": ("https://nowhere.invalid/", "page", "there is no such host"),
    "long": (LONG, "page", "there is no such host"),
}


def field(page: playwright.Page) -> playwright.Locator:
    return page.get_by_label("Or add an address of the web")


def send(page: playwright.Page, address: str, extent: str) -> None:
    page.goto("/documents")
    field(page).fill(address)
    page.get_by_label("How much of it").select_option(extent)
    page.get_by_role("button", name="Add", exact=True).click()
    playwright.expect(page.locator("#url-fault")).to_be_visible()


def violations(page: playwright.Page) -> list[str]:
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
    found = axe.Axe().run(page, options=options).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found]


def test_refusal_leads_back_into_the_field_by_keyboard(page: playwright.Page) -> None:
    page.goto("/documents")
    field(page).focus()
    page.keyboard.type("http://127.0.0.1:9/a")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    playwright.expect(page.get_by_label("How much of it")).to_have_value("site")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    playwright.expect(page.get_by_role("alert")).to_contain_text("is in a private network")
    playwright.expect(field(page)).to_be_focused()
    playwright.expect(field(page)).to_have_attribute("aria-invalid", "true")
    playwright.expect(field(page)).to_have_accessible_description(
        page.locator("#url-help").inner_text() + " " + page.locator("#url-fault").inner_text()
    )
    # What was said before stands there still, so that it can be mended and sent again.
    playwright.expect(field(page)).to_have_value("http://127.0.0.1:9/a")
    playwright.expect(page.get_by_label("How much of it")).to_have_value("site")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("https://nowhere.invalid/")
    page.keyboard.press("Enter")
    playwright.expect(page.get_by_role("alert")).to_contain_text("there is no such host")
    playwright.expect(page.locator("[data-document]")).to_have_count(0)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_refusals_keep_the_rules_of_axe(page: playwright.Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    broken: list[str] = []
    for name, (address, extent, said) in REFUSED.items():
        send(page, address, extent)
        playwright.expect(page.get_by_role("alert")).to_contain_text(said)
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            broken += [f"{name} at {width}: {each}" for each in violations(page)]
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert broken == []


def test_phone_shows_the_whole_form_with_room_for_a_finger(page: playwright.Page) -> None:
    """WCAG 2.2, 2.5.8: what is touched is 24 pixels wide and high at least."""
    page.set_viewport_size({"width": 360, "height": 740})
    send(page, *REFUSED["private"][:2])
    for locator in (
        field(page),
        page.get_by_label("How much of it"),
        page.get_by_role("button", name="Add", exact=True),
    ):
        box = locator.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert min(box["width"], box["height"]) >= 24


@pytest.mark.parametrize("page", [False], indirect=True, ids=["no script"])
def test_refusal_is_said_without_script(page: playwright.Page) -> None:
    send(page, *REFUSED["private"][:2])
    playwright.expect(page.get_by_role("alert")).to_contain_text("is in a private network")
    playwright.expect(field(page)).to_have_value("http://127.0.0.1:9/a")
