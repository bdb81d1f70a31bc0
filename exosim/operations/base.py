"""What every unit operation is: a frozen declaration with one method, `transform`.

Balance, per species and size class, to 1e-12 of the largest term::

    feed + added + generated = product + remainder + sum of losses

`generated` holds what the operation makes (cells that grow, vesicles that are secreted); only an operation that says
so has any. Volume obeys the same balance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.followers import FOLLOWERS as FOLLOWERS
from exosim.followers import NOTHING as NOTHING
from exosim.followers import VESICLES_TAKEN as VESICLES_TAKEN
from exosim.followers import without_vesicles as without_vesicles
from exosim.hold import Hold as Hold
from exosim.material import Material, SizeClasses, is_number, one_where, plus, total
from exosim.parameter import Array, parameter
from exosim.physics.detection import Counter
from exosim.physics.dosing import Summed, dose_content
from exosim.physics.size import class_shares, size_classes
from exosim.plugins import Plugin
from exosim.vocabulary import DoseKind

HARVEST_HOLD = "harvest hold"
HEADROOM = "headroom: "
"""Start of the names of monitors that tell how many times the cells that are there a limit sustains."""
VIRUS_REDUCTION = "virus reduction: "
"""Start of the names of monitors that tell the log reduction of a kind of virus; those of a recipe add up."""
Losses: TypeAlias = Mapping[str, Material]


def joined(losses: Losses, others: Losses) -> dict[str, Material]:
    """Return the losses of both; what they lose in one channel is added up."""
    return {**losses, **{name: losses.get(name, Material()) + lost for name, lost in others.items()}}


@dataclass(frozen=True, slots=True)
class Phase:
    """An ISA-88 phase: a named stretch of time with the people that it needs."""

    name: str
    duration: Array
    operators: int = 1
    attended: bool = True


@dataclass(frozen=True, slots=True)
class ClosedForm:
    """A number of an operation as a formula (:mod:`exosim.formula`), so that it can be explained.

    Attributes
    ----------
    formula : in the parameters, other closed forms, and what enters: ``entered_volume`` [mL] and ``entered_content``
    unit, about : of the number
    monitor : the monitor that reports it; empty where none does
    channel : the loss channel that takes this share of all that entered and was added; empty where none does
    of_vesicles : whether the channel takes that share of the vesicles only
    """

    formula: str
    unit: str
    about: str
    monitor: str = ""
    channel: str = ""
    of_vesicles: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one operation did.

    Attributes
    ----------
    product : the stream that goes on
    remainder : what stays in the vessel and can be named as a side stream
    added, generated : what came in besides the feed; what was made
    losses : what was lost, by channel
    phases : in order; their durations add up to that of the operation [h]
    consumption : by key of :data:`exosim.vocabulary.CONSUMABLES`
    monitors : measured along the way, such as titers per harvest; visits on axis 0 where there are several
    limits : where a named limit was reached, per lane: 1 or true, else 0 or false
    """

    product: Material
    remainder: Material = Material()
    added: Material = Material()
    generated: Material = Material()
    losses: Losses = field(default_factory=dict)
    phases: tuple[Phase, ...] = ()
    consumption: Mapping[str, Array] = field(default_factory=dict)
    monitors: Mapping[str, Array] = field(default_factory=dict)
    limits: Mapping[str, Array] = field(default_factory=dict)

    @property
    def duration(self) -> Array:
        """The sum of the phases [h]."""
        hours: Array = 0.0
        for phase in self.phases:
            hours = plus(hours, phase.duration)
        return hours


