"""Every verb, written by hand: its name, its summary, its place in the help.

`hearth --help` prints this table and imports no verb; a verb's module is imported when it is
called. A module holds one `command`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb; `summary` is also the first line of its own help."""

    name: str
    summary: str
    group: str

    @property
    def module(self) -> str:
        """Name the module that holds the verb's `command`."""
        return f"hearth_control.cli.verbs.{self.name}"


GROUPS: Final = ("Start", "Look", "Change", "Stop", "Other")


def _verbs(group: str, **summaries: str) -> tuple[Verb, ...]:
    return tuple(
        Verb(name=name, summary=summary, group=group) for name, summary in summaries.items()
    )


VERBS: Final = (
    *_verbs(
        "Start",
        init="Choose what to run and where",
        up="Start everything that is on, or bring it up to date",
        open="Show where to go, with a fresh sign-in link",
    ),
    *_verbs(
        "Look",
        status="Show what runs, how it is, and what to do about what does not",
        plan="Show what `up` would do, and why",
        logs="Show what services wrote",
        services="List the catalog and what is on",
        host="Show this machine and its cards, or set it up",
        show="Show everything that follows from one service's file",
        why="Say why a service is on, or off",
        reach="Show who reaches whom over the network, and why",
        audit="Show what is exposed, to whom and why",
        settings="List, explain and change settings",
    ),
    *_verbs(
        "Change",
        enable="Turn a service on",
        disable="Turn a service off, after saying who loses what",
        source="Say where a service comes from",
        models="List, fetch and choose the models that search runs by itself",
        secrets="List and change secrets, in the stores that hold them too",
        backup="Back everything up, and put it back",
        add="Add a service of your own from its Compose file",
        remove="Remove a service of your own, and keep its data",
    ),
    *_verbs(
        "Stop",
        stop="Stop services and keep them and their data",
        restart="Stop services and start them again",
        down="Stop and remove everything but the data",
    ),
    *_verbs(
        "Other",
        eject="Write a compose project that runs without Hearth",
        completion="Print the completion script of a shell",
        version="Show the version of Hearth and of what it runs on",
    ),
)


def find_verb(name: str) -> Verb | None:
    """Find a verb by name."""
    return next((verb for verb in VERBS if verb.name == name), None)
