"""The start of the program, for ``python -m exosim`` and the installed command."""

from __future__ import annotations

import sys

from exosim.errors import INTERRUPTED


def run() -> int:
    """Run the command line and return its exit code, also when the start itself is interrupted."""
    try:
        from exosim.cli import main

        return main()
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(run())
