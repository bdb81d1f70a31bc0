"""Some rows of a front that stand for all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from exosim.study.front import Front

MOST_ROWS = 12


def shown_rows(found: Front, most: int = MOST_ROWS) -> list[int]:
    """Return rows of the front evenly along it, its ends and the knee among them."""
    count = len(found.front)
    if count <= most or found.box is None:
        return list(range(count))
    shares = found.box.shares(found.costs[found.front])
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(shares, axis=0), axis=1))])
    rows = {int(np.abs(way - at).argmin()) for at in np.linspace(0.0, way[-1], most)}
    if found.knee is not None and found.knee[0] not in rows:
        knee = found.knee[0]
        inner = rows - {0, count - 1}
        rows.remove(min(inner or rows, key=lambda row: abs(float(way[row] - way[knee]))))
        rows.add(knee)
    return sorted(rows)
