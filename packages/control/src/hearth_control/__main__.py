"""Run `hearth` as `python -m hearth_control`."""

import sys

from hearth_control.main import main

if __name__ == "__main__":
    sys.exit(main())
