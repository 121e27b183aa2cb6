"""Fetching from a real server that breaks off, hangs, lies and refuses."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_hub import Hub, running_hub
from hearth_control.models.errors import HubDownError, HubRefusedError, WrongBytesError
from hearth_control.models.fetch import Fetcher, Wanted

pytestmark = pytest.mark.integration

CONTENT = bytes(range(256)) * 4_000
AGAIN = "hearth models pull tiny"


class Waits:
    """Sleeps not at all, and tells how long it was asked to."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with running_hub(Hub(files={"a/model.onnx": CONTENT})) as running:
        yield running


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "model.onnx"


def wanted(hub: Hub, content: bytes = CONTENT) -> Wanted:
    digest = hashlib.sha256(content).hexdigest()
    return Wanted(url=f"{hub.url}/a/model.onnx", size=len(content), sha256=digest)


def fetch(hub: Hub, into: Path, *, content: bytes = CONTENT, timeout: float = 5.0) -> Waits:
    waits = Waits()
    fetcher = Fetcher(again=AGAIN, sleep=waits, timeout_seconds=timeout)
    fetcher.fetch(wanted(hub, content), into, tell=lambda _: None)
    return waits


def test_whole_file_comes_and_progress_is_told(hub: Hub, into: Path) -> None:
    told: list[int] = []
    Fetcher(again=AGAIN).fetch(wanted(hub), into, tell=told.append)
    assert into.read_bytes() == CONTENT
    assert told == sorted(told)
    assert told[-1] == len(CONTENT)


def test_moved_file_is_followed(hub: Hub, into: Path) -> None:
    """As hubs do that keep large files elsewhere."""
    hub.files["cdn/a/model.onnx"] = CONTENT
    hub.moved_to = "/cdn"
    fetch(hub, into)
    assert into.read_bytes() == CONTENT


def test_broken_off_answers_are_gone_on_with(hub: Hub, into: Path) -> None:
    hub.breaks = [100_000, 200_000, 300_000]
    waits = fetch(hub, into)
    assert into.read_bytes() == CONTENT
    assert [asked for _, asked in hub.asked] == [
        "", "bytes=100000-", "bytes=300000-", "bytes=600000-",
    ]  # fmt: skip
    assert waits.seconds == []


def test_second_fetch_goes_on_where_the_first_stopped(hub: Hub, into: Path) -> None:
    into.write_bytes(CONTENT[:500_000])
    fetch(hub, into)
    assert into.read_bytes() == CONTENT
    assert hub.asked == [("/a/model.onnx", "bytes=500000-")]


def test_file_that_is_here_is_not_asked_for(hub: Hub, into: Path) -> None:
    into.write_bytes(CONTENT)
    fetch(hub, into)
    assert hub.asked == []


def test_server_without_ranges_begins_anew(hub: Hub, into: Path) -> None:
    into.write_bytes(CONTENT[:500_000])
    hub.knows_ranges = False
    fetch(hub, into)
    assert into.read_bytes() == CONTENT


def test_other_part_than_asked_for_is_not_taken(hub: Hub, into: Path) -> None:
    """A cache between that gives the wrong part: the whole is asked for instead."""
    into.write_bytes(CONTENT[:500_000])
    hub.shift = 7

    def heal(_: float) -> None:
        hub.shift = 0

    Fetcher(again=AGAIN, sleep=heal).fetch(wanted(hub), into, tell=lambda _: None)
    assert into.read_bytes() == CONTENT


def test_wrong_beginning_is_replaced(hub: Hub, into: Path) -> None:
    """What lay here was of another file: only the checksum of the whole can tell."""
    into.write_bytes(b"x" * 500_000)
    fetch(hub, into)
    assert into.read_bytes() == CONTENT
    assert [asked for _, asked in hub.asked] == ["bytes=500000-", ""]


def test_too_long_beginning_is_replaced(hub: Hub, into: Path) -> None:
    into.write_bytes(CONTENT + b"more")
    fetch(hub, into)
    assert into.read_bytes() == CONTENT


def test_beginning_past_the_servers_end_is_replaced(hub: Hub, into: Path) -> None:
    """The server's file is shorter than the beginning that lies here, and changes back."""
    into.write_bytes(CONTENT[:500_000])
    hub.files["a/model.onnx"] = CONTENT[:1_000]

    def heal(_: float) -> None:
        hub.files["a/model.onnx"] = CONTENT

    Fetcher(again=AGAIN, sleep=heal).fetch(wanted(hub), into, tell=lambda _: None)
    assert into.read_bytes() == CONTENT


def test_wrong_bytes_are_not_kept(hub: Hub, into: Path) -> None:
    hub.files["a/model.onnx"] = b"x" * len(CONTENT)
    with pytest.raises(WrongBytesError) as caught:
        fetch(hub, into)
    assert str(caught.value) == (
        f"{hub.url}/a/model.onnx: other bytes came than those that are pinned; nothing was kept"
    )
    assert not into.exists()
    assert len(hub.asked) == 1


def test_file_without_end_is_stopped(hub: Hub, into: Path) -> None:
    hub.files["a/model.onnx"] = CONTENT + b"x" * 5_000_000
    with pytest.raises(WrongBytesError) as caught:
        fetch(hub, into)
    assert str(caught.value).endswith(f"gives more than the {len(CONTENT)} bytes that are pinned")
    assert into.stat().st_size == 0


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_refusal_is_not_repeated(hub: Hub, into: Path, status: int) -> None:
    hub.statuses = [status] * 5
    with pytest.raises(HubRefusedError) as caught:
        fetch(hub, into)
    assert str(caught.value) == f"{hub.url}/a/model.onnx: is not given (status {status})"
    assert caught.value.hint == "hearth settings explain MODELS_HUB"
    assert len(hub.asked) == 1


def test_busy_hub_is_asked_again_when_it_says(hub: Hub, into: Path) -> None:
    hub.statuses = [429, 503, 200]
    hub.retry_after = "7"
    assert fetch(hub, into).seconds == [7.0, 7.0]
    assert into.read_bytes() == CONTENT


def test_hub_that_stays_busy_is_given_up(hub: Hub, into: Path) -> None:
    hub.statuses = [503] * 9
    hub.retry_after = "9999"
    with pytest.raises(HubDownError) as caught:
        fetch(hub, into)
    assert str(caught.value).endswith(": is busy (status 503); nothing was fetched")
    assert len(hub.asked) == 4


def test_hub_that_hangs_is_given_up_and_what_came_is_kept(hub: Hub, into: Path) -> None:
    hub.hangs = threading.Event()
    hub.breaks = [400_000, *[0] * 9]
    with pytest.raises(HubDownError) as caught:
        fetch(hub, into, timeout=0.2)
    assert str(caught.value) == (
        f"{hub.url.removeprefix('http://')}: takes too long; 200000 bytes are kept"
    )
    assert caught.value.hint == AGAIN
    assert into.read_bytes() == CONTENT[:200_000]


def test_no_hub_at_all_is_said(into: Path) -> None:
    waits = Waits()
    lost = Wanted(url="http://127.0.0.1:9/a", size=3, sha256="0" * 64)
    with pytest.raises(HubDownError) as caught:
        Fetcher(again=AGAIN, sleep=waits).fetch(lost, into, tell=lambda _: None)
    assert str(caught.value) == "127.0.0.1:9: does not answer; nothing was fetched"
    assert caught.value.hint == "hearth settings explain MODELS_HUB"
    assert waits.seconds == [1.0, 2.0, 4.0]
