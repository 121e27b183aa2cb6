"""Taking backups by the clock, until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from hearth_kit.clock import Clock
from hearth_kit.errors import HearthError

from hearth_backup.place import Last, load_last, save_last
from hearth_backup.schedule import is_due, parse_times
from hearth_backup.settings import Settings
from hearth_backup.telling import Teller

TURN_SECONDS = 20.0
INTERRUPTED = "it was interrupted"


def serve(settings: Settings, *, take: Callable[[], object], clock: Clock, teller: Teller) -> None:
    """Take a backup whenever one is due; a failed one is tried again at the next time of day.

    One that was due while the runner was off is taken at its start; before the first one it waits
    for its time, so that an installation that is about to be restored is not saved empty.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parse_times(settings.at)
    started = clock.now().astimezone()
    begin(settings)
    teller.step(f"waiting for {settings.at}")
    while not stop.is_set():
        turn(settings, take=take, now=clock.now().astimezone(), started=started, teller=teller)
        stop.wait(TURN_SECONDS)


def begin(settings: Settings) -> None:
    """Take note of how the last one went before this start: what was interrupted is due again."""
    last = load_last(settings)
    if last is not None and last.error:
        again = timedelta(days=1) if last.error == INTERRUPTED else timedelta()
        save_last(settings, Last(began=last.began - again))


def turn(
    settings: Settings,
    *,
    take: Callable[[], object],
    now: datetime,
    started: datetime,
    teller: Teller,
) -> None:
    """Take a backup if one is due now, and remember how it went."""
    last = load_last(settings)
    since = last.began if last is not None else started
    if not is_due(parse_times(settings.at), now=now, since=since):
        return
    save_last(settings, Last(began=now, error=INTERRUPTED))
    try:
        take()
    except HearthError as error:
        teller.error(error)
        save_last(settings, Last(began=now, error=error.message))
    else:
        save_last(settings, Last(began=now))


def health(settings: Settings) -> str:
    """Say what is wrong, in a line; nothing where all is well."""
    parse_times(settings.at)
    last = load_last(settings)
    return last.error if last is not None else ""
