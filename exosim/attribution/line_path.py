"""A lot's time on the line, told from the log: span by span, each with one cause."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from exosim.attribution.causes import SAME, WORK, Span, joined
from exosim.attribution.holders import Holders, Holding, class_of, shares
from exosim.attribution.off_time import OffTime
from exosim.attribution.waits import LotWaits, Wait
from exosim.plant import Plant
from exosim.records import Event
from exosim.release import is_job

IN_LABORATORY = frozenset({"sample", "conditional", "recalled", "released", "released_with_deviation"})
"""Events of a batch that belong to no procedure of its recipe, besides those of jobs."""
_ENDS = frozenset({"finished", "rejected", "manufactured"})
_IN_WORK = ("utility", "repair", "off_shift")


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A procedure of one lot as planned.

    Attributes
    ----------
    phases : hours of each and whether people are needed, in every cycle
    unit, role : equipment class and people; empty for none
    gowning : hours of changing clothes before each attended phase
    uses : materials on stock that it uses up, in order
    visited : whether it keeps to its own schedule and goes on while a visit is late, such as a culture with harvests
    shared : whether several lots share a run of it
    """

    phases: Sequence[tuple[float, bool]]
    unit: str = ""
    role: str = ""
    gowning: float = 0.0
    uses: Sequence[str] = ()
    visited: bool = False
    shared: bool = False

    def alone_before(self, attended: int) -> float:
        """Return the hours without people between two attended phases, before the one of this number from 0."""
        hours, number = 0.0, 0
        for phase, needed in self.phases:
            if needed and phase > 0.0:
                number += 1
            elif number == attended:
                hours += phase
        return hours


@dataclass(frozen=True)
class Route:
    """What a lot follows, and on what: all that its events do not tell.

    Attributes
    ----------
    steps : of its recipe, by id, in order
    plant, held, off : of the run
    end : of the run [h]
    """

    steps: Mapping[str, PlannedStep]
    plant: Plant
    held: Holders
    off: OffTime
    end: float


@dataclass(frozen=True, slots=True)
class _Stop:
    """Work that was stopped by a failure.

    Attributes
    ----------
    begun, spans : how many spans there were when the attempt began, and when it stopped
    procedure, reason, back_to : where, by what, and where the work begins again
    """

    begun: int
    spans: int
    procedure: str
    reason: str
    back_to: str


