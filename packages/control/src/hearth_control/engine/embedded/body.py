"""The body of a unit: does what its life asks for, with real processes on the supervisor's loop."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, assert_never

from hearth_kit.clock import SystemClock

from hearth_control.engine.embedded.effects import (
    Answer,
    Check,
    Checked,
    Effect,
    Ended,
    Halt,
    Launch,
    Pause,
    Report,
    Run,
)
from hearth_control.engine.embedded.life import Life, live
from hearth_control.engine.embedded.logs import LineSplitter, LogWriter
from hearth_control.engine.embedded.loop import Loop, Timer, read_ready
from hearth_control.engine.embedded.probe import Knock, judge_postmaster, read_postmaster
from hearth_control.engine.embedded.processes import signal_group, start_mark
from hearth_control.engine.embedded.spawn import spawn
from hearth_control.engine.embedded.spec import Command, Ready, UnitSpec
from hearth_control.engine.embedded.state import UnitRecord

COMMAND_PROBE_SECONDS = 15.0
OUTPUT_LINES = 20
Take = Callable[[str, Sequence[str]], None]
"""Takes the letter of a stream and the lines that came through it together."""


@dataclass(slots=True)
class Running:
    """A process of a unit: its own, one before or after it, or a check."""

    child: subprocess.Popen[bytes]
    lines: list[str] = field(default_factory=list)
    """The last lines of a check's output; the others' goes to the log."""
    timer: Timer | None = None


@dataclass(slots=True)
class Body:
    """One unit in the supervisor. `tell` hears every report, `guard` what must be ended."""

    spec: UnitSpec
    loop: Loop
    log: LogWriter
    record: UnitRecord
    tell: Callable[[Body, Report], None]
    guard: Callable[[str], None]
    mark: Mapping[str, str]
    """What tells the unit's processes, and all that they start, from others."""
    life: Life | None = None
    main: Running | None = None
    aside: Running | None = None
    ended: Ended | None = None
    """How the unit's own process ended, until the life has heard of it."""
    knock: Knock | None = None
    timer: Timer | None = None
    pausing: bool = False
    on_end: list[Callable[[], None]] = field(default_factory=list)
    stopping: bool = False
    gone: Callable[[], None] | None = None
    """Whom to call once no process of the unit is left."""

    def begin(self) -> None:
        """Start the life from its beginning."""
        self.stopping = False
        self.life = live(self.spec, SystemClock())
        self._step(None)

    def hurry(self) -> None:
        """Start again at once instead of waiting out a backoff."""
        self._let_go()
        if self.life is not None:
            self.life.close()
        self.begin()

    def stop(self, done: Callable[[], None]) -> None:
        """End the unit gently, by force if it does not listen, then call back."""
        self.on_end.append(done)
        if self.stopping:
            return
        self.stopping = True
        self._let_go()
        if self.life is not None:
            self.life.close()
            self.life = None
        self._end(self._stopped)

    @property
    def is_alive(self) -> bool:
        """Whether the supervisor still works for this unit."""
        return self.life is not None or self.stopping

    def _stopped(self, ended: Ended | None) -> None:
        self.stopping = False
        self.tell(self, Report(state="stopped", exit_code=None if ended is None else ended.code))
        waiting, self.on_end = self.on_end, []
        for done in waiting:
            done()

    def _step(self, answer: Answer) -> None:
        """Give the life its answer and do what it asks next, until it has to wait."""
        life = self.life
        while life is not None and life is self.life:
            effect = life.send(answer)
            if isinstance(effect, Report):
                self.tell(self, effect)
                answer = None
            elif isinstance(effect, Launch):
                answer = self._launch()
            else:
                self._do(effect)
                return

    def _do(self, effect: Effect) -> None:
        match effect:
            case Run():
                self._run(effect.command)
            case Check():
                self._check(effect.ready)
            case Pause():
                self._pause(effect.seconds)
            case Halt():
                self._end(self._step)
            case Launch() | Report():
                raise AssertionError(effect)
            case _:
                assert_never(effect)

    def _launch(self) -> Ended | None:
        self.ended = None
        command = self.spec.command
        try:
            child = self._spawn(command)
        except OSError as error:
            return Ended(code=None, text=f"cannot run `{command.argv[0]}`: {error.strerror}")
        self.main = Running(child)
        record = self.record
        record.pid, record.start = child.pid, start_mark(child.pid) or ""
        record.started_at, record.exit_code = datetime.now(UTC).isoformat(), None
        self.guard(f"+{child.pid} {self.spec.stop_signals[0]}")
        self._read(child, self._write)
        self.loop.adopt(child, self._on_main_end)
        return None

    def _spawn(self, command: Command) -> subprocess.Popen[bytes]:
        child = spawn(
            command.argv,
            environment={**self.spec.environment, **command.environment, **self.mark},
            folder=self.spec.folder,
            user=self.spec.user if command.dropped else None,
            death_signal=signal.Signals[self.spec.stop_signals[0]],
        )
        if child.stdin is not None:
            self._feed(child.stdin, command.stdin.encode())
        return child

    def _feed(self, pipe: IO[bytes], data: bytes) -> None:
        """Write a command's standard input as it takes it, then close."""
        rest = memoryview(data)

        def write() -> None:
            nonlocal rest
            try:
                rest = rest[os.write(pipe.fileno(), rest) :] if rest else rest
            except BlockingIOError:
                return
            except OSError:
                rest = rest[:0]
            if not rest:
                self.loop.unwatch(pipe)
                pipe.close()

        if data:
            self.loop.watch(pipe, selectors.EVENT_WRITE, write)
        else:
            pipe.close()

    def _read(self, child: subprocess.Popen[bytes], take: Take) -> None:
        for letter, pipe in (("o", child.stdout), ("e", child.stderr)):
            if pipe is not None:
                self._read_pipe(pipe, letter, take)

    def _read_pipe(self, pipe: IO[bytes], letter: str, take: Take) -> None:
        splitter = LineSplitter()

        def read() -> None:
            data = read_ready(pipe.fileno())
            if data is None:
                return
            lines = splitter.feed(data) if data else splitter.flush()
            if lines:
                take(letter, lines)
            if not data:
                self.loop.unwatch(pipe)
                pipe.close()

        self.loop.watch(pipe, selectors.EVENT_READ, read)

    def _write(self, letter: str, lines: Sequence[str]) -> None:
        self.log.write(letter, *lines)

    def _on_main_end(self, code: int) -> None:
        running, self.main = self.main, None
        self.ended = Ended(code=code)
        self.record.pid, self.record.start = None, ""
        if running is not None:
            self._drain(running.child)
            # What the process left behind in its group must not outlive it.
            signal_group(running.child.pid, signal.SIGKILL)
            self.guard(f"-{running.child.pid}")
        if self.pausing:
            self._wake(self.ended)
        self._notice_gone()

    def _drain(self, child: subprocess.Popen[bytes]) -> None:
        """Take the last words out of the pipes before anybody asks for them."""
        for pipe in (child.stdout, child.stderr):
            if pipe is not None and not pipe.closed:
                self.loop.poke(pipe)

    def _pause(self, seconds: float) -> None:
        self.pausing = True
        if self.ended is not None:
            # Through the loop, so that a life that ends at once cannot starve the others.
            self.timer = self.loop.later(0, lambda: self._wake(self.ended))
        else:
            self.timer = self.loop.later(seconds, lambda: self._wake(None))

    def _wake(self, ended: Ended | None) -> None:
        self.pausing = False
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if ended is not None:
            self.ended = None
        self._step(ended)

    def _run(self, command: Command) -> None:
        try:
            child = self._spawn(command)
        except OSError as error:
            text = f"cannot run `{command.argv[0]}`: {error.strerror}"
            self.timer = self.loop.later(0, lambda: self._wake_with(Ended(code=None, text=text)))
            return
        self.aside = Running(child)
        self.guard(f"+{child.pid} SIGTERM")
        self._read(child, self._write)
        self.loop.adopt(child, lambda code: self._on_aside_end(child, Ended(code=code)))

    def _wake_with(self, answer: Answer) -> None:
        self.timer = None
        self._step(answer)

    def run_beside(self, commands: list[Command], done: Callable[[Ended], None]) -> None:
        """Run commands one after the other beside the unit; the first failure ends them."""
        if not commands:
            done(Ended(code=0))
            return
        command, *rest = commands
        try:
            child = self._spawn(command)
        except OSError as error:
            done(Ended(code=None, text=f"cannot run `{command.argv[0]}`: {error.strerror}"))
            return
        self._read(child, self._write)

        def on_end(code: int) -> None:
            self._drain(child)
            if code == 0:
                self.run_beside(rest, done)
            else:
                done(Ended(code=code))

        self.loop.adopt(child, on_end)

    def _on_aside_end(self, child: subprocess.Popen[bytes], answer: Answer) -> None:
        self._drain(child)
        signal_group(child.pid, signal.SIGKILL)
        self.guard(f"-{child.pid}")
        if self.aside is not None and self.aside.child is child:
            if self.aside.timer is not None:
                self.aside.timer.cancel()
            self.aside = None
            if self.life is not None:
                self._step(answer)
        self._notice_gone()

    def _check(self, ready: Ready) -> None:
        match ready.kind:
            case "http" | "tcp":
                self.knock = Knock(self.loop, ready.port, ready.target, self._on_knock)
                self.knock.begin()
            case "command":
                self._check_command(ready.argv)
            case "postmaster":
                pid = self.main.child.pid if self.main is not None else None
                checked = judge_postmaster(read_postmaster(ready.target), pid)
                self.timer = self.loop.later(0, lambda: self._wake_with(checked))
            case "alive":
                self._check_alive()
            case _:
                assert_never(ready.kind)

    def _check_alive(self) -> None:
        """Take a second without an end for a sign that the process stays."""

        def answer() -> None:
            alive = self.main is not None
            self._wake_with(Checked(ok=alive, said="" if alive else "it has ended"))

        self.timer = self.loop.later(1.0, answer)

    def _on_knock(self, checked: Checked) -> None:
        self.knock = None
        self._step(checked)

    def _check_command(self, argv: tuple[str, ...]) -> None:
        try:
            child = self._spawn(Command(argv=argv))
        except OSError as error:
            said = f"cannot run `{argv[0]}`: {error.strerror}"
            self.timer = self.loop.later(0, lambda: self._wake_with(Checked(ok=False, said=said)))
            return
        running = self.aside = Running(child)
        self.guard(f"+{child.pid} SIGTERM")

        def take(_letter: str, lines: Sequence[str]) -> None:
            running.lines = [*running.lines, *lines][-OUTPUT_LINES:]

        self._read(child, take)
        running.timer = self.loop.later(
            COMMAND_PROBE_SECONDS, lambda: signal_group(child.pid, signal.SIGKILL)
        )

        def judge(code: int) -> None:
            self._drain(child)
            said = " ".join(running.lines) or f"exited with code {code}"
            self._on_aside_end(child, Checked(ok=code == 0, said="" if code == 0 else said))

        self.loop.adopt(child, judge)

    def _let_go(self) -> None:
        """Drop whatever the life waits for; its processes stay for `_end`."""
        self.pausing = False
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if self.knock is not None:
            self.knock.drop()
            self.knock = None

    def _end(self, done: Callable[[Ended | None], None]) -> None:
        """Send the stop signals in turn until no process is left, then call back."""
        names = (*self.spec.stop_signals, "SIGKILL")
        numbers = [signal.Signals[name] for name in names]

        def gone() -> None:
            if self.timer is not None:
                self.timer.cancel()
                self.timer = None
            ended, self.ended = self.ended, None
            done(ended)

        def press() -> None:
            self.timer = None
            number = numbers.pop(0)
            if self.main is not None:
                signal_group(self.main.child.pid, number)
            if self.aside is not None:
                gentle = signal.SIGTERM if numbers else signal.SIGKILL
                signal_group(self.aside.child.pid, gentle)
            if numbers:
                self.timer = self.loop.later(self.spec.grace_seconds, press)

        self.gone = gone
        if self.main is None and self.aside is None:
            self.loop.later(0, self._notice_gone)
        else:
            press()

    def _notice_gone(self) -> None:
        if self.gone is not None and self.main is None and self.aside is None:
            gone, self.gone = self.gone, None
            gone()
