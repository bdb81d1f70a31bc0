"""Print the figures that take minutes beside their goals; last line: one JSON document.

Every module of :data:`PARTS` measures something and has one function, ``figures() -> dict[str, float]``.
"""

from __future__ import annotations

import json
import sys
import time

import accuracy
import facility
import goals
import kernel
import limit
import scaling
import streaming
import study
import trains

PARTS = (
    limit,
    kernel,
    trains,
    accuracy,
    streaming,
    facility,
    study,
    scaling,
)


def main(names: list[str]) -> None:
    """Print the table and the JSON line of the parts named, by default of all."""
    figures: dict[str, float] = {}
    for part in PARTS:
        if names and part.__name__ not in names:
            continue
        started = time.perf_counter()
        figures |= goals.rounded(part.figures())
        print(f"{part.__name__}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    print(goals.table(figures))
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
