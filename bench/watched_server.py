"""The server with its event loop watched: `watched_server.py FILE`.

Every callback of the loop is timed. SIGUSR1 forgets what was seen so far; SIGUSR2 writes what was
seen since then to FILE: each callback that held the loop for long, and garbage collections.
"""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import sys
import threading
import time
import traceback
from asyncio import events
from pathlib import Path
from typing import Any

from hearth_server.main import main

LONG_SECONDS = 0.02


class Watch:
    """What held the loop."""

    def __init__(self) -> None:
        self.long: list[dict[str, Any]] = []
        self.longest_cpu = self.longest_wall = self.collecting = 0.0
        self._began = self._since = 0.0
        self._where: list[str] = []

    def look(self) -> None:
        """Note where the program is in a callback that takes long; runs in a thread of its own."""
        main_thread = threading.main_thread().ident
        while True:
            time.sleep(LONG_SECONDS / 4)
            frame = sys._current_frames().get(main_thread or 0)  # noqa: SLF001
            if frame and self._since and time.perf_counter() - self._since > LONG_SECONDS / 2:
                self._where = [
                    f"{Path(each.filename).name}:{each.lineno} {each.name}"
                    for each in traceback.extract_stack(frame)
                    if not each.filename.startswith("<frozen")
                ][-5:]

    def forget(self, *_: object) -> None:
        self.long.clear()
        self.longest_cpu = self.longest_wall = self.collecting = 0.0

    def note_collection(self, phase: str, _info: object) -> None:
        if phase == "start":
            self._began = time.thread_time()
        else:
            self.collecting = max(self.collecting, time.thread_time() - self._began)

    def timed(self, run: Any) -> Any:
        def timed(handle: asyncio.Handle) -> None:
            wall, cpu = time.perf_counter(), time.thread_time()
            self._since, self._where = wall, []
            run(handle)
            self._since = 0.0
            wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
            # By CPU, too: on a busy machine a callback waits for its turn and is not to blame.
            self.longest_wall = max(self.longest_wall, wall)
            self.longest_cpu = max(self.longest_cpu, cpu)
            if cpu > LONG_SECONDS:
                where = " < ".join(reversed(self._where))
                self.long.append({"what": where or repr(handle), "wall": wall, "cpu": cpu})

        return timed

    def as_dict(self) -> dict[str, object]:
        return {
            "longest_cpu": self.longest_cpu,
            "longest_wall": self.longest_wall,
            "collecting": self.collecting,
            "long": sorted(self.long, key=lambda each: -each["cpu"])[:20],
        }

    def write(self, *_: object) -> None:
        Path(sys.argv[1]).write_text(json.dumps(self.as_dict()))


if __name__ == "__main__":
    watch = Watch()
    events.Handle._run = watch.timed(events.Handle._run)  # type: ignore[method-assign]  # noqa: SLF001
    threading.Thread(target=watch.look, daemon=True).start()
    gc.callbacks.append(watch.note_collection)
    signal.signal(signal.SIGUSR1, watch.forget)
    signal.signal(signal.SIGUSR2, watch.write)
    sys.exit(main(["serve"]))
