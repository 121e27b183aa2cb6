"""Take the README's pictures from a running installation: `screenshots.py [FOLDER]`.

Starts an installation without Docker in a folder of its own, puts documents in, has a stand-in
answer in a language model's place, and ends it again. What the stand-in writes is a sentence of the
documents, as `standin` says; the pages around it are the real ones.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import PIL.Image
from journey import ROOT, Installation, sign_in
from lab.browser import chromium_options, find_chromium
from lab.ports import free_base_port
from playwright.sync_api import Page, expect, sync_playwright
from standin import model_stand_in

LARGEST = 150_000
"""Bytes of a picture at most, so that the README stays light."""
_SIZE = {"width": 1100, "height": 720}
_DOCUMENTS = {
    "Sourdough.md": """# Sourdough

## The evening before

Feed the starter with equal parts of flour and water, and leave it where it is warm.

## Baking

Bake the loaf at 240 degrees with steam for twenty minutes, then at 210 until the crust is dark.
""",
    "Heat pump manual.md": """# Heat pump

## Care

Clean the filter of the heat pump every three months, and more often while there is pollen.

## In winter

The heat pump defrosts itself below five degrees; steam over the fan is no fault.
""",
    "Bike insurance.txt": """The bicycle is insured against theft up to 2,400 euros.

A theft must be reported to the police within two days, and to the insurer within a week.
""",
    "Allotment rules.html": """<html><head><title>Allotment</title></head><body><h1>Allotment</h1>
<h2>Water</h2><p>Water is turned off from November to March.</p>
<h2>Fires</h2><p>Fires are allowed on Saturdays outside the nesting season.</p></body></html>""",
}
_ROLES = ("subject_label", "subject", "relation", "object_label", "object_name")
_RELATIONS = (
    ("Person", "Ada", "GROWS_ON", "Place", "Allotment 14"),
    ("Person", "Ada", "REPAIRS", "Thing", "Heat pump"),
    ("Person", "Ada", "INSURES", "Thing", "Bicycle"),
    ("Person", "Ada", "KNOWS", "Person", "Bruno"),
    ("Person", "Ada", "MADE", "Thing", "Sourdough starter"),
    ("Person", "Bruno", "BAKES_WITH", "Thing", "Sourdough starter"),
    ("Person", "Bruno", "GROWS_ON", "Place", "Allotment 14"),
)


def main(arguments: list[str]) -> int:
    """Take every picture in both colour schemes."""
    folder = Path(arguments[0]) if arguments else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    path = find_chromium()
    if path is None:
        print("screenshots: chromium is not installed; sudo apt-get install chromium")
        return 1
    with installation() as made, sync_playwright() as playwright:
        url = made.sign_in_url()
        base = f"http://{urlsplit(url).netloc}"
        browser = playwright.chromium.launch(executable_path=path, args=chromium_options())
        page = browser.new_page(base_url=base, viewport=_SIZE)
        sign_in(page, url)
        fill(page, base)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for name, step in _PICTURES.items():
                step(page)
                save(page, folder / f"{name}-{scheme}.png")
        browser.close()
    return 0


@contextmanager
def installation() -> Iterator[Installation]:
    """Bring an installation up with a stand-in for a model; take both away at the end."""
    with tempfile.TemporaryDirectory(prefix="hearth-pictures-") as folder, model_stand_in() as url:
        home = Path(folder)
        home.chmod(0o755)
        (home / ".env").write_text(
            f"ENGINE=embedded\nBASE_PORT={free_base_port()}\n"
            f"OLLAMA_SOURCE=external\nOLLAMA_URL={url}\n"
        )
        made = Installation(home=home)
        try:
            made.must("up", "--yes")
            yield made
        finally:
            made.run("down", "--delete-data", "--yes")


def fill(page: Page, base: str) -> None:
    """Put documents in and note relations, as a person and their agents would."""
    page.goto("/documents")
    page.locator("input[type=file]").set_input_files(
        [
            {"name": name, "mimeType": "application/octet-stream", "buffer": text.encode()}
            for name, text in _DOCUMENTS.items()
        ]
    )
    ready = page.locator("[data-status=ready]")
    expect(ready).to_have_count(len(_DOCUMENTS), timeout=60_000)
    proof = page.locator('meta[name="csrf-token"]').get_attribute("content") or ""
    for relation in _RELATIONS:
        call(page, base, proof, "add_relation", **dict(zip(_ROLES, relation, strict=True)))


def call(page: Page, base: str, proof: str, tool: str, **arguments: str) -> None:
    """Call a tool as one of the pages would."""
    headers = {"x-csrf-token": proof, "origin": base}
    answer = page.request.post(f"{base}/api/v1/tools/{tool}", data=arguments, headers=headers)
    if not answer.ok:
        raise SystemExit(f"screenshots: {tool}: {answer.text()}")


def home(page: Page) -> None:
    page.goto("/")


def documents(page: Page) -> None:
    page.goto("/documents")


def search(page: Page) -> None:
    page.goto("/search?q=steam")
    expect(page.locator("mark").first).to_be_visible()


def ask(page: Page) -> None:
    page.goto("/ask")
    page.get_by_label("Your question").fill("How often is the filter of the heat pump cleaned?")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#live")).to_have_text("The answer is complete")
    page.evaluate("document.activeElement.blur()")


def graph(page: Page) -> None:
    page.goto("/graph?q=Ada")
    page.locator(".tools a").first.click()
    expect(page.locator(".graph")).to_be_visible()


_PICTURES = {"home": home, "documents": documents, "search": search, "ask": ask, "graph": graph}


def save(page: Page, path: Path) -> None:
    """Write a picture in 256 colours, which these pages do with."""
    time.sleep(0.3)
    page.screenshot(path=path)
    with PIL.Image.open(path) as image:
        small = image.convert("RGB").quantize(256, dither=PIL.Image.Dither.NONE)
    small.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.name}: {size / 1000:.0f} kB")
    if size > LARGEST:
        raise SystemExit(f"screenshots: {path} has {size} bytes, at most {LARGEST} are wanted")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
