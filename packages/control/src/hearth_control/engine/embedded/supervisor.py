"""The supervisor: `python -m hearth_control.engine.embedded.supervisor HOME SOCKET`.

One process a home, started by the first `up`, in a session of its own so that it outlives the
terminal. It keeps units running, writes what it knows to the state file and does what commands
ask over its socket. It ends by itself when no unit is left to look after.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hearth_control.engine.embedded.body import Body
from hearth_control.engine.embedded.daemon import leave_parent, listen, take_lock
from hearth_control.engine.embedded.effects import Ended, Report
from hearth_control.engine.embedded.guard import Guard, end_orphans, post_guard
from hearth_control.engine.embedded.layout import Layout
from hearth_control.engine.embedded.life import describe
from hearth_control.engine.embedded.logs import LogWriter
from hearth_control.engine.embedded.loop import Forked, Loop, Timer
from hearth_control.engine.embedded.processes import (
    MARK,
    boot_id,
    is_alive,
    mark_of,
    start_mark,
)
from hearth_control.engine.embedded.protocol import VERSION, Messages, encode
from hearth_control.engine.embedded.spec import (
    UnitSpec,
    command_from_dict,
    spec_from_dict,
)
from hearth_control.engine.embedded.state import (
    EngineState,
    UnitRecord,
    load_state,
    save_state,
)

IDLE_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 1.0
ALREADY_RUNNING: Final = 11
Request = dict[str, Any]


@dataclass(slots=True, eq=False)
class Client:
    """A command that is connected."""

    sock: socket.socket
    messages: Messages = field(default_factory=Messages)

    def answer(self, request: Request, event: str, **values: object) -> None:
        """Send an answer; a client that does not listen loses it."""
        message = {"id": request.get("id"), "event": event, **values}
        with contextlib.suppress(OSError):
            self.sock.send(encode(message))


@dataclass(slots=True)
class Supervisor:
    """Everything that one supervisor holds."""

    layout: Layout
    socket_path: Path
    lock: int
    loop: Loop = field(default_factory=Loop)
    state: EngineState = field(default_factory=EngineState)
    bodies: dict[str, Body] = field(default_factory=dict)
    clients: set[Client] = field(default_factory=set)
    waiting: dict[str, list[tuple[Client, Request]]] = field(default_factory=dict)
    """Unit → who wants to know when it is ready."""
    done_after: dict[str, str] = field(default_factory=dict)
    """Unit → digest of the commands that last ran after it was ready."""
    posted: Guard | None = None
    dirty: bool = True
    quitting: bool = False
    retry: Timer | None = None

    @property
    def mark(self) -> str:
        """What every process that this supervisor starts carries in its environment."""
        return mark_of(os.fspath(self.layout.home), self.state.pid, self.state.start)

    def run(self, started: Callable[[], None]) -> None:
        """Take over from an earlier supervisor, listen, and stay until nothing is left to do.

        `started` is called once commands can connect.
        """
        self._take_over()
        listener = listen(self.socket_path)
        self._save()
        started()
        self._post_guard()
        self.loop.watch(listener, selectors.EVENT_READ, lambda: self._accept(listener))
        for number in (signal.SIGTERM, signal.SIGINT):
            self.loop.on_signal(number, self._quit)
        # A closed terminal or a log-out is no reason to stop.
        self.loop.on_signal(signal.SIGHUP, lambda: None)
        self.loop.after_each = self._save
        self.loop.later(IDLE_SECONDS, self._leave_if_idle)
        try:
            self.loop.run()
        finally:
            self._leave(listener)

    def _take_over(self) -> None:
        earlier = load_state(self.layout.state)
        boot = boot_id()
        units = {} if earlier is None else earlier.units
        if earlier is not None and not earlier.clean and earlier.boot == boot:
            alive = {
                record.pid: signal.SIGTERM
                for record in units.values()
                if record.pid is not None and is_alive(record.pid, record.start)
            }
            end_orphans(mark_of(os.fspath(self.layout.home), earlier.pid, earlier.start), alive)
        for record in units.values():
            if record.pid is not None:
                record.pid, record.start, record.health = None, "", "none"
                record.state, record.why = "exited", "ended with the supervisor"
        pid = os.getpid()
        self.state = EngineState(
            boot=boot,
            pid=pid,
            start=start_mark(pid) or "",
            socket=os.fspath(self.socket_path),
            units=units,
        )

    def _post_guard(self) -> None:
        guard = self.posted = post_guard(self.mark, (self.lock,))
        self.loop.adopt(Forked(guard.pid), lambda _code: self._repost_guard())
        for body in self.bodies.values():
            if body.main is not None:
                guard.tell(f"+{body.main.child.pid} {body.spec.stop_signals[0]}")

    def _repost_guard(self) -> None:
        if not self.quitting:
            self._post_guard()

    def _tell_guard(self, line: str) -> None:
        if self.posted is not None:
            self.posted.tell(line)

    def _save(self) -> None:
        if not self.dirty:
            return
        try:
            save_state(self.layout.state, self.state)
            self.dirty = False
        except OSError:
            # A full disk passes; the units run on, and the state is written when there is room.
            if self.retry is None:
                self.retry = self.loop.later(RETRY_SECONDS, self._retry)

    def _retry(self) -> None:
        """Let a round pass, at whose beginning the state is written again."""
        self.retry = None

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            sock, _ = listener.accept()
            sock.settimeout(0)
            client = Client(sock)
            self.clients.add(client)
            self.loop.watch(sock, selectors.EVENT_READ, lambda: self._on_data(client))

    def _on_data(self, client: Client) -> None:
        try:
            data = client.sock.recv(262144)
            requests = client.messages.feed(data)
        except BlockingIOError:
            return
        except (OSError, ValueError):
            data, requests = b"", []
        for request in requests:
            self._answer(client, request)
        if not data:
            self._drop(client)

    def _drop(self, client: Client) -> None:
        self.loop.unwatch(client.sock)
        client.sock.close()
        self.clients.discard(client)
        for waiting in self.waiting.values():
            waiting[:] = [each for each in waiting if each[0] is not client]
        self.loop.later(0.2, self._leave_if_idle)

    def _answer(self, client: Client, request: Request) -> None:
        answers: dict[str, Callable[[Client, Request], None]] = {
            "hello": lambda c, r: c.answer(r, "hello", pid=os.getpid(), version=VERSION),
            "start": self._start,
            "after": self._after,
            "stop": self._stop,
            "forget": self._forget,
            "environment": self._environment,
            "quit": self._on_quit,
        }
        try:
            answers[request["do"]](client, request)
        except (KeyError, TypeError, ValueError) as error:
            client.answer(request, "failed", why=f"the supervisor does not understand: {error!r}")

    def _start(self, client: Client, request: Request) -> None:
        spec = spec_from_dict(request["spec"])
        body = self.bodies.get(spec.name)
        record = self.state.units.get(spec.name)
        if body is None or record is None or not body.is_alive:
            self._begin(client, request, spec)
        elif body.stopping or body.spec.hash != spec.hash or record.health == "unhealthy":
            body.stop(lambda: self._begin(client, request, spec))
        elif record.state == "running" and record.health == "healthy":
            client.answer(request, "ready")
        else:
            self._wait(client, request, spec.name)
            if record.state == "restarting":
                body.hurry()

    def _begin(self, client: Client, request: Request, spec: UnitSpec) -> None:
        record = UnitRecord(service=spec.service, hash=spec.hash, needs=spec.needs, port=spec.port)
        self.state.units[spec.name] = record
        self._wait(client, request, spec.name)
        body = self.bodies[spec.name] = Body(
            spec=spec,
            loop=self.loop,
            log=LogWriter(self.layout.log(spec.name)),
            record=record,
            tell=self._hear,
            guard=self._tell_guard,
            mark={MARK: self.mark},
        )
        self.done_after[spec.name] = digest_of(request["spec"]["after"])
        body.begin()

    def _wait(self, client: Client, request: Request, unit: str) -> None:
        self.waiting.setdefault(unit, []).append((client, request))

    def _hear(self, body: Body, report: Report) -> None:
        """Note what a unit's life reports, and tell whoever waits for it."""
        record, name = body.record, body.spec.name
        record.state, record.health, record.why = report.state, report.health, report.why
        if report.state == "restarting":
            record.restarts += 1
        if report.exit_code is not None:
            record.exit_code = report.exit_code
        if report.state in {"restarting", "stopped"} or report.failed:
            body.log.write("h", report.why or report.state)
        self.dirty = True
        # Whoever hears of it may look at the file at once.
        self._save()
        self._tell_waiting(name, report)

    def _tell_waiting(self, name: str, report: Report) -> None:
        waiting = self.waiting.get(name, [])
        if report.failed or report.state == "stopped":
            why = report.why or "it was stopped"
            values = {
                "why": why,
                "exit_code": report.exit_code,
                "probe_output": report.probe_output,
            }
            event = "failed"
        elif report.health == "healthy":
            event, values = "ready", {}
        else:
            event = "prepared" if report.prepared else "waiting"
            for client, request in waiting:
                client.answer(request, event, why=report.why)
            return
        self.waiting[name] = []
        for client, request in waiting:
            client.answer(request, event, **values)

    def _after(self, client: Client, request: Request) -> None:
        """Run commands beside a unit that is ready, unless just these already ran."""
        body = self.bodies.get(request["unit"])
        commands = [command_from_dict(values) for values in request["commands"]]
        digest = digest_of(request["commands"])
        if body is None or body.main is None:
            client.answer(request, "failed", why="it does not run")
        elif self.done_after.get(body.spec.name) == digest:
            client.answer(request, "ready")
        else:

            def done(ended: Ended) -> None:
                if ended.code == 0:
                    self.done_after[body.spec.name] = digest
                    client.answer(request, "ready")
                else:
                    client.answer(request, "failed", why=describe(ended), exit_code=ended.code)

            body.run_beside(commands, done)

    def _stop(self, client: Client, request: Request) -> None:
        body = self.bodies.get(request["unit"])
        if body is None or not body.is_alive:
            record = self.state.units.get(request["unit"])
            if record is not None:
                record.state, self.dirty = "stopped", True
            client.answer(request, "stopped")
        else:
            body.stop(lambda: client.answer(request, "stopped"))

    def _forget(self, client: Client, request: Request) -> None:
        name = request["unit"]

        def forget() -> None:
            self.bodies.pop(name, None)
            self.state.units.pop(name, None)
            self.dirty = True
            self._save()
            client.answer(request, "gone")

        body = self.bodies.get(name)
        if body is None or not body.is_alive:
            forget()
        else:
            body.stop(forget)

    def _environment(self, client: Client, request: Request) -> None:
        body = self.bodies.get(request["unit"])
        if body is None or body.main is None:
            client.answer(request, "absent")
            return
        user = body.spec.user
        client.answer(
            request,
            "environment",
            values=dict(body.spec.environment),
            folder=body.spec.folder,
            user=None if user is None else [user.uid, user.gid],
        )

    def _on_quit(self, client: Client, request: Request) -> None:
        self._quit(lambda: client.answer(request, "bye"))

    def _quit(self, done: Callable[[], None] = lambda: None) -> None:
        """Stop every unit, those that others need last, then leave the loop."""
        self.quitting = True
        alive = {name: body for name, body in self.bodies.items() if body.is_alive}
        if not alive:
            self._save()
            done()
            self.loop.end()
            return
        needed = {need for body in alive.values() for need in body.spec.needs}
        free = [body for name, body in alive.items() if name not in needed] or [*alive.values()]
        left = len(free)

        def one_less() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self._quit(done)

        for body in free:
            body.stop(one_less)

    def _leave_if_idle(self) -> None:
        if not self.clients and not any(body.is_alive for body in self.bodies.values()):
            self.loop.end()

    def _leave(self, listener: socket.socket) -> None:
        if self.posted is not None:
            self.posted.dismiss()
        with contextlib.suppress(OSError):
            self.socket_path.unlink()
        listener.close()
        self.state.clean, self.state.pid = True, None
        with contextlib.suppress(OSError):
            save_state(self.layout.state, self.state)


def digest_of(values: object) -> str:
    """Give a digest of plain values, so that secrets in them need not be kept."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def main(argv: list[str]) -> int:
    """Run the supervisor of a home."""
    layout = Layout(home=Path(argv[0]))
    lock = take_lock(layout.lock)
    if lock is None:
        return ALREADY_RUNNING
    started = leave_parent()
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    Supervisor(layout=layout, socket_path=Path(argv[1]), lock=lock).run(started)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
