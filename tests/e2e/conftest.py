"""What every end-to-end test stands on: an engine with images, a browser, a folder for what failed.

Where one is missing the tests that need it are skipped with the command that brings it; with
`CI=true` they fail instead, so that nothing is left out unseen.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from full_preset import FullPreset, full_preset
from lab.absent import leave_out
from lab.bases import has_image
from lab.browser import chromium_options, find_chromium
from lab.catalog import OWN, named_images
from lab.engine import Engine, end_engine, start_engine
from lab.images import make_images
from lab.place import REPOSITORY, Place
from lab.registry import end_registry, start_registry
from lab.shell import LabError
from lab.trixie import install_plugins
from playwright.sync_api import Browser, Page, expect, sync_playwright

_FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def place() -> Place:
    return Place.from_environment()


@pytest.fixture(scope="session")
def engine(place: Place) -> Iterator[Engine]:
    """An engine that answers, with every image of the catalog; ended if it was started here."""
    try:
        found = start_engine(place)
    except LabError as error:
        leave_out(f"{error}; sudo apt-get install docker.io iptables, then make e2e as root")
    try:
        _prepare(found, place)
        yield found
    finally:
        if found.started_now:
            end_engine(place)
            end_registry(place)


def _prepare(engine: Engine, place: Place) -> None:
    """Fill the lab's own engine; on somebody's own, only look whether the images are there."""
    if engine.is_lab:
        start_registry(place)
        install_plugins(place)
        make_images(place)
        return
    missing = [
        named.name
        for named in named_images()
        if not named.name.startswith(OWN) and not has_image(named.name)
    ]
    if missing and os.environ.get("CI") == "true":
        make_images(place)
    elif missing:
        leave_out(f"image `{missing[0]}` is not here; docker pull {missing[0]}")


@pytest.fixture(scope="session")
def full(engine: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullPreset]:
    """The preset `full`, brought up once for all tests that look at it."""
    with full_preset(tmp_path_factory.mktemp("full")) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium, headless."""
    path = find_chromium()
    if path is None:
        leave_out("chromium is not installed; sudo apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium_options())
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in a profile of its own; a failed test leaves a picture and a trace of it."""
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    expect.set_options(timeout=15_000)
    context.tracing.start(screenshots=True, snapshots=True)
    made = context.new_page()
    yield made
    if request.node.stash.get(_FAILED, False):
        folder = artifact_folder(request.node)
        made.screenshot(path=folder / "page.png", full_page=True)
        context.tracing.stop(path=folder / "trace.zip")
    context.close()


def artifact_folder(item: pytest.Item) -> Path:
    """Make the folder that keeps what a failed test leaves."""
    folder = REPOSITORY / "artifacts" / item.name.replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def provide(request: pytest.FixtureRequest) -> None:
    """Have an engine or a browser before a test that is marked as needing one."""
    for marker, fixture in (("docker", "engine"), ("browser", "chromium")):
        if request.node.get_closest_marker(marker):
            request.getfixturevalue(fixture)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, for the fixtures that are torn down after it."""
    report: pytest.TestReport = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report
