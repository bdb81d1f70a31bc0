"""Ask a run why: replications run again, and the attribution of the time and the losses of each lot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from exosim.attribution.causes import Span
from exosim.attribution.holders import holders
from exosim.attribution.line_path import Route
from exosim.attribution.losses import Loss, LotEnd, lot_losses
from exosim.attribution.lot_path import lot_path
from exosim.attribution.lot_plan import plan_of
from exosim.attribution.off_time import OffTime
from exosim.attribution.own_events import own_events
from exosim.attribution.waits import LotWaits
from exosim.attribution.why import Why
from exosim.attribution.words import fates, rejected_by
from exosim.errors import FileError, Problem, UsageError
from exosim.facility.route import Production
from exosim.history import histories
from exosim.kernel import Step
from exosim.planned_lot import planned_steps
from exosim.records import BatchRecord, Event, log_hash
from exosim.replications import replay
from exosim.results import FacilityResults
from exosim.saved_run import SavedRun
from exosim.scenario import Scenario


class LotHistory(NamedTuple):
    """What is known of one lot of a replication.

    Attributes
    ----------
    record, events : how it ended, and its events in order
    production, lane : what it was made by, and its place among the lots of its product
    product : the scenario of its product, on the plant of the site
    """

    record: BatchRecord
    events: Sequence[Event]
    production: Production
    lane: int
    product: Scenario


class Reasons:
    """All lots of one replication, each of which can be asked why.

    Parameters
    ----------
    scenario, seed : what was run
    replication : from 0
    """

    def __init__(self, scenario: Scenario, seed: int, replication: int) -> None:
        self._scenario, self._seed, self._replication = scenario, seed, replication
        self._made_of = scenario.products()
        self._played = replay(scenario, seed, replication)
        plant, run = self._played.window.plant, self._played.window.run
        declared = scenario.declarations.plant
        self.lots: Sequence[BatchRecord] = histories(run, self._played.window.troubles)
        self._products = {lot.number: lot.campaign for lot in self.lots}
        self._own = own_events(run.log)
        takes = {
            (made.campaign.product, procedure.id): tuple(procedure.utilities)
            for made in self._played.productions
            for procedure in made.procedures
            if procedure.utilities
        }
        self._held = holders(run, plant, takes)
        self._off = OffTime(declared.start, frozenset(declared.closed))
        self._waits = LotWaits(self._held, plant, run.log, self._off)

    @property
    def hours(self) -> float:
        """How long the run lasted [h]."""
        return self._played.window.run.hours

    @property
    def log_hash(self) -> str:
        """SHA-256 of the log of the replication."""
        return log_hash(self._played.window.run.log)

    def why(self, number: int) -> Why:
        """Return why a lot took so long; `number` counts from 1.

        Raises
        ------
        UsageError
            when there is no such lot, or it was turned away.
        """
        lot = self._lot(number)
        own, made, lane = self._own[lot.number], *self._made(lot)
        window = self._played.window
        steps = planned_steps(window.plant, made.procedures, made.lots, lane)
        route = Route(steps, window.plant, self._held, self._off, window.run.hours)
        path = lot_path(lot, own, route, self._waits)
        species = self._product(made).declarations.dose.species
        scenario, became = self._scenario, fates(lot, own, window.run.hours)
        return Why(
            scenario.name, scenario.hash, self._seed, self._replication + 1, lot, became, path,
            plan_of(path, steps, lot.manufactured), self._products,
            losses_of(lot, own, made.lots.passes(lane), path.line, species), species, self._off,
        )  # fmt: skip

    def history(self, number: int) -> LotHistory:
        """Return what is known of a lot; `number` counts from 1, and errors are those of :meth:`why`."""
        lot = self._lot(number)
        made, lane = self._made(lot)
        return LotHistory(lot, self._own[lot.number], made, lane, self._product(made))

    def _product(self, made: Production) -> Scenario:
        return self._made_of[self._played.productions.index(made)]

    def _lot(self, number: int) -> BatchRecord:
        count = len(self.lots)
        if not 1 <= number <= count:
            expected = f"a lot from 1 to {count}" if count else "a run in which a lot is started"
            raise UsageError(
                Problem(f"there is no lot {number} in replication {self._replication + 1}", expected=expected)
            )
        lot = self.lots[number - 1]
        if lot.disposition == "turned_away":
            raise UsageError(Problem(f"lot {number} was turned away: the line was full, and nothing was made of it"))
        return lot

    def _made(self, lot: BatchRecord) -> tuple[Production, int]:
        """Return what a lot was made by, and its place among the lots of its product."""
        made = next(p for p in self._played.productions if p.campaign.product == lot.campaign)
        lane = sum(other.campaign == lot.campaign for other in self.lots[: lot.number])
        return made, lane


def losses_of(
    lot: BatchRecord, own: Sequence[Event], passes: Sequence[Sequence[Step]], line: Sequence[Span], species: str
) -> tuple[Loss, ...]:
    """Return where what was made of a lot went.

    Parameters
    ----------
    lot, own : how it ended, and its events
    passes : its steps as they ran
    line : the spans of its recipe
    species : what is counted
    """
    if lot.good:
        end = LotEnd()
    elif lot.manufactured is not None:
        end = LotEnd(f"rejected: {rejected_by(lot, own)}" if lot.ended is not None else "in the laboratory")
    else:
        end = _lost_on_the_line(lot, own, passes)
    return lot_losses(passes, species, end, waited_for(line))


def _lost_on_the_line(lot: BatchRecord, own: Sequence[Event], passes: Sequence[Sequence[Step]]) -> LotEnd:
    """Return how far a lot came that has not left the line: the step at which it was lost, or is, does not count."""
    last = next((event.procedure for event in reversed(own) if event.event in ("ready", "start")), "")
    names = [step.procedure.id for step in passes[-1]]
    done = names.index(last) if last in names else 0
    left = f"rejected: {rejected_by(lot, own)}" if lot.disposition == "rejected" else "still on the line"
    return LotEnd(left, done, as_planned=lot.disposition == "rejected")


def waited_for(line: Sequence[Span]) -> dict[str, dict[str, float]]:
    """Return for each step the hours of each cause for which the lot waited before its work began, the last time."""
    found: dict[str, dict[str, float]] = {}
    begun: set[str] = set()
    place = ""
    for span in line:
        if span.place != place:
            place = span.place
            found[place] = {}
            begun.discard(place)
        if not span.waits:
            begun.add(place)
        elif place not in begun:
            found[place][span.cause] = found[place].get(span.cause, 0.0) + span.hours
    return found


def why(results: FacilityResults | SavedRun | Scenario, lot: int, replication: int = 1) -> Why:
    """Return why a lot took so long and what it lost, each attributed to causes that sum to 100 %.

    A run is determined by its scenario, seed and replication: the replication is run again, and its log compared.

    Parameters
    ----------
    results : what :func:`exosim.simulate` or :func:`exosim.load_run` gave; or a scenario, run with its seed
    lot : number of the lot, from 1
    replication : from 1

    Raises
    ------
    UsageError
        when there is no such lot or replication.
    FileError
        when the run comes out differently, or its folder does not hold its scenario.
    """
    return reasons_of(results, replication).why(lot)


def reasons_of(results: FacilityResults | SavedRun | Scenario, replication: int = 1) -> Reasons:
    """Return the lots of a replication, counted from 1; parameters and errors are those of :func:`why`."""
    if replication < 1:
        raise UsageError(Problem(f"there is no replication {replication}", expected="at least 1"))
    if isinstance(results, Scenario):
        return Reasons(results, results.seed, replication - 1)
    if replication > results.replications:
        problem = f"there is no replication {replication}"
        raise UsageError(Problem(problem, expected=f"one from 1 to {results.replications}"))
    known = (
        results.log_hashes[replication - 1]
        if isinstance(results, SavedRun)
        else results.accounts[replication - 1].log_hash
    )
    reasons = Reasons(results.scenario, results.seed, replication - 1)
    if reasons.log_hash != known:
        problem = "the run comes out differently now: its scenario or the version of exosim has changed"
        raise FileError(Problem(problem, got=f"log {reasons.log_hash[:12]}", expected=f"log {known[:12]}"))
    return reasons
