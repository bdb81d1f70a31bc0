"""The procedures of a lot as they ran: times, units, people, waits, amounts, what went wrong, what was used up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from exosim.description import summary
from exosim.kernel import Step
from exosim.material import Material, total
from exosim.parameter import Array, declared
from exosim.quality_by_design import CriticalParameter
from exosim.reasons import LotHistory
from exosim.recipe import UnitProcedure
from exosim.records import Event
from exosim.release import is_job
from exosim.vocabulary import CONSUMABLES

_WRONG = ("failure", "deviation", "repaired", "contaminated", "supplied", "utility", "run")


@dataclass(slots=True)
class Work:
    """A phase of a procedure with the people at it; phases of one name that follow each other are one line.

    Attributes
    ----------
    name, role : what was done by whom; no role where nobody is needed
    people, times : how many people, and how often
    begin, end : of the first and of the last time [h]; `end` is None while it runs
    hours : of work [h]
    waited : for people before it began, all times together [h]
    """

    name: str
    role: str
    people: int
    begin: float
    end: float | None = None
    times: int = 1
    hours: float = 0.0
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a procedure took in and gave: simulated truth.

    Attributes
    ----------
    entered, handed_on : vesicles, or viable cells where they are the product
    milliliters : volume that it hands on [mL]
    """

    entered: float
    handed_on: float
    milliliters: float


@dataclass(frozen=True, slots=True)
class ProcedureOfLot:
    """One procedure of a lot, one time that it ran.

    Attributes
    ----------
    id, operation : the procedure, and what it does in a few words
    feeds : streams that entered
    run : 1 the first time, 2 after a rework and so on
    ready, begin, end : when its feed was ready, when it had its unit, when it ended [h]; None where it did not
    units : on which units
    waited : for room and unit [h]
    limit : longest wait that is allowed [h]; None where there is none
    work : phases with people
    incidents : what went wrong, what was waited for, in words, with the hour
    amounts : what it took in and gave; None where it did not end
    """

    id: str
    operation: str
    feeds: tuple[str, ...]
    run: int
    ready: float
    begin: float | None
    end: float | None
    units: tuple[str, ...]
    waited: float
    limit: float | None
    work: tuple[Work, ...]
    incidents: tuple[tuple[float, str], ...]
    amounts: Amounts | None

    @property
    def waited_for_people(self) -> float:
        """Hours of all waits for people before work on it."""
        return sum(work.waited for work in self.work)


@dataclass(frozen=True, slots=True)
class CheckedParameter:
    """A critical process parameter as it was in this lot.

    Attributes
    ----------
    parameter : with its proven acceptable range
    value : in this lot, in the unit of the parameter
    inside : whether that lies within the range
    """

    parameter: CriticalParameter
    value: float
    inside: bool


@dataclass(slots=True)
class _Open:
    """A procedure of which the log tells."""

    id: str
    ready: float
    begin: float | None = None
    end: float | None = None
    units: list[str] = field(default_factory=list)
    waited: float = 0.0
    work: list[Work] = field(default_factory=list)
    incidents: list[tuple[float, str]] = field(default_factory=list)
    began: float = 0.0


def procedures_of(history: LotHistory) -> tuple[ProcedureOfLot, ...]:
    """Return the procedures that a lot came through or is in, in order, again after a rework."""
    runs: dict[str, int] = {}
    found = []
    pairs = list(zip(_told(history.events), _steps(history), strict=False))
    for told, step in pairs:
        runs[told.id] = runs.get(told.id, 0) + 1
        procedure = next(one for one in history.production.procedures if one.id == told.id)
        lost = told is pairs[-1][0] and _lost_on_the_line(history)
        amounts = _amounts(step, history) if told.end is not None and not lost else None
        found.append(
            ProcedureOfLot(
                told.id, _called(procedure), procedure.feeds, runs[told.id], told.ready, told.begin,
                told.end, tuple(told.units), told.waited, procedure.longest_hold, tuple(told.work),
                tuple(told.incidents), amounts,
            )
        )  # fmt: skip
    return tuple(found)


def _lost_on_the_line(history: LotHistory) -> bool:
    """Return whether a lot was lost in its last procedure, which then hands nothing on."""
    return history.record.disposition == "rejected" and history.record.manufactured is None


def _called(procedure: UnitProcedure) -> str:
    """Return what a procedure does, in a few words."""
    return summary(type(procedure.operation)).partition(":")[0].rstrip(".")


def _steps(history: LotHistory) -> Iterator[Step]:
    for steps in history.production.lots.passes(history.lane):
        yield from steps


