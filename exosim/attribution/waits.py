"""What a lot waited for, and who had it meanwhile: one wait, cut into spans that each have one cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from exosim.attribution.causes import Span
from exosim.attribution.holders import Holders, Holding, class_of, shares
from exosim.attribution.off_time import TOO_LONG, OffTime, unfit
from exosim.plant import Plant, Role
from exosim.records import Event

_UNIT = ("unit", "unit_preparation", "unit_out", "turnaround")
_ROOM = ("room", "clearance", "changeover")
_IN_LINE = "before it in the queue"


@dataclass(frozen=True)
class Wait:
    """A wait of one batch at one place, from `begin` to `end` [h]."""

    batch: int
    place: str
    begin: float
    end: float

    def span(self, begin: float, end: float, cause: str, resource: str, lot: int = -1, note: str = "") -> Span:
        """Return a piece of the wait."""
        return Span(begin, end, self.place, cause, resource, lot, note)

    def whole(self, cause: str, resource: str = "", note: str = "") -> Span:
        """Return the wait as one span."""
        return self.span(self.begin, self.end, cause, resource, -1, note)


class LotWaits:
    """Explains waits of batches.

    Parameters
    ----------
    held : who had what in the run
    plant, log : of the run
    off : why nobody is at work
    """

    def __init__(self, held: Holders, plant: Plant, log: Sequence[Event], off: OffTime) -> None:
        self._held, self._off = held, off
        self._roles = {role.id: role for role in plant.roles}
        self._stands_in = {equipment.id: equipment.room for equipment in plant.equipment}
        self._rooms = {room.id: room for room in plant.rooms}
        self._prepared = {stock.id for stock in plant.stocks if stock.preparation is not None}
        self._log = log

    def for_unit(self, wait: Wait, taken: Sequence[str]) -> Iterator[Span]:
        """Yield who had the units that the batch took in the end; all units of the class where those were free.

        Parameters
        ----------
        taken : the units, or the class where none was taken
        """
        name = class_of(taken[0]) if " " in taken[0] else taken[0]
        everyone = self._held.units.get(name, ())
        own = [holding for holding in everyone if holding.resource in taken]
        for piece in shares(wait.begin, wait.end, own, _UNIT):
            if isinstance(piece, Holding):
                yield _held(wait, piece)
                continue
            others = [h for h in everyone if h.cause != "unit" or (h.lot, h.note) != (wait.batch, wait.place)]
            for other in shares(*piece, others, _UNIT):
                yield _held(wait, other) if isinstance(other, Holding) else self._unknown_unit(wait, other, name)

    def _unknown_unit(self, wait: Wait, piece: tuple[float, float], name: str) -> Span:
        """Return a wait for a unit that the log shows free: a preparation has it that waits for its people."""
        prepares = any(holding.cause == "unit_preparation" for holding in self._held.units.get(name, ()))
        cause = "unit_preparation" if prepares else "unexplained"
        return wait.span(*piece, cause, name, note="waits for its people" if prepares else "")

    def for_place(self, wait: Wait, name: str) -> Iterator[Span]:
        """Yield who had the room and the units of a class for which a batch waits at the end of the run."""
        room = self._rooms.get(self._stands_in.get(name) or "")
        alone = room is not None and (room.capacity == 1 or room.segregation != "none")
        taken = self._held.rooms.get(room.id, ()) if room is not None and alone else ()
        for piece in shares(wait.begin, wait.end, taken, _ROOM):
            if isinstance(piece, Holding):
                yield _held(wait, piece)
                continue
            for span in self.for_unit(replace(wait, begin=piece[0], end=piece[1]), [name]):
                if span.cause == "unexplained" and room is not None:  # units are free: it is the room, after all
                    yield from self.for_room(replace(wait, begin=span.begin, end=span.end), room.id)
                else:
                    yield span

    def for_room(self, wait: Wait, name: str) -> Iterator[Span]:
        """Yield who was in the room, and when it was cleared and changed over."""
        for piece in shares(wait.begin, wait.end, self._held.rooms.get(name, ()), _ROOM):
            if isinstance(piece, Holding):
                yield _held(wait, piece)
            else:  # prepared for a product that another one went before
                segregated = name in self._rooms and self._rooms[name].segregation != "none"
                yield wait.span(*piece, "changeover" if segregated else "unexplained", name)

    def for_people(self, wait: Wait, role: Role, hours: float, instruments: Sequence[Holding] = ()) -> Iterator[Span]:
        """Yield when nobody was at work, when they were busy with what, and when too little of a shift was left.

        Parameters
        ----------
        hours : of the work that they were asked for
        """
        away = [
            Holding(begin, end, "off_shift", role.id, -1, why)
            for begin, end, why in self._off.pieces(role.hours, wait.begin, wait.end)
        ]
        away += [
            Holding(begin, end, "off_shift", role.id, -1, TOO_LONG)
            for begin, end in unfit(role.hours, wait.begin, wait.end, hours)
        ]
        busy = [h for h in self._held.people.get(role.id, ()) if h.begin < wait.end]
        order = ("off_shift", "unit", "unit_out", "people")
        for piece in shares(wait.begin, wait.end, [*away, *instruments, *busy], order):
            if isinstance(piece, Holding):
                yield _held(wait, piece)
            else:
                yield wait.span(*piece, "people", role.id, note=_IN_LINE)

    def for_material(self, wait: Wait, name: str) -> Iterator[Span]:
        """Yield how long the material was on order, or being prepared on site."""
        if name not in self._prepared:
            yield wait.whole("material", name, "on order")
            return
        making = self._preparations(name)
        for piece in shares(wait.begin, wait.end, making, ("material",)):
            if isinstance(piece, Holding):
                yield _held(wait, piece)
            else:
                yield wait.span(*piece, "material", name, note="its preparation waits for units or people")

    def _preparations(self, name: str) -> list[Holding]:
        begun: list[float] = []
        found = []
        for event in self._log:
            if event.procedure != name or event.batch >= 0:
                continue
            if event.event == "prepare":
                begun.append(event.time)
            elif event.event == "prepared" and begun:
                found.append(Holding(begun.pop(0), event.time, "material", name, -1, "being prepared"))
        return [*found, *(Holding(begin, float("inf"), "material", name, -1, "being prepared") for begin in begun)]

    def for_utility(self, wait: Wait, name: str) -> Iterator[Span]:
        """Yield which lots took the utility meanwhile."""
        others = [h for h in self._held.utilities.get(name, ()) if h.lot != wait.batch]
        for piece in shares(wait.begin, wait.end, others, ("utility",)):
            if isinstance(piece, Holding):
                yield _held(wait, piece)
            else:
                yield wait.span(*piece, "utility", name, note=_IN_LINE)

    def role(self, name: str) -> Role | None:
        """Return the people of a role."""
        return self._roles.get(name)


def _held(wait: Wait, holding: Holding) -> Span:
    return wait.span(holding.begin, holding.end, holding.cause, holding.resource, holding.lot, holding.note)
