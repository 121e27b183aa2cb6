"""`python -m hearth_backup`, as the embedded engine starts it."""

from __future__ import annotations

import sys

from hearth_backup.cli import main

if __name__ == "__main__":
    sys.exit(main())
