"""Memory that a block has freed stays with the process, for the next block.

The allocator of glibc gives memory at the top of its heap back to the system as soon as twice the largest array that it
ever freed is free there, and the next block has to get it page by page again: on a virtual machine that took as long
as the arithmetic. Both limits grow with the largest array that is freed, up to 32 MiB: one such array, which no page of
memory is ever given for, sets them. Other allocators are not harmed.
"""

from __future__ import annotations

import functools

import numpy as np

_LARGEST_MEBIBYTES = 32


@functools.cache
def keep_freed_memory() -> None:
    """Let the allocator keep up to 64 MiB of what is freed; the first call in a process does it."""
    np.empty((_LARGEST_MEBIBYTES << 20) - (1 << 16), dtype=np.uint8)
