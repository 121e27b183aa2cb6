"""Videos: which addresses mean one, which transcript is taken, and how a moment is cited."""

from __future__ import annotations

import pytest
from hearth_server.adapters.readers.html import blocks_of
from hearth_server.capabilities.knowledge.errors import BadAddressError, BadLabelError
from hearth_server.capabilities.knowledge.videos import (
    Line,
    Track,
    Video,
    address_at,
    checked_language,
    choose_track,
    find_video,
    get_video,
    page_of,
    time_mark,
    watch_address,
)

pytestmark = pytest.mark.unit

ID = "a-B_c1234Zx"
HOME = watch_address(ID)


@pytest.mark.parametrize(
    "address",
    [
        f"https://www.youtube.com/watch?v={ID}",
        f"http://m.youtube.com/watch?list=PL1&v={ID}&t=40s#x",
        f" https://YouTube.com/shorts/{ID}?feature=share ",
        f"https://www.youtube.com/embed/{ID}",
        f"https://music.youtube.com/live/{ID}/",
        f"https://youtu.be/{ID}?t=12",
    ],
)
def test_every_form_of_an_address_means_the_same_video(address: str) -> None:
    assert find_video(address) == ID


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://www.youtube.com/",
        "https://www.youtube.com/@rivers",
        "https://www.youtube.com/playlist?list=PL1",
        f"https://www.youtube.com/watch?x={ID}",
        f"https://www.youtube.com/watch?v={ID}x",
        "https://youtu.be/../../etc",
        f"https://youtu.be/{ID[:-1]}%2F",
        f"https://youtube.com.evil.test/watch?v={ID}",
        f"https://notyoutube.com/watch?v={ID}",
        f"https://www.youtube.com@evil.test/watch?v={ID}",
        f"https://ada@www.youtube.com/watch?v={ID}",
        f"https://www.youtube.com:8443/watch?v={ID}",
        f"https://www.youtube.com:x/watch?v={ID}",
        f"ftp://www.youtube.com/watch?v={ID}",
        f"https://youtu.be/{ID[:-1]}\u0661",
        f"https://[youtu.be/{ID}",
    ],
)
def test_no_other_address_is_taken_for_a_video(address: str) -> None:
    assert find_video(address) is None
    with pytest.raises(BadAddressError, match="is no video of YouTube"):
        get_video(address)


def test_language_is_a_code() -> None:
    assert (checked_language(" pt-BR "), checked_language("")) == ("pt-BR", "")
    for wrong in ("german", "e", "en;q=1", "../en", "en\nde"):
        with pytest.raises(BadLabelError, match="expected a code such as `en`"):
            checked_language(wrong)


def test_transcript_by_hand_comes_before_a_generated_one_and_a_wish_before_both() -> None:
    spoken = Track(language="de", is_generated=True)
    german = Track(language="de", is_generated=False)
    british = Track(language="en-GB", is_generated=False)
    assert choose_track([british, german, spoken], "") == german
    assert choose_track([spoken, british], "") == british
    assert choose_track([spoken, british], "de") == spoken
    assert choose_track([spoken, german, british], "en") == british
    assert choose_track([spoken, british], "fr") == british
    assert choose_track([spoken], "en") == spoken
    assert choose_track([], "en") is None


@pytest.mark.parametrize(
    "seconds", [0, 9, 60, 754, 3_599, 3_600, 36_000, 359_999, 360_000, 86_399 * 9]
)
def test_time_mark_leads_back_to_its_moment(seconds: int) -> None:
    marked = address_at(HOME, ("Rivers", time_mark(seconds)))
    assert marked == f"{HOME}&t={seconds}s"


def test_title_that_looks_like_a_time_is_no_moment() -> None:
    assert address_at(HOME, ("12:34",)) == HOME
    assert address_at(HOME, ("Rivers", "At 12:34")) == HOME
    assert address_at(HOME, ()) == HOME


def test_page_says_when_each_part_is_said_and_lets_nothing_out_of_its_text() -> None:
    said = "The <b>Danube</b> & the Inn\nmeet here."
    lines = tuple(Line(start=7 * place, text=said) for place in range(100))
    video = Video(
        id=ID,
        title="Rivers <script>alert(1)</script>",
        author="A & B",
        track=Track(language="en", is_generated=True),
        lines=lines,
    )
    blocks = blocks_of(page_of(video))
    marks = [text for kind, level, _, text in blocks if (kind, level) == ("heading", 2)]
    texts = [text for kind, _, _, text in blocks if kind == "text"]
    assert blocks[0][3] == "Rivers <script>alert(1)</script>"
    assert texts[0] == f"By A & B. {HOME} (transcript: en, generated)"
    assert marks[0] == "0:00"
    assert len(marks) == len(texts) - 1 > 2
    assert " ".join(texts[1:]) == " ".join([" ".join(said.split())] * 100)
    assert all(len(text) < 1_000 for text in texts)
    per_section = [text.count("Danube") for text in texts[1:]]
    assert marks == [time_mark(7 * sum(per_section[:place])) for place in range(len(marks))]
    assert page_of(video) == page_of(video)
