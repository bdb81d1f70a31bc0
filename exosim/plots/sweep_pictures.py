"""The pictures of a sweep: what each factor does alone, and all points side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from exosim.plots.parallel_coordinates import parallel_coordinates
from exosim.plots.response_slices import response_slices
from exosim.study.answers import Response
from exosim.study.effects import Effects
from exosim.study.sweep import Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_AXES = 9
_WIDE = 30.0


def pictures(found: Sweep) -> Iterator[tuple[str, Axes]]:
    """Yield the name of each picture of a sweep and its axes."""
    if found.effects is not None and _drawable(found.effects):
        yield "response_slices", response_slices(found.effects)[0]
    if np.isfinite(_table(found)).all(axis=1).any():
        yield "parallel_coordinates", sweep_coordinates(found)


def sweep_coordinates(found: Sweep) -> Axes:
    """Draw every point of a sweep with its responses; the best of each response stands out.

    Parameters
    ----------
    found : of :func:`exosim.study.sweep.sweep`

    Raises
    ------
    ValueError
        when no point has a value of every response.
    """
    factors, responses = _shown(found)
    names = [*(found.factors[n].label for n in factors), *_labels(found)]
    values = _table(found)
    logarithmic = [found.factors[n].label for n in factors if found.factors[n].scale == "log"]
    for place, name in enumerate(names[len(factors) :], start=len(factors)):
        own = values[np.isfinite(values[:, place]), place]
        if own.min() > 0.0 and own.max() > _WIDE * own.min():
            logarithmic.append(name)
    words = {f.label: [str(choice) for choice in f.choices] for f in found.factors if f.choices}
    best: dict[int, str] = {}
    for response in responses:
        point = found.best(response.name)
        if point is not None and np.isfinite(values[point]).all():
            own_name = response.name.replace("_", " ")
            best[point] = f"{best[point]} and {own_name}" if point in best else f"best in {own_name}"
    return parallel_coordinates(
        names, values, color_by=names[len(factors)], highlight=best, logarithmic=logarithmic,
        words={name: told for name, told in words.items() if name in names},
        title=f"{found.name.replace('_', ' ')}: {len(found.points):,} points of {len(found.factors)} factors",
    )  # fmt: skip


def _shown(found: Sweep) -> tuple[list[int], tuple[Response, ...]]:
    """Return places of factors, those with the largest effects, and responses that fit side by side."""
    responses = found.responses[: _MOST_AXES // 2]
    places = list(range(len(found.factors)))
    if found.effects is not None:
        first = {row.factor: row.rank for row in reversed(found.effects.rows)}
        places.sort(key=lambda n: first[found.factors[n].path])
    return sorted(places[: _MOST_AXES - len(responses)]), responses


def _table(found: Sweep) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    factors, responses = _shown(found)
    return np.column_stack([found.points[:, factors], *(found.of(response.name) for response in responses)])


def _labels(found: Sweep) -> list[str]:
    both = zip(found.responses, found.asked, strict=True)
    return [f"{statistic} {response.label}" for response, statistic in both][: _MOST_AXES // 2]


def _drawable(effects: Effects) -> bool:
    return bool(effects.slices) and all(np.isfinite(one.levels[:, :3]).any() for one in effects.slices)
