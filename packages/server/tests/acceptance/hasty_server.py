"""The server as it is served, but with two seconds of patience instead of a minute."""

from __future__ import annotations

import sys

from hearth_server.edge.http import run
from hearth_server.main import main

if __name__ == "__main__":
    run.Server.__init__.__kwdefaults__ |= {"head_seconds": 2.0, "silence_seconds": 2.0}
    sys.exit(main(["serve"]))
