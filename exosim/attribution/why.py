"""Why one lot took so long and what it lost, as a value: causes with hours, shares and details, and a sentence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exosim.attribution.causes import CAUSES, WORK, Span, by_cause
from exosim.attribution.losses import Loss
from exosim.attribution.lot_path import LotPath
from exosim.attribution.off_time import OffTime
from exosim.attribution.words import days, lot_words, who
from exosim.records import BatchRecord
from exosim.version import __version__

FORM = "exosim.why/1"
NOT_COSTED = "not costed: this version knows no prices"
UNITS = {"vesicles": "EV", "viable_cells": "cell"}
"""Units of what losses are counted in, by species."""
_LITTLE = 0.05  # h
_NAMED = 3
"""How many details of a cause the sentence names."""
_CAUSES_NAMED = 5


@dataclass(frozen=True, slots=True)
class CauseOfTime:
    """What one cause took of the lead time of a lot.

    Attributes
    ----------
    cause : id, of :data:`exosim.attribution.causes.CAUSES`
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

    def as_dict(self) -> dict[str, Any]:
        """Return the row as it stands in JSON."""
        details = [{"words": words, "hours": hours} for words, hours in self.details]
        return {
            "cause": self.cause, "title": self.title, "group": CAUSES[self.cause].group, "hours": self.hours,
            "planned": self.planned, "share": self.share, "details": details,
        }  # fmt: skip


@dataclass(frozen=True)
class Why:
    """Why a lot took so long, and where its vesicles went.

    Attributes
    ----------
    scenario, hash, seed, replication : what was run, the replication from 1
    lot : what is known of the lot; its number is from 0, that shown to people one more
    fates : what became of it, in words
    path : how its time went; its critical spans follow each other from its start to its end
    plan : the same as planned
    products : name of what each batch makes; empty where the site makes one product
    losses : where what was made of it went
    species : what the losses are counted in: ``vesicles`` or ``viable_cells``
    off : days on which nobody works
    """

    scenario: str
    hash: str
    seed: int
    replication: int
    lot: BatchRecord
    fates: Sequence[str]
    path: LotPath
    plan: Sequence[Span]
    products: Mapping[int, str]
    losses: Sequence[Loss] = ()
    species: str = "vesicles"
    off: OffTime = OffTime()

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
                hours[who(span, self.products, self.lot.number)] += span.hours
        return sorted(hours.items(), key=lambda item: -item[1])

    def sentence(self) -> str:
        """Return the answer in a sentence: how long it took, how much more than planned, and why."""
        more = self.lead_time - self.planned
        state = "has taken" if self.lot.ended is None else "took"
        text = f"{self.name.capitalize()} {state} {days(self.lead_time)}"
        if abs(more) < _LITTLE:
            return f"{text}, as planned."
        text += f", {days(abs(more))} {'more' if more > 0 else 'less'} than planned ({days(self.planned)})"
        beyond = [(row, row.hours - row.planned) for row in self.causes()]
        longer = [(row, hours) for row, hours in sorted(beyond, key=_by_hours) if hours >= _LITTLE]
        added = [self._because(row, hours) for row, hours in longer[:_CAUSES_NAMED]]
        if len(longer) > _CAUSES_NAMED:
            added.append(f"{days(sum(hours for _, hours in longer[_CAUSES_NAMED:]))} of further causes")
        spared = [f"{days(-hours)} {CAUSES[row.cause].words}" for row, hours in beyond if hours <= -_LITTLE]
        text += f": {'; '.join(added)}" if added else ""
        return f"{text}; less {', '.join(spared)}." if spared else f"{text}."

    def _because(self, row: CauseOfTime, hours: float) -> str:
        """Return what one cause took beyond the plan, with those behind it."""
        named = [(text, own) for text, own in row.details if text and own >= 0.05 * row.hours]
        parts = [f"{text} {days(own)}" for text, own in named[:_NAMED]]
        left = row.hours - sum(own for _, own in named[:_NAMED])
        more = [f"and more {days(left)}"] if left >= 0.05 * row.hours and parts else []
        beside = f" ({', '.join([*parts, *more])})" if row.cause not in WORK and parts else ""
        return f"{days(hours)} {CAUSES[row.cause].words}{beside}"

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document ``exosim.why/1``: no time, path or machine, no NaN."""
        lot, made = self.lot, self.made
        return {
            "form": FORM,
            "version": __version__,
            "scenario": {"name": self.scenario, "hash": self.hash},
            "seed": self.seed,
            "replication": self.replication,
            "lot": lot.number + 1,
            "product": lot.campaign,
            "disposition": lot.disposition,
            "fates": list(self.fates),
            "sentence": self.sentence(),
            "started": lot.started,
            "ended": lot.ended,
            "due": lot.due if lot.due > lot.started else None,
            "lead_time": self.lead_time,
            "planned": self.planned,
            "unexplained": self.unexplained,
            "causes": [row.as_dict() for row in self.causes()],
            "critical_path": [self._span(span) for span in self.path.critical],
            "losses": {
                "unit": UNITS[self.species],
                "made": made,
                "rows": [{**loss.as_dict(), "share": loss.amount / made} for loss in self.losses] if made else [],
            },
            "money": {"costed": False, "reason": NOT_COSTED, "rows": []},
        }

    @property
    def made(self) -> float:
        """What was made of the lot, or entered it: vesicles, or viable cells where they are the product."""
        return sum(loss.amount for loss in self.losses)

    def _span(self, span: Span) -> dict[str, Any]:
        return {
            "begin": span.begin, "end": span.end, "hours": span.hours, "place": span.place, "cause": span.cause,
            "resource": span.resource, "lot": span.lot + 1 if span.lot >= 0 else None, "note": span.note,
            "words": who(span, self.products, self.lot.number),
        }  # fmt: skip


def _by_hours(row: tuple[CauseOfTime, float]) -> float:
    return -row[1]
