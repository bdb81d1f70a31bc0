"""Run the command line with ``python -m exosim``."""

from __future__ import annotations

import sys

try:
    from exosim.cli import main

    code = main()
except KeyboardInterrupt:
    code = 130
sys.exit(code)
