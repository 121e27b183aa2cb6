from __future__ import annotations

import pytest
from hearth_control.engine.compose.stream import demux, json_lines, lines
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit


def frame(stream: int, payload: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


def test_demux_names_streams() -> None:
    wire = frame(1, b"out\n") + frame(2, b"err\n")
    assert list(demux([wire])) == [("stdout", b"out\n"), ("stderr", b"err\n")]


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=40)), max_size=6),
    st.integers(1, 9),
)
def test_demux_survives_any_cut(frames: list[tuple[int, bytes]], size: int) -> None:
    wire = b"".join(frame(stream, payload) for stream, payload in frames)
    pieces = [wire[at : at + size] for at in range(0, len(wire), size)]
    names = {1: "stdout", 2: "stderr"}
    assert list(demux(pieces)) == [(names[stream], payload) for stream, payload in frames]


def test_demux_drops_half_a_frame() -> None:
    assert list(demux([frame(1, b"whole"), frame(1, b"half")[:-2]])) == [("stdout", b"whole")]


def test_demux_passes_tty_through() -> None:
    assert list(demux([b"raw", b"\x01\x00"], tty=True)) == [
        ("stdout", b"raw"),
        ("stdout", b"\x01\x00"),
    ]


def test_lines_are_whole_per_stream() -> None:
    frames = [("stdout", b"a"), ("stderr", b"x\n"), ("stdout", b"b\r\nc"), ("stdout", b"\xff")]
    assert list(lines(frames)) == [("stderr", "x"), ("stdout", "ab"), ("stdout", "c\ufffd")]


def test_json_lines_skip_blanks() -> None:
    pieces = [b'{"id": "a"}\r\n\r\n{"id"', b': "b"}\n[1]\n']
    assert list(json_lines(pieces)) == [{"id": "a"}, {"id": "b"}]
