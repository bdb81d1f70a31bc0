"""What can be added to a plant: one more unit, person, shift, place or batch on the line.

A candidate is a change of the scenario by addresses, so that whatever it leaves alone stays as it was, random values
included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, TypeAlias, get_args

from exosim.addresses import tables
from exosim.declarations import Block
from exosim.errors import Problem, UsageError, in_words, shortened, unknown
from exosim.scenario import Scenario

Kind: TypeAlias = Literal["equipment", "personnel", "shift", "room", "store", "campaign"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TOGETHER = "all of these together"
_NAMES: Mapping[Kind, tuple[str, str]] = {
    "equipment": ("{0} + 1", "{0} + {1}"),
    "personnel": ("{0} + 1 person", "{0} + {1} people"),
    "room": ("room {0} + 1 place", "room {0} + {1} places"),
    "store": ("store {0} + 1 place", "store {0} + {1} places"),
    "campaign": ("{0} + 1 batch at once", "{0} + {1} batches at once"),
}
_WORDS: Mapping[Kind, tuple[str, str]] = {
    "equipment": ("one more {0}", "{1} more {0}"),
    "personnel": ("one more person in {0}", "{1} more people in {0}"),
    "room": ("one more place in {0}", "{1} more places in {0}"),
    "store": ("one more place in {0}", "{1} more places in {0}"),
    "campaign": ("one more batch on the line{0}", "{1} more batches on the line{0}"),
}


@dataclass(frozen=True, slots=True)
class Addition:
    """More of one resource.

    Attributes
    ----------
    kind : what kind of resource
    resource : its address, such as ``equipment.tff_skid``; of a campaign ``campaign.<product>``
    path : address of the value that changes
    before, after : that value; the names of the shifts of a role
    provable : whether more of it changes nothing where nobody ever lacked it
    """

    kind: Kind
    resource: str
    path: str
    before: Any
    after: Any
    provable: bool

    @property
    def id(self) -> str:
        """Id of the resource."""
        return self.resource.partition(".")[2]

    @property
    def name(self) -> str:
        """Short name, such as ``tff_skid + 1`` or ``fill + late shift``."""
        if self.kind == "shift":
            return f"{self.id} + {' and '.join(self.more)} shift"
        one, several = _NAMES[self.kind]
        count = self.after - self.before
        return (one if count == 1 else several).format(self.id or "line", count)

    @property
    def more(self) -> tuple[str, ...]:
        """Shifts that are added."""
        return tuple(name for name in self.after if name not in self.before) if self.kind == "shift" else ()

    def __str__(self) -> str:
        if self.kind == "shift":
            return f"the {' and '.join(self.more)} shift for {self.id}"
        one, several = _WORDS[self.kind]
        count = self.after - self.before
        called = f" of {self.id}" if self.kind == "campaign" and self.id else self.id
        return (one if count == 1 else several).format(called, count)

    def value(self, side: Literal["before", "after"]) -> str:
        """Return a value as a person writes it."""
        value = getattr(self, side)
        return " ".join(value) if self.kind == "shift" else f"{value:g}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing or several together that a plant could have more of; several may have a title."""

    additions: tuple[Addition, ...]
    title: str = ""

    @property
    def name(self) -> str:
        """Short name, such as ``tff_skid + 1``."""
        return self.title or ", ".join(addition.name for addition in self.additions)

    @property
    def changes(self) -> dict[str, Any]:
        """What changes of the scenario, by address."""
        return {one.path: list(one.after) if one.kind == "shift" else one.after for one in self.additions}

    def changes_nothing(self, lacked: frozenset[str]) -> bool:
        """Return whether it is certain to change nothing in a run in which somebody lacked only `lacked`."""
        return all(one.provable and one.resource not in lacked for one in self.additions)

    def __str__(self) -> str:
        return self.title or " with ".join(map(str, self.additions))

    def as_dict(self) -> dict[str, Any]:
        """Return the candidate as a JSON object."""
        return {
            "name": self.name,
            "additions": [
                {"kind": a.kind, "resource": a.resource, "path": a.path, "before": a.before, "after": a.after}
                for a in self.additions
            ],
        }


def candidates_of(scenario: Scenario, kinds: Sequence[Kind] = KINDS) -> tuple[Candidate, ...]:
    """Return one more of everything that a plant has: units, people, shifts that a role lacks, places, batches."""
    return tuple(Candidate((addition,)) for addition in _additions(scenario) if addition.kind in kinds)


def asked_for(scenario: Scenario, texts: Sequence[str]) -> tuple[Candidate, ...]:
    """Return the candidates that a person asks for.

    Parameters
    ----------
    texts : each is a candidate: ``tff_skid=1``, ``personnel.fill=2``, ``fill=late`` for a shift; what is added together
        has a comma between: ``tff_skid=1,fill=1``

    Raises
    ------
    UsageError
        with all that is wrong.
    """
    known = list(_additions(scenario))
    found = [_asked(scenario, part, known) for text in texts for part in text.split(",")]
    problems = [one for one in found if isinstance(one, Problem)]
    if problems:
        raise UsageError(problems)
    additions = iter(one for one in found if isinstance(one, Addition))
    groups = [tuple(next(additions) for _ in text.split(",")) for text in texts]
    return tuple(dict.fromkeys(Candidate(joined(group)) for group in groups))


