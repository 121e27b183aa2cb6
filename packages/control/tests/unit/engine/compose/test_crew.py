from __future__ import annotations

import threading

import pytest
from hearth_control.engine.compose.crew import Crew, Lane

pytestmark = pytest.mark.unit


def test_interrupt_while_a_thread_is_started_ends_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in `Thread.start` once ended as a bug: a thread that never began was joined."""
    crew: Crew[str] = Crew()

    def interrupted(_thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            crew.run(Lane.CHANGE, lambda: "never")
    crew.run(Lane.CHANGE, lambda: "done")
    assert crew.take(5) == "done"
    crew.close()
