"""What an interrupt does to a study: the first one ends it in good order, the second one at once.

An interrupt is Ctrl-C, or the signal by which batch systems such as Slurm say that time is over (SIGTERM).
"""

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

    Only in the main thread, and where they are heard as usual: who ignores them goes on to do so.

    Parameters
    ----------
    told : written to standard error by the one that ends the process
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
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

    ours = [number for number, handler in usual.items() if handler in (signal.default_int_handler, signal.SIG_DFL)]
    for number in ours:
        signal.signal(number, hear)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, usual[number])


def is_interrupt(error: BaseException) -> bool:
    """Return whether an error is an interrupt, or what has become of one in the code of a library.

    A compiled module that is interrupted while it is imported tells of it as an ImportError.
    """
    if isinstance(error, KeyboardInterrupt):
        return True
    return error.__cause__ is not None and is_interrupt(error.__cause__)