def pairs(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return every two candidates together."""
    return tuple(Candidate(joined((*a.additions, *b.additions))) for a, b in combinations(candidates, 2))


def everything(candidates: Sequence[Candidate]) -> Candidate:
    """Return all candidates together."""
    return Candidate(joined([addition for candidate in candidates for addition in candidate.additions]), TOGETHER)


def joined(additions: Sequence[Addition]) -> tuple[Addition, ...]:
    """Return additions with those to the same value joined: all shifts, or the largest number."""
    found: dict[str, Addition] = {}
    for one in additions:
        before = found.get(one.path)
        if before is None:
            found[one.path] = one
        elif one.kind == "shift":
            found[one.path] = _with(one, tuple(dict.fromkeys((*before.after, *one.after))))
        else:
            found[one.path] = max(before, one, key=lambda addition: addition.after)
    return tuple(found.values())


def _with(addition: Addition, after: Any) -> Addition:
    return Addition(addition.kind, addition.resource, addition.path, addition.before, after, addition.provable)


def _additions(scenario: Scenario) -> Iterator[Addition]:
    """Yield one more of each resource.

    A room in which one batch is alone has no second place, and a store, a role or a class may be used by nobody: then
    nobody lacks it.
    """
    plant = scenario.declarations.plant
    planned = any(campaign.rules.storage == "zero_wait" for campaign in plant.campaigns)
    broken = {table.unit for _, table in plant.breakdowns.values()}
    for name, own in plant.equipment.items():
        plain = own.maintenance is None and own.size_limit is None and name not in broken and not planned
        yield _one_more("equipment", name, own.numbers, "count", plain)
    for name, role in plant.roles.items():
        yield _one_more("personnel", name, role.numbers, "headcount", True)
    yield from _shifts(scenario)
    for name, (block, table) in plant.rooms.items():
        if table.segregation != "batch":
            yield _one_more("room", name, block, "capacity", True)
    for name, block in plant.stores.items():
        yield _one_more("store", name, block, "capacity", True)
    for campaign in plant.campaigns:
        if "work_in_progress" in campaign.numbers.given:
            yield _one_more("campaign", campaign.product, campaign.numbers, "work_in_progress", True)


def _one_more(kind: Kind, name: str, numbers: Block, key: str, provable: bool) -> Addition:
    given = numbers.given.get(key)
    default = numbers.parameters[key].default
    before = round(given.quantity.typical if given is not None else float(default or 1.0))
    return Addition(kind, f"{kind}.{name}", f"{numbers.prefix}.{key}", before, before + 1, provable)


def _shifts(scenario: Scenario) -> Iterator[Addition]:
    """Yield each shift of the calendar that a role lacks; a role without shifts is always there."""
    for table in tables(scenario.data, "personnel"):
        role, before = str(table.get("role")), tuple(table.get("shifts") or ())
        for shift in _calendar(scenario):
            if before and shift not in before:
                after = (*before, shift)
                yield Addition("shift", f"personnel.{role}", f"personnel.{role}.shifts", before, after, False)


def _calendar(scenario: Scenario) -> Sequence[str]:
    calendar = scenario.data.get("calendar")
    shifts = calendar.get("shift") if isinstance(calendar, dict) else None
    return list(shifts) if isinstance(shifts, dict) else []


def _asked(scenario: Scenario, text: str, known: Sequence[Addition]) -> Addition | Problem:
    """Return the addition that a person means by ``resource=how many`` or ``role=shift``."""
    written, sign, amount = (part.strip() for part in text.partition("="))
    example = "such as tff_skid=1, personnel.fill=2 or fill=late"
    if not sign or not written or not amount:
        return Problem("needs a resource and how many more of it", "--add", shortened(in_words(text), 60), example)
    named = [one for one in known if written in (one.resource, one.id, one.path)]
    if not named:
        places = sorted({one.resource for one in known} | {one.id for one in known if one.id})
        return unknown("resource", written, places)
    if len({one.kind for one in named} - {"shift"}) > 1:
        meant = " or ".join(dict.fromkeys(one.resource for one in named))
        return Problem("is more than one resource", "--add", shortened(written, 60), meant)
    if amount.isascii() and amount.isdecimal() and int(amount[:9]) > 0:
        plain = [one for one in named if one.kind != "shift"]
        return _with(plain[0], plain[0].before + int(amount[:9]))
    lacking = {shift: one for one in named if one.kind == "shift" for shift in one.more}
    if amount in lacking:
        return lacking[amount]
    if amount in _calendar(scenario) and written.removeprefix("personnel.") in scenario.declarations.plant.roles:
        return Problem("the role has this shift, or is always there", "--add", shortened(text, 60))
    expected = "a whole number from 1" + (f", or a shift: {', '.join(lacking)}" if lacking else "")
    return Problem("cannot be added", "--add", shortened(in_words(text), 60), expected)
