"""Why a lot took so long and what it lost: lead time and vesicles, attributed to causes that sum to 100 %."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exosim.causes import CAUSES, Span, by_cause
from exosim.errors import FileError, Problem, UsageError
from exosim.facility.route import Production
from exosim.history import histories
from exosim.holders import holders
from exosim.kernel import Step
from exosim.line_path import Route
from exosim.lot_losses import Loss, LotEnd, lot_losses
from exosim.lot_path import LotPath, lot_path
from exosim.lot_plan import plan_of
from exosim.lot_waits import LotWaits
from exosim.lot_words import days, fates, lot_words, rejected_by, who
from exosim.off_time import OffTime
from exosim.planned_lot import planned_steps
from exosim.records import BatchRecord, Event, log_hash
from exosim.replications import replay
from exosim.results import FacilityResults
from exosim.scenario import Scenario

FORM = "exosim.why/1"
NOT_COSTED = "not costed: this version knows no prices"


@dataclass(frozen=True, slots=True)
class CauseOfTime:
    """What one cause took of the lead time of a lot.

    Attributes
    ----------
    cause : id, of :data:`exosim.causes.CAUSES`
    hours, planned : how long it took, and how long it takes as planned [h]
    share : of the lead time
    details : on what or by whom, with hours, the longest first
    """

    cause: str
    hours: float
    planned: float
    share: float
    details: Sequence[tuple[str, float]]

    @property
    def title(self) -> str:
        """The cause in words."""
        return CAUSES[self.cause].title


@dataclass(frozen=True)
class Why:
    """Why a lot took so long, and where its vesicles went.

    Attributes
    ----------
    scenario, seed, replication : what was run, the replication from 1
    lot : what is known of the lot; its number is from 0, that shown to people one more
    fates : what became of it, in words
    path : how its time went; its critical spans follow each other from its start to its end
    plan : the same as planned
    products : name of what each batch makes; empty where the site makes one product
    losses : where what was made of it went
    species : what the losses are counted in: ``vesicles`` or ``viable_cells``
    """

    scenario: str
    seed: int
    replication: int
    lot: BatchRecord
    fates: Sequence[str]
    path: LotPath
    plan: Sequence[Span]
    products: Mapping[int, str]
    losses: Sequence[Loss] = ()
    species: str = "vesicles"

    @property
    def name(self) -> str:
        """The lot as people call it."""
        return lot_words(self.lot.number, self.products)

    @property
    def lead_time(self) -> float:
        """From the start of the lot to its end [h]."""
        return self.path.lead_time

    @property
    def planned(self) -> float:
        """The lead time as planned, as far as the lot came [h]."""
        return self.plan[-1].end - self.plan[0].begin if self.plan else 0.0

    @property
    def unexplained(self) -> float:
        """Share of the lead time that no cause explains."""
        return by_cause(self.path.critical).get("unexplained", 0.0) / max(self.lead_time, 1e-300)

    def causes(self) -> list[CauseOfTime]:
        """Return the causes of the lead time, the longest first: their hours add up to it."""
        hours, planned = by_cause(self.path.critical), by_cause(self.plan)
        found = [
            CauseOfTime(
                cause,
                hours.get(cause, 0.0),
                planned.get(cause, 0.0),
                hours.get(cause, 0.0) / max(self.lead_time, 1e-300),
                self._details(cause),
            )
            for cause in CAUSES
            if cause in hours or cause in planned
        ]
        return sorted(found, key=lambda row: -row.hours)

    def _details(self, cause: str) -> list[tuple[str, float]]:
        hours: dict[str, float] = defaultdict(float)
        for span in self.path.critical:
            if span.cause == cause:
                hours[who(span, self.products)] += span.hours
        return sorted(hours.items(), key=lambda item: -item[1])

    def sentence(self) -> str:
        """Return the answer in one sentence: how long it took, how much more than planned, and why."""
        more = self.lead_time - self.planned
        beyond = [(row, row.hours - row.planned) for row in self.causes() if row.hours - row.planned > 1e-6]
        beyond.sort(key=lambda item: -item[1])
        state = "has taken" if self.lot.ended is None else "took"
        text = f"{self.name.capitalize()} {state} {days(self.lead_time)}"
        if abs(more) < 0.05:
            return f"{text}, as planned."
        text += f", {days(abs(more))} {'more' if more > 0 else 'less'} than planned ({days(self.planned)})"
        if not beyond or more < 0:
            return f"{text}."
        return f"{text}: {'; '.join(self._because(row, hours) for row, hours in beyond)}."

    def _because(self, row: CauseOfTime, hours: float) -> str:
        """Return what one cause took beyond the plan, with those behind it."""
        named = [(text, own) for text, own in row.details if text and own >= 0.05 * row.hours]
        parts = [f"{text} {days(own)}" for text, own in named[:3]]
        left = row.hours - sum(own for _, own in named[:3])
        more = [f"and more {days(left)}"] if left >= 0.05 * row.hours and parts else []
        beside = f" ({', '.join([*parts, *more])})" if row.cause not in ("work", "gowning") and parts else ""
        return f"{days(hours)} {CAUSES[row.cause].words}{beside}"


class Reasons:
    """All lots of one replication, each of which can be asked why.

    Parameters
    ----------
    scenario, seed : what was run
    replication : from 0
    """

    def __init__(self, scenario: Scenario, seed: int, replication: int) -> None:
        self._scenario, self._seed, self._replication = scenario, seed, replication
        self._played = replay(scenario, seed, replication)
        plant, run = self._played.window.plant, self._played.window.run
        declared = scenario.declarations.plant
        self.lots: Sequence[BatchRecord] = histories(run, self._played.window.troubles)
        self._products = {lot.number: lot.campaign for lot in self.lots}
        self._own: dict[int, list[Event]] = defaultdict(list)
        for event in run.log:
            self._own[event.batch].append(event)
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
        species = self._scenario.products()[self._played.productions.index(made)].declarations.dose.species
        return Why(
            self._scenario.name, self._seed, self._replication + 1, lot, fates(lot, own, window.run.hours), path,
            plan_of(path, steps, lot.manufactured), self._products,
            losses_of(lot, own, made.lots.passes(lane), path.line, species), species,
        )  # fmt: skip

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


def why(results: FacilityResults | Scenario, lot: int, replication: int = 1) -> Why:
    """Return why a lot took so long and what it lost, each attributed to causes that sum to 100 %.

    A run is determined by its scenario, seed and replication: the replication is run again and compared with the log.

    Parameters
    ----------
    results : of :func:`exosim.simulate`, or a scenario, which is run with its own seed
    lot : number of the lot, from 1
    replication : from 1

    Raises
    ------
    UsageError
        when there is no such lot or replication.
    FileError
        when the run comes out differently, such as with another version.
    """
    if not isinstance(results, FacilityResults):
        return Reasons(results, results.seed, replication - 1).why(lot)
    if not 1 <= replication <= results.replications:
        problem = f"there is no replication {replication}"
        raise UsageError(Problem(problem, expected=f"one from 1 to {results.replications}"))
    reasons = Reasons(results.scenario, results.seed, replication - 1)
    check_same(reasons, results.accounts[replication - 1].log_hash)
    return reasons.why(lot)


def check_same(reasons: Reasons, known: str) -> None:
    """Raise when a replication that was run again is not the one that is known by the hash of its log."""
    if reasons.log_hash != known:
        problem = "the run comes out differently now: its scenario or the version of exosim has changed"
        raise FileError(Problem(problem, got=f"log {reasons.log_hash[:12]}", expected=f"log {known[:12]}"))
