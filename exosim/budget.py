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


def check_budget(draws: int, keep: int, bytes_per_lane: float, seconds_per_draw: float) -> None:
    """Refuse a number of draws that would take too much memory or too long.

    Parameters
    ----------
    keep : of how many of the draws everything is kept

    Raises
    ------
    LimitError
        with both estimates and what fits.
    """
    if draws > MOST_DRAWS:
        raise LimitError(
            Problem(
                "this is more than can be counted",
                got=shortened(f"{draws:,} draws"),
                expected=f"at most {MOST_DRAWS:,}",
            )
        )
    memory, limit = keep * bytes_per_lane, memory_limit()
    hours = draws * seconds_per_draw / 3600.0
    if memory <= limit and hours <= TIME_LIMIT:
        return
    expected = [f"at most {_rounded(limit / bytes_per_lane)} kept (--keep N)"] if memory > limit else []
    if hours > TIME_LIMIT:
        expected.append(f"at most {_rounded(TIME_LIMIT * 3600.0 / seconds_per_draw)} draws")
    problem = (
        f"{draws:,} draws would need about {_amount(memory / _GIBIBYTE)} GiB for their results "
        f"and about {_amount(hours)} hours"
    )
    limits = f"(limits: {limit / _GIBIBYTE:.3g} GiB, {TIME_LIMIT:g} hours)"
    advice = f"{' and '.join(expected)} {limits}; --draws N asks for fewer"
    raise LimitError(Problem(problem, got=f"{draws:,} draws, {keep:,} of them kept", expected=advice))


def _rounded(number: float) -> str:
    """Return a number cut to two digits."""
    unit = 10 ** max(len(str(int(number))) - 2, 0)
    return f"{int(number) // unit * unit:,}"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 10.0 else f"{value:.2g}"
