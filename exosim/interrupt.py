"""What an interrupt (Ctrl-C) does to a study: the first one ends it in good order, the second one at once."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from exosim.errors import INTERRUPTED

_SHOW_CURSOR = "\x1b[?25h"


@contextlib.contextmanager
def second_one_leaves(told: str) -> Iterator[None]:
    """Meanwhile the first interrupt is a KeyboardInterrupt, and the next one ends the process without more ado.

    Only in the main thread, and where interrupts are heard as Python hears them: who ignores them goes on to do so.

    Parameters
    ----------
    told : written to standard error by the one that ends the process
    """
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = 0

    def hear(_number: int, _frame: FrameType | None) -> None:
        nonlocal heard
        heard += 1
        if heard == 1:
            raise KeyboardInterrupt
        with contextlib.suppress(OSError):  # no buffer: it may be in use at this very moment
            cursor = _SHOW_CURSOR if os.isatty(2) else ""  # a progress bar has hidden it
            os.write(2, f"{cursor}\n{told}\n".encode(errors="backslashreplace"))
        os._exit(INTERRUPTED)

    signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
