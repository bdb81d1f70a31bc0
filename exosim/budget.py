"""What a run may cost: memory and hours, estimated before anything is allocated."""

from __future__ import annotations

import os
from pathlib import Path

from exosim.errors import LimitError, Problem, shortened
from exosim.limits import MOST_DRAWS

MEMORY_LIMIT = 16 * 1024**3
"""Most memory for the results of a run [bytes], however much the machine has."""
TIME_LIMIT = 168.0
"""Longest run that is begun [h]."""
_CGROUP = Path("/sys/fs/cgroup/memory.max")
_IN_USE = Path("/proc/self/statm")
_GIBIBYTE = 1024**3


def memory_limit() -> int:
    """Return how much memory results may take [bytes]: the least of our limit, the machine's and this process's."""
    limits = [MEMORY_LIMIT]
    if hasattr(os, "sysconf") and {"SC_PHYS_PAGES", "SC_PAGE_SIZE"} <= set(os.sysconf_names):
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    limits += [limit for limit in (_container(), _address_space()) if limit is not None]
    return max(min(limits), 0)


def _container() -> int | None:
    """Return the memory of the container in which this runs, or None."""
    try:
        text = _CGROUP.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _address_space() -> int | None:
    """Return what the limit of this process (``ulimit -v``) leaves, or None."""
    try:
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        pages = int(_IN_USE.read_text(encoding="ascii").split()[0])
    except (ImportError, OSError, ValueError):
        return None
    return None if soft == resource.RLIM_INFINITY else soft - pages * os.sysconf("SC_PAGE_SIZE")


def check_budget(draws: int, bytes_per_draw: float, seconds_per_draw: float) -> None:
    """Refuse a number of draws that would take too much memory or too long.

    Raises
    ------
    LimitError
        with both estimates and the number of draws that fits.
    """
    if draws > MOST_DRAWS:
        raise LimitError(
            Problem(
                "this is more than can be counted",
                got=shortened(f"{draws:,} draws"),
                expected=f"at most {MOST_DRAWS:,}",
            )
        )
    memory, limit = draws * bytes_per_draw, memory_limit()
    hours = draws * seconds_per_draw / 3600.0
    if memory <= limit and hours <= TIME_LIMIT:
        return
    fits = min(limit / max(bytes_per_draw, 1e-9), TIME_LIMIT * 3600.0 / max(seconds_per_draw, 1e-12))
    unit = 10 ** max(len(str(int(fits))) - 2, 0)
    problem = (
        f"{draws:,} draws would need about {_amount(memory / _GIBIBYTE)} GiB for their results "
        f"and about {_amount(hours)} hours"
    )
    expected = f"at most {int(fits) // unit * unit:,} draws (limits: {limit / _GIBIBYTE:.3g} GiB, {TIME_LIMIT:g} hours)"
    raise LimitError(Problem(problem, got=f"{draws:,} draws", expected=f"{expected}; --draws N asks for fewer"))


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 10.0 else f"{value:.2g}"
