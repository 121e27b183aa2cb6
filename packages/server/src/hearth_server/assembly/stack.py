"""Put together what tells which services of the installation are up."""

from __future__ import annotations

from hearth_kit.clock import SystemClock

from hearth_server.adapters.stack.listing import StackFile
from hearth_server.adapters.stack.prober import SocketProber
from hearth_server.capabilities.stack.tools import StackTools
from hearth_server.settings.model import Settings


def assemble_stack(settings: Settings) -> StackTools:
    """Build the tool; nothing is read or asked yet."""
    return StackTools(StackFile(settings.stack_path), SocketProber(), clock=SystemClock())
