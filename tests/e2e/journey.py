"""What a person does in the first ten minutes, as steps that a test can walk.

Each step looks at the page as a person would: by role, label and visible text.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from playwright.sync_api import Page, expect
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

ROOT = Path(__file__).resolve().parents[2]

PAGES = (
    ("Founding", "The lighthouse of Brunnhald was built in 1871 by the harbour guild."),
    ("Light", "Its lamp burned colza oil until the keepers moved to paraffin in 1903."),
    ("Keeper", "The last keeper, Ilse Vantner, trained carrier pigeons to report storms."),
)
"""A title and a sentence for each page; the sentence stands nowhere else."""


def lighthouse_pdf() -> bytes:
    """Make a real PDF of three pages."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    for title, sentence in PAGES:
        canvas.setFont("Helvetica-Bold", 18)
        canvas.drawString(72, 760, title)
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, 730, sentence)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One home and the command that runs it."""

    home: Path

    def run(
        self, *arguments: str, timeout_seconds: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Run a verb as the person would, without a terminal."""
        return subprocess.run(
            [str(ROOT / "hearth"), "--home", str(self.home), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            env={**os.environ, "NO_COLOR": "1"},
            check=False,
        )

    def must(self, *arguments: str, timeout_seconds: float = 300) -> str:
        """Run a verb that has to work; give what it printed."""
        done = self.run(*arguments, timeout_seconds=timeout_seconds)
        assert done.returncode == 0, f"hearth {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def sign_in_url(self) -> str:
        """Ask for the page with a fresh link to sign in."""
        shown: dict[str, Any] = json.loads(self.must("open", "lambda-server", "--json"))
        url = shown["url"]
        assert isinstance(url, str)
        return url


def sign_in(page: Page, url: str) -> None:
    """Open a one-time link and confirm it."""
    page.goto(url)
    page.get_by_role("button", name=re.compile("sign in", re.IGNORECASE)).click()
    expect(page.get_by_role("navigation").first).to_be_visible()


@contextmanager
def signed_in(installation: Installation) -> Iterator[httpx2.Client]:
    """Use a one-time link without a browser; what is sent carries the proof of a page."""
    url = urlsplit(installation.sign_in_url())
    with httpx2.Client(base_url=f"http://{url.netloc}", timeout=30) as client:
        answer = client.post("/sign-in", data={"link": parse_qs(url.query)["link"][0]})
        assert answer.status_code == 303, answer.text
        proof = re.search(r'name="csrf-token" content="(\w+)"', client.get("/me").text)
        assert proof is not None
        client.headers["x-csrf-token"] = proof[1]
        yield client


def upload(page: Page, base: str, name: str, content: bytes) -> None:
    """Put a file in and watch until it is ready to be searched."""
    page.goto(f"{base}/documents")
    page.locator("input[type=file]").set_input_files(
        files=[{"name": name, "mimeType": "application/pdf", "buffer": content}]
    )
    row = page.get_by_role("listitem").filter(has_text=name)
    expect(row).to_contain_text(re.compile("ready", re.IGNORECASE), timeout=60_000)


def search_and_see_page(page: Page, base: str, words: str, *, title: str, number: int) -> None:
    """Search, and see the passage with its page cited; the citation opens the passage."""
    page.goto(f"{base}/search")
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("searchbox").press("Enter")
    hit = page.get_by_role("article").first
    expect(hit.locator("mark").first).to_be_visible()
    expect(hit).to_contain_text(re.compile(rf"page {number}\b", re.IGNORECASE))
    expect(hit).to_contain_text(title)
    hit.get_by_role("link").first.click()
    expect(page.locator(":target")).to_be_visible()