@dataclass(frozen=True)
class Context:
    """What all operations of a run share: the size grid, how vesicles are secreted over it, and the dose counter.

    Attributes
    ----------
    sizes : the grid of true diameters
    secreted : number fraction of secreted vesicles in each class, shape (classes, 1) or (classes, lanes)
    protein_fraction : protein volume fraction of a vesicle
    counter : the instrument of the product
    dose_kind : what a dose counts
    protein_factor : what the assay that reports the protein of a dose multiplies it by; 1: true protein
    mhc_ii : MHC class II molecules on a vesicle, for doses that count them [molecule/EV]
    protein_diameters : of the pools of soluble protein, shape (pools, 1) or (pools, lanes) [nm]
    nuclease_diameter : of the nuclease [nm]
    free_cargo_diameter, polymer_diameter : of cargo that is not loaded, and of an added polymer [nm]
    """

    sizes: SizeClasses
    secreted: Array
    protein_fraction: Array = 0.15
    counter: Counter = Counter(65.0, 30.0)
    dose_kind: DoseKind = "EV"
    protein_diameters: NDArray[np.float64] = field(default_factory=lambda: np.array([[4.6], [7.2], [11.0], [12.5]]))
    nuclease_diameter: Array = 7.0
    free_cargo_diameter: Array = 5.0
    polymer_diameter: Array = 6.0
    protein_factor: Array = 1.0
    mhc_ii: Array = 0.0

    def dose_content(self, material: Material, kind: DoseKind | None = None) -> Array:
        """Return how much of `kind` is in a material; by default of what a dose counts.

        The unit is the kind itself: EV, particle, cell, ug, cell_equivalent or molecule.
        """
        totals = Summed(self.sizes, self.counter, self.protein_fraction)
        return dose_content(
            material, self.dose_kind if kind is None else kind, totals, self.protein_factor, self.mhc_ii
        )


def standard_context() -> Context:
    """Return the context of the default vesicles: 115 nm, geometric standard deviation 1.45, 12 classes."""
    sizes = size_classes(12, 115.0, 1.45)
    return Context(sizes, class_shares(sizes, 115.0, 1.45))