def done_steps(history: LotHistory) -> list[Step]:
    """Return the steps that a lot has ended, as they ran."""
    told = zip(_told(history.events), _steps(history), strict=False)
    return [step for one, step in told if one.end is not None and step.procedure.id == one.id]


def used_up(history: LotHistory) -> dict[str, tuple[float, str]]:
    """Return what the procedures that a lot has ended used up: amount and unit by key of the vocabulary."""
    found: dict[str, float] = {}
    for step in done_steps(history):
        for key, amount in step.outcome.consumption.items():
            found[key] = found.get(key, 0.0) + _of_lane(amount, history.lane)
    return {key: (amount, CONSUMABLES[key]) for key, amount in found.items() if amount > 0.0}


def _of_lane(value: Array, lane: int) -> float:
    """Return a number of one lot, whether it is told of that lot alone or of all of them."""
    values = np.ravel(value)
    return float(values[lane if values.size > 1 else 0])


def vials_of(history: LotHistory) -> dict[str, float]:
    """Return the vials that were filled, accepted and retained; empty where none were filled."""
    steps = done_steps(history)
    for step in reversed(steps[:-1] if _lost_on_the_line(history) else steps):
        if "retained" in step.outcome.monitors:
            told = ("vials", "accepted", "retained")
            return {name: float(np.squeeze(step.outcome.monitors[name])) for name in told}
    return {}


def checked_parameters(history: LotHistory) -> tuple[CheckedParameter, ...]:
    """Return the critical process parameters of the procedures that a lot has ended, with their values in it."""
    found = {}
    steps = {step.procedure.id: step.procedure.operation for step in done_steps(history)}
    for parameter in history.product.declarations.by_design.parameters:
        procedure, _, name = parameter.address.rpartition(".")
        operation = steps.get(procedure)
        if operation is None or name not in declared(type(operation)):
            continue
        value = float(np.squeeze(getattr(operation, name)))
        found[parameter.address] = CheckedParameter(parameter, value, parameter.contains(value))
    return tuple(found.values())


def _amounts(step: Step, history: LotHistory) -> Amounts:
    species = history.product.declarations.dose.species
    entered, product = _amount(step.held, species), step.outcome.product
    return Amounts(entered, _amount(product, species), float(np.squeeze(product.volume)) * 1e3)


def _amount(material: Material, species: str) -> float:
    return float(np.squeeze(total(getattr(material, species))))


def _told(events: Sequence[Event]) -> list[_Open]:
    """Return what the log tells of each procedure of a lot, in order."""
    found: list[_Open] = []
    for event in events:
        if not event.procedure or is_job(event.procedure):
            continue
        if event.event == "ready":
            found.append(_Open(event.procedure, event.time))
        elif found and found[-1].id == event.procedure:
            _note(found[-1], event)
    return found


def _note(told: _Open, event: Event) -> None:
    """Note what an event tells of the procedure that it belongs to."""
    if event.event in ("start", "parallel"):
        told.begin = event.time if told.begin is None else told.begin
        told.units += [event.unit] if event.unit else []
        told.waited += event.amount if event.event == "start" else 0.0
    elif event.event == "begin":
        _begin(told, event)
    elif event.event == "finish" and told.work:
        told.work[-1].end = event.time
        told.work[-1].hours += event.time - told.began - event.waited
    elif event.event == "end":
        told.end = event.time
    elif event.event in _WRONG and (words := _words(event)):
        told.incidents.append((event.time, words))


def _begin(told: _Open, event: Event) -> None:
    """Note that people begin a phase; the same phase once more is the same line."""
    told.began = event.time
    last = told.work[-1] if told.work else None
    if last is not None and (last.name, last.role, last.people) == (event.phase, event.role, int(event.amount)):
        last.times, last.end, last.waited = last.times + 1, None, last.waited + event.waited
    else:
        told.work.append(Work(event.phase, event.role, int(event.amount), event.time, waited=event.waited))


def _words(event: Event) -> str:
    """Return what went wrong, or was waited for; empty for a supply without a wait."""
    if event.event == "run":
        return f"one run with other lots, led by lot {event.note}; waited {event.waited:.1f} h for them"
    words: Mapping[str, str] = {
        "failure": f"failure: {event.note}, {event.amount:.1f} h lost",
        "deviation": f"deviation: {event.note}" + (f", {event.amount:.1f} h" if event.amount else ""),
        "repaired": f"unit repaired: {event.note}, {event.amount:.1f} h",
        "contaminated": f"simulated truth that nobody noticed: {event.phase} entered ({event.note})",
    }
    if event.event in ("supplied", "utility"):
        return f"waited {event.waited:.1f} h for {event.note}" if event.waited > 0.0 else ""
    return words[event.event]
