"""`python -m hearth_server` is `hearth-server`."""

from __future__ import annotations

import sys

from hearth_server.main import main

if __name__ == "__main__":
    sys.exit(main())