class LinePath:
    """Walks along the events of one batch and cuts its time into spans.

    Parameters
    ----------
    own : the events of the batch, in order
    route : what it follows
    waits : explains what it waited for
    """

    def __init__(self, own: Sequence[Event], route: Route, waits: LotWaits) -> None:
        self._own = [e for e in own if e.event not in IN_LABORATORY and not is_job(e.procedure)]
        self._route, self._waits = route, waits
        self._now, self._batch, self._procedure = own[0].time, own[0].batch, ""
        self._begun: Event | None = None
        self._broken = ""
        self._units: list[str] = []
        self._parallel: list[str] = []
        self._room: tuple[str, float] | None = None
        self._idle: list[Holding] = []
        self._attempt = self._attended = self._supplied = self._first_visit = self._caught = 0
        self._started = self._late = self._due = False
        self._shared_unit = ""
        self._found: list[Span] = []
        self._stops: list[_Stop] = []
        self._passes: list[tuple[str, int]] = []

    def spans(self) -> list[Span]:
        """Return the time of the batch from its start to the end of its recipe, of itself or of the run."""
        tells: Mapping[str, Callable[[Event], None]] = {
            "ready": self._on_ready, "due": self._on_due, "run": self._on_run, "room": self._on_room,
            "parallel": self._on_parallel, "start": self._on_start,
            "supplied": self._on_supplied, "begin": self._on_begin, "utility": self._on_utility,
            "finish": self._on_finish, "failure": self._on_failure, "down": self._on_down,
            "deviation": self._on_deviation, "end": self._on_end, "leave": self._on_leave,
        }  # fmt: skip
        for event in self._own:
            if event.event in _ENDS:
                self._unknown(event.time)
                break
            if event.event in tells:
                tells[event.event](event)
        else:
            self._still_there(self._route.end)
        return joined(self._relabeled())

    def _on_ready(self, event: Event) -> None:
        if event.time > self._now and not self._passes:
            self._add([self._wait(event.time).whole("zero_wait")])
        self._unknown(event.time)
        self._procedure, self._started, self._due = event.procedure, False, False
        self._passes.append((event.procedure, len(self._found)))
        self._attempt, self._attended, self._supplied, self._caught = len(self._found), 0, 0, 0

    def _on_due(self, event: Event) -> None:
        self._due = True
        if event.time > self._now:
            self._add([self._wait(event.time).whole("run")])

    def _on_run(self, event: Event) -> None:
        self._shared_unit = event.unit

    def _on_room(self, event: Event) -> None:
        self._room = event.note, event.amount

    def _on_parallel(self, event: Event) -> None:
        self._parallel.append(event.unit)

    def _on_start(self, event: Event) -> None:
        if self._room is not None:
            name, hours = self._room
            self._add(self._waits.for_room(self._wait(min(self._now + hours, event.time)), name))
        unit = event.unit or self._shared_unit
        taken = [unit, *self._parallel] if unit else []
        if taken and event.time > self._now:
            self._add(self._for_others(self._waits.for_unit(self._wait(event.time), taken)))
        self._unknown(event.time)
        self._units += [unit for unit in taken if unit not in self._units]
        self._parallel, self._room, self._started = [], None, True

    def _for_others(self, spans: Iterable[Span]) -> Iterator[Span]:
        """Yield spans of a wait for units; where those of a shared run are free, it waits for others."""
        shared = self._route.steps[self._procedure].shared
        for span in spans:
            yield replace(span, cause="run", resource="") if shared and span.cause == "unexplained" else span

    def _on_leave(self, event: Event) -> None:
        self._units = [unit for unit in self._units if unit != event.unit]

    def _on_supplied(self, event: Event) -> None:
        self._work(event.time - event.waited)
        if event.time > self._now:
            self._add(self._waits.for_material(self._wait(event.time), event.note))
        self._supplied += 1

    def _on_begin(self, event: Event) -> None:
        self._late = False
        self._work(event.time - event.waited)
        self._people(event.time, event.role, self._asked_hours(event))
        self._begun = event

    def _asked_hours(self, begin: Event) -> float:
        """Return for how many working hours people were asked, as far as the phase came to its end."""
        role = self._waits.role(begin.role)
        later = (e for e in self._own if e.event == "finish" and e.time >= begin.time)
        finish = next((e for e in later if (e.procedure, e.phase) == (begin.procedure, begin.phase)), None)
        if role is None or finish is None:
            return 0.0
        return role.hours.worked(finish.time) - role.hours.worked(begin.time)

    def _people(self, until: float, name: str, hours: float) -> None:
        role = self._waits.role(name)
        if role is not None and until > self._now:
            self._add(self._waits.for_people(self._wait(until), role, hours))
        self._unknown(until)

    def _on_utility(self, event: Event) -> None:
        self._idle.append(Holding(event.time - event.waited, event.time, "utility", event.note))

    def _on_finish(self, event: Event) -> None:
        self._work(event.time)
        self._begun = None
        self._attended += 1
        if self._attended == 1:
            self._first_visit = len(self._found)
        if self._broken:
            self._stop(self._broken, self._procedure)

    def _on_failure(self, event: Event) -> None:
        self._work(event.time)
        self._stop(event.note, self._goes_back_to(event))
        until = min(event.time + event.amount, self._route.end)
        self._add([self._wait(until).whole("failure", note=event.note)])

    def _goes_back_to(self, event: Event) -> str:
        """Return the procedure at which work begins again after a failure; empty where it goes on."""
        for failure in self._route.plant.failures:
            if (failure.id, failure.procedure) == (event.note, event.procedure):
                again = {"rework": failure.back_to or "", "repeat": event.procedure}
                return again.get(failure.consequence, "")
        return ""

    def _on_down(self, event: Event) -> None:
        kinds = self._route.plant.breakdowns
        if event.unit not in self._units:  # an instrument of the laboratory
            return
        if any((k.id, k.equipment, k.consequence) == (event.note, class_of(event.unit), "repeat") for k in kinds):
            self._broken = f"{event.note} of {event.unit}"
            if self._begun is None:
                self._work(event.time)
                self._stop(self._broken, self._procedure)

    def _stop(self, reason: str, back_to: str) -> None:
        self._broken = ""
        if back_to:
            self._stops.append(_Stop(self._attempt, len(self._found), self._procedure, reason, back_to))
            self._attempt, self._attended, self._supplied, self._caught = len(self._found), 0, 0, 0

    def _on_deviation(self, event: Event) -> None:
        self._late = event.note == "max_hold" and event.time > self._now

    def _on_end(self, event: Event) -> None:
        if self._late:  # rejected for its hold, when its people were there at last
            self._people(event.time, self._route.steps[self._procedure].role, 0.0)
        self._work(event.time)
        self._started = self._late = False
        self._units = [unit for unit in self._units if unit != self._shared_unit]
        self._shared_unit = ""

    def _work(self, until: float) -> None:
        """Cut a stretch of work into the work itself, waits for utilities, repairs and pauses."""
        if self._begun is None and until >= self._now:
            self._caught_up(until)
        if until <= self._now:
            return
        role = self._waits.role(self._begun.role) if self._begun is not None else None
        kept = [*self._idle, *self._repairs()]
        if role is not None:
            kept += [
                Holding(begin, end, "off_shift", role.id, -1, why)
                for begin, end, why in self._route.off.pieces(role.hours, self._now, until)
            ]
        left = 0.0 if role is None or self._begun is None or self._begun.time < self._now else role.gowning
        for piece in list(shares(self._now, until, kept, _IN_WORK)):
            if not isinstance(piece, Holding):
                changed = min(piece[0] + left, piece[1])
                self._add([self._wait(changed).whole("gowning", role.id if role else "")])
                left -= changed - piece[0]
                self._add([self._wait(piece[1]).whole("work", self._at(), note=self._phase())])
            elif piece.cause == "utility":
                self._add(self._waits.for_utility(self._wait(piece.end), piece.resource))
            else:
                self._add([self._wait(piece.end).whole(piece.cause, piece.resource, piece.note)])
        self._idle = []

    def _caught_up(self, until: float) -> None:
        """Count waits as work where the vessel went on meanwhile: the stretch that follows is shorter by as much."""
        step = self._route.steps[self._procedure]
        if not step.visited or self._attended <= self._caught:
            return
        self._caught = self._attended
        short = step.alone_before(self._attended) - (until - self._now)
        place = self._first_visit
        while short > SAME and place < len(self._found):
            span = self._found[place]
            if span.waits:
                middle = min(span.begin + short, span.end)
                short -= middle - span.begin
                going_on = Span(span.begin, middle, span.place, "work", note="goes on while it waits")
                rest = [replace(span, begin=middle)] if span.end > middle else []
                self._found[place : place + 1] = [going_on, *rest]
            place += 1

    def _at(self) -> str:
        return self._units[0] if self._units else ""

    def _phase(self) -> str:
        return "" if self._begun is None else self._begun.phase

    def _repairs(self) -> list[Holding]:
        out = (h for name in {class_of(unit) for unit in self._units} for h in self._route.held.units.get(name, ()))
        return [replace(h, cause="repair") for h in out if h.cause == "unit_out" and h.resource in self._units]

    def _still_there(self, end: float) -> None:
        """Tell what a batch does that is on the line at the end of the run."""
        if self._begun is not None:
            self._work(end)
        elif not self._passes:
            self._add([self._wait(end).whole("zero_wait")])
        elif not self._started and self._route.steps[self._procedure].shared and not self._due:
            self._add([self._wait(end).whole("run")])
        elif not self._started:
            spans = self._waits.for_place(self._wait(end), self._route.steps[self._procedure].unit)
            self._add(list(self._for_others(spans)))
        else:
            self._rest(end, self._route.steps[self._procedure])
        self._unknown(end)

    def _rest(self, end: float, step: PlannedStep) -> None:
        """Tell what a procedure that has started waits for: material, or after work of its own people."""
        if self._supplied < len(step.uses):
            self._add(self._waits.for_material(self._wait(end), step.uses[self._supplied]))
            return
        done = 0
        for hours, attended in step.phases:
            if not attended:
                self._work(min(self._now + hours * (done == self._attended), end))
            elif done == self._attended and hours > 0.0:
                self._people(end, step.role, hours + step.gowning)
            done += attended and hours > 0.0
        self._work(end)

    def _wait(self, until: float) -> Wait:
        return Wait(self._batch, self._procedure, self._now, until)

    def _add(self, spans: Iterable[Span]) -> None:
        for span in spans:
            self._found.append(span)
            self._now = max(self._now, span.end)

    def _unknown(self, until: float) -> None:
        if until > self._now:
            self._add([self._wait(until).whole("unexplained")])

    def _relabeled(self) -> list[Span]:
        """Return the spans; the work that was done again later counts as lost to what stopped it."""
        found = list(self._found)
        for stop in self._stops:
            begun, later = stop.begun, (span.place for span in found[stop.spans :] if span.cause in WORK)
            if stop.back_to != stop.procedure:
                begun = max(spans for name, spans in self._passes if name == stop.back_to and spans <= stop.spans)
                later = (name for name, spans in self._passes if spans >= stop.spans)
            if stop.back_to not in set(later):
                continue
            for place in range(begun, stop.spans):
                if found[place].cause in WORK:
                    found[place] = replace(found[place], cause="repeated", note=stop.reason)
        return found
