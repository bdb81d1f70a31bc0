"""Where to try an operation: at its defaults, at the corners of its declared ranges, and anywhere in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from exosim.material import Material
from exosim.operations.base import Outcome, UnitOperation
from exosim.parameter import Parameter, declared
from exosim.testing.feeds import Floats, feed_for, on_lanes

if TYPE_CHECKING:
    from hypothesis import strategies as st

Values = dict[str, Any]
LANES = 8


def at(parameter: Parameter, fraction: Any) -> Any:
    """Return the value at a fraction of the range, even in the logarithm where the range spans decades."""
    low, high = parameter.low, parameter.high
    if low > 0 and high > 30 * low:
        value = np.exp(np.log(low) + fraction * np.log(high / low))
    else:
        value = low + fraction * (high - low)
    value = np.clip(value, low, high)
    return np.round(value) if parameter.whole else value


@dataclass(frozen=True, eq=False)
class Subject:
    """An operation under test.

    Attributes
    ----------
    operation : its class
    makes : fields of a material that it may generate
    feed : what it is fed with; by default what suits it, with some of every species
    adjust : changes drawn values of the plan in place, such as to keep the number of visits small
    """

    operation: type[UnitOperation]
    makes: frozenset[str] = frozenset()
    feed: Material | None = None
    adjust: Callable[[Values], None] | None = None

    @property
    def name(self) -> str:
        """The name of the class, for messages."""
        return self.operation.__name__

    @property
    def held(self) -> str:
        """What the product holds: cells where the operation hands on cells, else vesicles."""
        cells = self.operation.source or self.operation.needs == "viable_cells"
        return "viable_cells" if cells and not self.operation.makes_vesicles else "vesicles"

    @cached_property
    def free(self) -> dict[str, Parameter]:
        """The parameters that may vary between lanes."""
        return {key: p for key, p in declared(self.operation).items() if not p.planned}

    @cached_property
    def planned(self) -> dict[str, Parameter]:
        """The parameters that belong to the plan and are one number."""
        return {key: p for key, p in declared(self.operation).items() if p.planned}

    @property
    def by_default(self) -> dict[str, Parameter]:
        """The free parameters that have a default."""
        return {key: p for key, p in self.free.items() if p.default is not None}

    def fed(self, factors: Floats | None = None) -> Material:
        """Return the feed, on as many lanes as there are factors."""
        feed = feed_for(self.operation) if self.feed is None else self.feed
        return feed if factors is None else on_lanes(feed, factors)

    def build(self, values: Mapping[str, Any], index: int | None = None) -> UnitOperation:
        """Return the operation with the given values, or with those of one lane as plain numbers."""
        if index is not None:
            values = {key: float(value[index]) if np.ndim(value) else value for key, value in values.items()}
        return self.operation(**values)

    def without_contradictions(self, values: Values, lanes: int) -> Values:
        """Return the values on the lanes whose operation reports no problem, repeated to the same number of lanes."""
        good = [i for i in range(lanes) if not list(self.build(values, i).problems())]
        if not good:
            return {}
        picked = np.resize(np.asarray(good), lanes)
        return {key: value[picked] if np.ndim(value) else value for key, value in values.items()}

    def of_size(self, size: float) -> Outcome:
        """Return what the operation makes of a lot that is `size` times the normal one, at its defaults.

        What it says grows does so, optional parameters included; what it says stays is at the least that it can be.
        """
        known = declared(self.operation)
        values: Values = {key: known[key].minimum for key in self.operation.stays}
        for key in self.operation.grows:
            default = known[key].default
            values[key] = size * (at(known[key], 0.5) if default is None else default)
        return self.operation(**values).transform(self.fed().portion(size))

    def corners(self, random_corners: int = 120) -> Values:
        """Return parameter values at corners: all low, all high, each alone low or high, and random corners."""
        free = self.free
        defaults = [(p.low if p.default is None else p.default) for p in free.values()]
        lows, highs = [p.low for p in free.values()], [p.high for p in free.values()]
        rows = [defaults, lows, highs]
        for i in range(len(free)):
            rows += [[*defaults[:i], edge[i], *defaults[i + 1 :]] for edge in (lows, highs)]
        sides = np.random.default_rng(7).integers(0, 2, (random_corners, len(free)))
        rows += np.where(sides, highs, lows).tolist()
        return dict(zip(free, np.asarray(rows).T.copy(), strict=True))

    def plans(self) -> list[dict[str, float]]:
        """Return the defaults and the corners of the planned parameters."""
        if not self.planned:
            return [{}]
        sides = [{key: p.low for key, p in self.planned.items()}, {key: p.high for key, p in self.planned.items()}]
        plans = [{}, *sides, *({**sides[0], key: p.high} for key, p in self.planned.items())]
        for plan in plans[1:]:
            if self.adjust is not None:
                self.adjust(plan)
        return plans

    @cached_property
    def at_corners(self) -> list[tuple[Material, Outcome]]:
        """Feed and outcome of all corners, one entry for each plan and each set of optional values."""
        found = []
        values = self.corners()
        lanes = len(next(iter(values.values()), (0.0,)))
        optional = [key for key, p in self.free.items() if p.default is None]
        feed = self.fed(np.geomspace(0.3, 3.0, lanes))
        for plan in self.plans():
            for used in (set(optional), set()) if optional else (set(),):
                chosen = {key: v for key, v in values.items() if key not in optional or key in used}
                usable = self.without_contradictions({**plan, **chosen}, lanes)
                if usable or not declared(self.operation):
                    found.append((feed, self.build(usable).transform(feed)))
        return found

    def drawn(self, lanes: int = LANES) -> st.SearchStrategy[tuple[Values, Material]]:
        """Return a strategy of parameter values over the declared ranges, corners included, and a feed."""
        from hypothesis import assume
        from hypothesis import strategies as st
        from hypothesis.extra.numpy import arrays

        fraction = st.sampled_from((0.0, 1.0)) | st.floats(0.0, 1.0)
        rows = arrays(np.float64, (len(self.free) + 1, lanes), elements=fraction, fill=st.nothing())

        @st.composite
        def case(draw: st.DrawFn) -> tuple[Values, Material]:
            drawn = draw(rows)
            values: Values = {}
            for (key, p), row in zip(self.free.items(), drawn, strict=False):
                if p.default is not None or draw(st.booleans()):
                    values[key] = at(p, row)
            for key, p in self.planned.items():
                if p.default is not None or draw(st.booleans()):
                    values[key] = float(at(p, draw(fraction)))
            if self.adjust is not None:
                self.adjust(values)
            usable = self.without_contradictions(values, lanes)
            assume(usable or not declared(self.operation))
            return usable, self.fed(0.1 + 2.0 * drawn[-1])

        return case()
