"""Explain a number of a run: its formula tree, down to the parameters with their values, units, grades and sources.

The tree is one calculation: one batch with every parameter at its fixed value or median, or one replication of a run in
time. What the run itself reports of the number stands beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, TypeAlias

import numpy as np

from exosim import html, units
from exosim.batch_quantities import BatchQuantities
from exosim.cost_nodes import CostNodes
from exosim.errors import Problem, UsageError, unknown
from exosim.formula import evaluate
from exosim.formula_tree import Input, Node, lines, shown, under
from exosim.influence import Lanes, Neighborhood
from exosim.quantities import default_line
from exosim.reasons import Reasons
from exosim.references import references
from exosim.replication_cost import ledger_of
from exosim.replications import replay
from exosim.results import FacilityResults, Yields
from exosim.run_nodes import Fate, Indicators, fates, lead_time_by_cause, more_of, with_more
from exosim.saved_run import SavedRun
from exosim.saved_yields import SavedYields
from exosim.scenario import Scenario
from exosim.sites import without_doses
from exosim.uses import used
from exosim.version import __version__
from exosim.window import Window

Explained: TypeAlias = Scenario | Yields | FacilityResults | SavedRun | SavedYields
FORM = "exosim.explain/1"
_SHOWN = 8
_TYPICAL = "one batch with every parameter at its fixed value or its median"
_WHY_DRAWS = (
    "The tree is one batch with every parameter at its fixed value or its median; the run draws them all. The median "
    "of what skewed, bounded or rounded numbers make is not what their medians make."
)
_WHY_REPLICATIONS = (
    "The tree is the first replication: one possible world with its batches. The run repeats it in others, and its "
    "mean is that of all of them."
)


@dataclass(frozen=True, slots=True)
class Beside:
    """What the run itself reports of the number: over draws, or over replications."""

    kind: str
    n: int
    middle: float
    low: float
    high: float
    unit: str
    why: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def __str__(self) -> str:
        middle, low, high = (units.show(value, "1") for value in (self.middle, self.low, self.high))
        unit = "" if self.unit == "1" else f" {self.unit}"
        if self.kind == "draws":
            return f"the run: median {middle} (5 to 95 %: {low} to {high}){unit}, {self.n:,} draws"
        return f"the run: mean {middle} (95 % interval {low} to {high}){unit}, {self.n:,} replications"


@dataclass(frozen=True)
class Explanation:
    """A number with its formula tree.

    Attributes
    ----------
    quantity : as it was asked for
    scenario, hash : of which scenario
    root : the tree
    of : what the tree is a calculation of, in words
    beside : what the run reports; None of a scenario alone
    influence : the parameters by their local elasticity for the number, rounding left aside, the largest first
    fates : what became of the batches of the replication; none of a batch
    """

    quantity: str
    scenario: str
    hash: str
    root: Node
    of: str
    beside: Beside | None = None
    influence: tuple[Input, ...] = ()
    fates: tuple[Fate, ...] = ()

    @property
    def value(self) -> float | None:
        """The number in the tree."""
        return self.root.value

    def as_dict(self, depth: int | None = None) -> dict[str, Any]:
        """Return the JSON document ``exosim.explain/1``: nodes by name, the root first; no time, path or machine."""
        kept = self.root.walk() if depth is None else _down_to(self.root, depth)
        return {
            "form": FORM,
            "version": __version__,
            "scenario": {"name": self.scenario, "hash": self.hash},
            "quantity": self.quantity,
            "value": self.value,
            "unit": self.root.unit,
            "of": self.of,
            "run": None if self.beside is None else self.beside.as_dict(),
            "influence": [one.as_dict() for one in self.influence],
            "batches": [fate.as_dict() for fate in self.fates],
            "root": self.root.name,
            "nodes": [node.as_dict() for node in kept],
        }

    def head(self) -> Iterator[str]:
        """Yield what is told above the tree."""
        yield f"{self.scenario}: {self.quantity} = {shown(self.value, self.root.unit)}, {self.of}"
        if self.beside is not None:
            yield str(self.beside)
            yield self.beside.why

    def matter(self) -> list[Input]:
        """Return the parameters that matter most for the number."""
        return [one for one in self.influence if one.influence][:_SHOWN]

    def __str__(self) -> str:
        told = [f"  {one.influence:+.3g} %/% {one.path} = {one}" for one in self.matter()]
        what = ["what matters, in % of change per 1 % more of the parameter (%/%):", *told] if told else []
        ended = [f"  {fate.batches} {fate.disposition}: {units.show(fate.doses, '1')} doses" for fate in self.fates]
        batches = ["batches of this replication:", *ended] if ended else []
        return "\n".join([*self.head(), *what, *batches, str(self.root)])

    def _repr_html_(self) -> str:
        head, *rest = self.head()
        rows = (
            (one.path, shown(one.value, one.unit), f"{one.influence:+.3g}", one.evidence()) for one in self.matter()
        )
        tree = "".join(
            f'<div style="margin-left:{line.depth}em">{html.text(line.text)}</div>' for line in lines(self.root)
        )
        table = html.table(("parameter", "value", "1 % more: per cent", "evidence"), rows)
        return html.view(self.quantity, head, html.remarks(rest), table, html.folded("formula tree", tree))


def explain(of: Explained, quantity: str) -> Explanation:
    """Return where a number comes from.

    Parameters
    ----------
    of : a yield or a run in time, as it was made or as it was read from its folder; or a scenario, at typical values
    quantity : name as in the JSON documents, such as ``doses`` or ``doses_per_year``; after a step or of a resource
        ``concentrate.recovery`` or ``tff_skid.occupancy``

    Raises
    ------
    UsageError
        when there is no such quantity, with the nearest one.
    FileError
        when the folder of a run does not hold its scenario, or another version of exosim wrote it.

    Examples
    --------
    >>> print(explain(load_run("results/run"), "doses_per_year"))  # doctest: +SKIP
    """
    return Explainer(of).explain(quantity)


class Explainer:
    """Explains numbers of one run: what they share is computed once."""

    def __init__(self, of: Explained) -> None:
        self._of = of
        self.scenario = of if isinstance(of, Scenario) else of.scenario
        self._seed = None if isinstance(of, Scenario) else of.seed

    @cached_property
    def quantities(self) -> BatchQuantities:
        """The quantities of a batch, at typical values."""
        around = Neighborhood(self.scenario)
        return BatchQuantities(around, ledger_inputs(around))

    @cached_property
    def indicators(self) -> Indicators | None:
        """The indicators of the first replication of a run in time; None where the scenario has no campaign."""
        if not self.scenario.declarations.plant.campaigns:
            return None
        replayed = replay(self.scenario, self.seed, 0)
        window = replayed.window
        ledger = ledger_of(self.scenario, self.seed, 0, used(*replayed), window.run.batches)
        return Indicators(window, None if ledger is None else CostNodes(self.scenario, self.seed, 0, ledger))

    @property
    def seed(self) -> int:
        """Seed of the run; of a scenario its own."""
        return self.scenario.seed if self._seed is None else self._seed

    @cached_property
    def _products(self) -> dict[str, Explainer]:
        """The products of a site that makes several, each with the quantities of its batch."""
        found = self.scenario.products()
        return {product.name: _OfProduct(product) for product in found} if len(found) > 1 else {}

    def names(self) -> list[str]:
        """Return the names of all quantities that can be explained."""
        facility = list(self._run_keys())
        own = [_typed(key) for key in (*self._batch_keys(), *facility)]
        return own + [f"{name}.{other}" for name, product in self._products.items() for other in product.names()]

    def _batch_keys(self) -> list[tuple[str, str | None]]:
        plain = all(d.operation.owner.plain for d in self.scenario.declarations.procedures)
        return [] if plain else list(self.quantities.units)

    def _run_keys(self) -> dict[tuple[str, str | None], str]:
        return {} if self.indicators is None else without_doses(self.scenario, self.indicators.units)

    def explain(self, quantity: str) -> Explanation:
        """Return where a number comes from.

        Raises
        ------
        UsageError
            when there is no such quantity, with the nearest one.
        """
        of_batch = {_typed(key): key for key in self._batch_keys()}
        if quantity in of_batch:
            return self._of_batch(quantity, *of_batch[quantity])
        of_run = {_typed(key): key for key in self._run_keys()}
        if quantity in of_run and self.indicators is not None:
            return self._of_run(self.indicators, quantity, *of_run[quantity])
        product, _, rest = quantity.partition(".")
        if product in self._products:
            own = (quantity, self.scenario.name, self.scenario.hash)
            found = self._products[product].explain(rest)
            root = under(product, found.root)
            return replace(found, quantity=own[0], scenario=own[1], hash=own[2], root=root)
        raise UsageError(_unknown(quantity, [*of_batch, *of_run]))

    def _of_batch(self, quantity: str, name: str, step: str | None) -> Explanation:
        root = self.quantities.node(name, step)
        around = self.quantities.around
        values = smooth(root, self.quantities.nodes.lanes)
        inputs = self.quantities.nodes.inputs(values, [], list(around.values))
        return Explanation(
            quantity, self.scenario.name, self.scenario.hash, root, _TYPICAL, self._beside(name, step), inputs
        )

    def _of_run(self, indicators: Indicators, quantity: str, name: str, resource: str | None) -> Explanation:
        root, window = indicators.node(name, resource), indicators.window
        if resource is None:
            counted = {"dose_pairs_per_year": "dose_pairs", "companion_doses_per_year": "companion_doses"}
            doses = partial(self._doses, counted.get(name, "doses"))
            root = with_more(root, more_of(name, window, partial(self._hours, window), doses))
        of = "of the first replication" if self._seed is None else f"of the first replication of seed {self._seed}"
        beside = self._beside(name, resource)
        return Explanation(quantity, self.scenario.name, self.scenario.hash, root, of, beside, fates=fates(window))

    def _doses(self, name: str = "doses") -> list[Node]:
        """Return the doses of a batch at typical values, or its pairs; none of a recipe that only takes time."""
        if self._products:
            return [node for product in self._products.values() for node in product._doses(name)]
        return [self._typical(name)] if (name, None) in self._batch_keys() else []

    def _typical(self, name: str) -> Node:
        """Return a headline of a batch, saying of which batch."""
        node = self.quantities.node(name)
        told = replace(node, about=f"{node.about}; of {_TYPICAL}")
        return under(self.scenario.name, told) if isinstance(self, _OfProduct) else told

    def _hours(self, window: Window) -> list[Node]:
        """Return where the time of the lot with the median lead time goes, and the planned time of a batch."""
        own = list(self._products.values()) or [self]
        planned = [one._typical("batch_duration") for one in own if one._batch_keys()]
        times = {b.number: b.available - b.started for b in window.ended if b.good and b.available is not None}
        if not times:
            return planned
        median = float(np.median(list(times.values())))
        nearest = min(times, key=lambda number: abs(times[number] - median))
        return [lead_time_by_cause(self._reasons.why(nearest + 1)), *planned]

    @cached_property
    def _reasons(self) -> Reasons:
        """Why the lots of the first replication took so long."""
        return Reasons(self.scenario, self.seed, 0)

    def _beside(self, name: str, step: str | None) -> Beside | None:
        """Return what the run itself reports of a quantity; None where it does not."""
        for row in _reported(self._of):
            if (row["name"], row["step"]) == (name, step) and row["n"]:
                if "low" in row:
                    low, high = row["low"], row["high"]
                    ends = (row["mean"], row["mean"]) if low is None else (low, high)
                    return Beside("replications", row["n"], row["mean"], *ends, row["unit"], _WHY_REPLICATIONS)
                return Beside("draws", row["n"], row["median"], row["p5"], row["p95"], row["unit"], _WHY_DRAWS)
        return None


class _OfProduct(Explainer):
    """Explains the numbers of a batch of one product of a site; the indicators are those of the whole site."""

    indicators = None
    _products: Mapping[str, Explainer] = {}  # type: ignore[assignment]


def _reported(of: Explained) -> Iterable[Mapping[str, Any]]:
    if isinstance(of, Scenario):
        return ()
    if isinstance(of, (SavedRun, SavedYields)):
        found: Iterable[Mapping[str, Any]] = of.document["quantities"]
        return found
    return (quantity.as_dict() for quantity in of.quantities())


def _typed(key: tuple[str, str | None]) -> str:
    name, step = key
    return name if step is None else f"{step}.{name}"


def _unknown(quantity: str, valid: list[str]) -> Problem:
    """Return the problem of a name that is not known; listed are those of the step that it names, or of the whole."""
    known = list(dict.fromkeys(valid))
    step, dot, _ = quantity.partition(".")
    of_step = [name for name in known if dot and name.startswith(f"{step}.")]
    if of_step:
        return unknown("quantity", quantity, of_step)
    found = unknown("quantity", quantity, known if dot else [name for name in known if "." not in name])
    return replace(found, expected="one of " + ", ".join(name for name in known if "." not in name))


def smooth(root: Node, lanes: Any) -> Lanes:
    """Return a node on all lanes by its formulas, without rounding down to whole numbers."""
    done: dict[int, Any] = {}

    def value(node: Node) -> Any:
        if id(node) not in done:
            given = {symbol: value(child) for symbol, child in node.children.items()}
            done[id(node)] = evaluate(node.formula, given, smooth=True) if node.formula else lanes(node.name)
        return done[id(node)]

    found = np.asarray(value(root), dtype=np.float64)
    return found if found.ndim else np.full(lanes(root.name).shape, float(found))


def _down_to(root: Node, depth: int) -> Iterator[Node]:
    """Yield the nodes down to a depth, each once, those near the root first."""
    seen: dict[int, Node] = {id(root): root}
    level = [root]
    for _ in range(depth + 1):
        yield from level
        below = [child for node in level for child in (*node.children.values(), *node.related)]
        level = [node for node in {id(node): node for node in below}.values() if id(node) not in seen]
        seen |= {id(node): node for node in level}


def ledger_inputs(around: Neighborhood) -> dict[str, Input]:
    """Return every parameter around a batch with what the ledger says of it."""
    known = {line.path: line for line in around.scenario.ledger()}
    own = around.scenario.data.get("sources", {})
    found = {}
    for path, parameter in around.parameters.items():
        line = known[path]
        if not line.value:
            line = default_line(path, parameter)
        source = references().get(line.source)
        cited = source.citation() if source is not None else _own_source(own, line.source)
        low, high = parameter.low, parameter.high
        high = high if math.isfinite(high) else around.values[path]
        found[path] = Input(
            path, around.values[path], parameter.unit, line.value, low, high, parameter.doc, line.origin, line.grade,
            line.source, cited,
        )  # fmt: skip
    return found


def _own_source(sources: Mapping[str, Any], key: str) -> str:
    table = sources.get(key)
    return str(table.get("text", "")) if isinstance(table, Mapping) else ""
