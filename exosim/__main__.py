"""The start of the program, for ``python -m exosim`` and the installed command."""

from __future__ import annotations

import signal
import sys

from exosim.errors import INTERRUPTED


def run() -> int:
    """Run the command line and return its exit code, also when the start itself is interrupted."""
    try:
        from exosim.cli import main

        code = main()
    except KeyboardInterrupt:
        code = INTERRUPTED
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said: an interrupt would only change the exit code
    return code


if __name__ == "__main__":
    sys.exit(run())