@dataclass(frozen=True, kw_only=True)
class UnitOperation:
    """Base of all unit operations: declared parameters and `transform`."""

    context: Context = field(default_factory=standard_context, repr=False, compare=False)

    source: ClassVar[bool] = False
    """Whether the operation starts a process and needs no feed."""
    effects: ClassVar[Mapping[str, Mapping[str, float]]] = {}
    """Effects that a scenario can switch off, each with the parameters that it owns at the values of its absence."""
    needs: ClassVar[Literal["vesicles", "viable_cells", "either"]] = "vesicles"
    """What the feed must hold, unless the operation is a source."""
    plain: ClassVar[bool] = False
    """Whether the operation only takes time and passes any feed on, or none."""
    sized_by: ClassVar[str | None] = None
    """The parameter that is the size of its unit; None where the volume of the feed is [L]."""
    grows: ClassVar[tuple[str, ...]] = ()
    """The parameters that grow in proportion with the lot; those of one device, such as a rotor, do not."""
    takes_longer: ClassVar[str | None] = None
    """What makes a larger lot take longer, run after run, such as ``rotor``; None where its time stays the same."""
    repeats: ClassVar[str | None] = None
    """The monitor that counts what then is done more often, such as ``runs``; None where none does."""
    stays: ClassVar[tuple[str, ...]] = ()
    """The parameters that keep amounts out of proportion with the lot, such as what every lot loses in a line."""
    plugin: ClassVar[Plugin | None] = None
    """Who brings the operation; None for those of exosim itself."""
    tells_cells: ClassVar[str | None] = None
    """The parameter that tells how many cells conditioned a medium, of a source that is given its contents."""
    brings: ClassVar[frozenset[str]] = frozenset()
    """Species that enter the process here and whose diameter the product declares: ``free_cargo``, ``polymer``."""
    in_vials: ClassVar[bool] = False
    """Whether filled vials can go through the operation as they are, closed or not."""
    makes_vesicles: ClassVar[bool] = False
    """Whether vesicles enter the process here: their number in the harvests is what every yield refers to."""

    def transform(self, feed: Material) -> Outcome:
        """Return what the operation makes of `feed`; pure, for scalars and arrays of lanes alike."""
        raise TypeError(f"{type(self).__name__} defines no transform")

    def closed_forms(self) -> Mapping[str, ClosedForm]:
        """Return the numbers of the operation that a formula gives, by name; for plain numbers only."""
        return {}

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) where parameter values contradict each other; for plain numbers only."""
        yield from ()

    def unused(self) -> frozenset[str]:
        """Return the parameters that do not matter beside those given, such as those of a replaced mechanism."""
        return frozenset()

    def vesicles_kept(self, factor: Array, feed: Material) -> dict[str, Array]:
        """Return the fractions kept of the vesicles and of all that follows them.

        Parameters
        ----------
        factor : fraction of the vesicles kept, per size class or overall
        feed : the material from which they are taken
        """
        overall = factor
        if isinstance(factor, np.ndarray) and factor.ndim == 2 and not is_number(feed.vesicles, 0.0):
            before = np.maximum(total(feed.vesicles), NOTHING)
            overall = total(np.asarray(feed.vesicles * factor)) / before
        elif isinstance(factor, np.ndarray) and factor.ndim == 2:
            overall = factor.mean(axis=0)
        return {"vesicles": factor, **dict.fromkeys(FOLLOWERS, overall)}


def log_reduction(before: Array, after: Array) -> Array:
    """Return log10 of what there was over what is left, summed over classes or pools; 0 where there was nothing."""
    return np.log10(total(before) + NOTHING) - np.log10(total(after) + NOTHING)


@dataclass(frozen=True, kw_only=True)
class MeasuredRecovery(UnitOperation):
    """A unit operation that accepts a measured vesicle recovery in place of its own mechanism."""

    ev_recovery: Array | None = parameter(
        None,
        "1",
        low=0.01,
        high=1.0,
        recovery=True,
        doc="measured vesicle recovery; replaces the mechanism for vesicles, equal for all sizes",
    )

    mechanism: ClassVar[frozenset[str]] = frozenset()
    """The parameters that a measured recovery replaces altogether."""

    def unused(self) -> frozenset[str]:
        """Return the parameters of the mechanism when the recovery is measured."""
        return frozenset() if self.ev_recovery is None else self.mechanism

    def adsorption_limit(self, left: Array, offered: Array) -> dict[str, Array]:
        """Return the limit that a surface takes most of the vesicles `offered`, given the fraction left in solution."""
        if self.ev_recovery is not None:
            return {}
        taken = np.less(left, 0.5) & np.greater(offered, 0.0)
        return {"adsorption takes more than half of the vesicles": one_where(taken)}

    def minority_limit(self, words: str, share: Array, feed: Material) -> dict[str, Array]:
        """Return the limit that less than half of the vesicles `words`, given the share of each class that does."""
        if self.ev_recovery is not None:
            return {}
        few = total(np.asarray(feed.vesicles * share)) < 0.5 * total(feed.vesicles)
        return {f"less than half of the vesicles {words}": one_where(few)}

    def take_vesicles(
        self, channel: str, mechanism: Mapping[str, Array], feed: Material
    ) -> tuple[Material, dict[str, Material]]:
        """Split `feed` into what goes on and the vesicle losses by channel.

        Parameters
        ----------
        channel : name of the loss when the recovery is measured
        mechanism : fraction of the vesicles kept by each loss channel, in order
        """
        measured = self.ev_recovery
        kept = mechanism if measured is None else {channel: measured}
        losses: dict[str, Material] = {}
        for name, factor in kept.items():
            feed, losses[name] = without_vesicles(factor, feed)
        return feed, losses


@dataclass(frozen=True, slots=True)
class Visit:
    """A planned intervention in a running operation.

    Attributes
    ----------
    time : hours after the start
    kind : ``feed`` changes the medium to go on growing, ``exchange`` to start collecting; ``harvest`` collects it
    pool : number of the pool to which a harvest belongs
    last : whether the vessel is not filled again
    """

    time: float
    kind: Literal["feed", "exchange", "harvest"]
    pool: int = 0
    last: bool = False


@dataclass(frozen=True, kw_only=True)
class VisitedOperation(UnitOperation):
    """An operation that is visited several times while it runs, such as a culture with harvests.

    It defines `start`, `schedule` and `advance`; `transform` is written here once, as a fold of `advance` over the
    schedule that ages every harvest by its planned wait until its pool is complete and joins the pools into one lot.
    """

    harvest_hold: Hold | None = None

    def start(self, feed: Material) -> Outcome:
        """Return the running vessel as `remainder`."""
        raise TypeError(f"{type(self).__name__} defines no start")

    def schedule(self) -> tuple[Visit, ...]:
        """Return the planned visits in time order."""
        raise TypeError(f"{type(self).__name__} defines no schedule")

    def advance(self, state: Material, visit: Visit, hours: float) -> Outcome:
        """Let the vessel run for `hours`, then do what `visit` asks: the harvest is the product."""
        raise TypeError(f"{type(self).__name__} defines no advance")

    def transform(self, feed: Material, visits: tuple[Visit, ...] | None = None) -> Outcome:
        """Fold `advance` over the visits, by default the planned ones, and pool the harvests."""
        visits = self.schedule() if visits is None else visits
        pool_end = {visit.pool: visit.time for visit in visits if visit.kind == "harvest"}
        fold = Fold(self.start(feed))
        clock = 0.0
        for visit in visits:
            outcome = self.advance(fold.state, visit, visit.time - clock)
            clock = visit.time
            lot, waited = self._wait(outcome.product, pool_end.get(visit.pool, clock) - clock)
            fold.add(outcome, visit, lot, waited)
        return fold.outcome()

    def _wait(self, harvest: Material, hours: float) -> tuple[Material, Material]:
        if self.harvest_hold is None:
            return harvest, Material()
        return self.harvest_hold.apply(harvest, hours, self.context.sizes)


class Fold:
    """Running sums over the visits of one operation; lives only inside `transform`."""

    def __init__(self, start: Outcome) -> None:
        self.state = start.remainder
        self.product = Material()
        self.added, self.generated = start.added, start.generated
        self.losses: dict[str, Material] = dict(start.losses)
        self.phases = list(start.phases)
        self.consumption: dict[str, Array] = dict(start.consumption)
        self.series: dict[str, list[Array]] = {}
        self.once: dict[str, Array] = dict(start.monitors)
        self.limits: dict[str, Array] = dict(start.limits)
        self.least: dict[str, Array] = {}

    def add(self, outcome: Outcome, visit: Visit, lot: Material, waited: Material) -> None:
        """Add one visit: the harvest after its wait and what it lost while waiting."""
        self.state = outcome.remainder
        self.product = self.product + lot
        self.added, self.generated = self.added + outcome.added, self.generated + outcome.generated
        self.losses = joined(self.losses, {**outcome.losses, HARVEST_HOLD: waited})
        self.phases.extend(outcome.phases)
        for key, amount in outcome.consumption.items():
            self.consumption[key] = plus(self.consumption.get(key, 0.0), amount)
        monitors = dict(outcome.monitors)
        for name in [name for name in monitors if name.startswith(HEADROOM)]:  # the least of the whole run counts
            value = monitors.pop(name)
            self.least[name] = np.minimum(value, self.least[name]) if name in self.least else value
        if visit.kind == "harvest":
            for name, value in {"time": visit.time, **monitors}.items():
                self.series.setdefault(name, []).append(value)
        for name, reached in outcome.limits.items():  # reached once is reached
            self.limits[name] = np.maximum(reached, self.limits[name]) if name in self.limits else reached

    def outcome(self) -> Outcome:
        """Return the whole run as one outcome; monitors of the harvests are stacked on axis 0."""
        series = {name: np.stack(np.broadcast_arrays(*map(np.atleast_1d, rows))) for name, rows in self.series.items()}
        return Outcome(
            self.product,
            self.state,
            self.added,
            self.generated,
            self.losses,
            tuple(self.phases),
            self.consumption,
            {**self.once, **self.least, **series},
            self.limits,
        )
