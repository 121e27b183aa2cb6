"""Starting a child: its own group, its user, its pipes, and the kernel's word when we die."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Final

from hearth_control.engine.embedded.spec import User

PR_SET_PDEATHSIG: Final = 1


def spawn(
    argv: tuple[str, ...],
    *,
    environment: Mapping[str, str],
    folder: str,
    user: User | None,
    death_signal: signal.Signals,
) -> subprocess.Popen[bytes]:
    """Start a program that leads a group of its own, with three pipes that do not block.

    Raises:
        OSError: there is no such program, or it may not be run by that user.
    """
    child = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment),
        cwd=folder,
        process_group=0,
        user=None if user is None else user.uid,
        group=None if user is None else user.gid,
        extra_groups=None if user is None else [],
        bufsize=0,
        # Safe here: the supervisor has one thread, so nobody holds a lock between fork and exec.
        preexec_fn=_death_note(death_signal),  # noqa: PLW1509  # see the comment above
    )
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            os.set_blocking(pipe.fileno(), False)
    return child


def _death_note(number: signal.Signals) -> Callable[[], None] | None:
    """Prepare the call by which the kernel tells a child of its parent's death; Linux only.

    Source: prctl(2), PR_SET_PDEATHSIG. It is cleared by a change of user, hence set after it.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel
