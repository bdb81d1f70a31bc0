"""The certificate of analysis and the batch record of one lot of a run."""

from __future__ import annotations

import dataclasses
import datetime
import importlib
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from exosim import units
from exosim.attribution.why import UNITS, Why
from exosim.launches import BATCHES_PER_REPLICATION
from exosim.lot_certificate.results import TestOfLot, tests_of
from exosim.lot_certificate.steps import (
    CheckedParameter,
    ProcedureOfLot,
    checked_parameters,
    procedures_of,
    used_up,
    vials_of,
)
from exosim.parameter import Ledger
from exosim.patient_indicators import Fate, fate
from exosim.reasons import LotHistory, Reasons, reasons_of
from exosim.regulatory import RegulatoryView, regulatory_view
from exosim.release import DEVIATION, REVIEW
from exosim.results import FacilityResults
from exosim.saved_run import SavedRun
from exosim.scenario import Scenario
from exosim.version import __version__

FORM = "exosim.certificate/1"
_PAGE, _FILE = "exosim.telling.certificate", "exosim.telling.page_file"
"""Found by name when a page is asked for: a value neither knows nor loads what tells of it."""
NO_RELEASE = "not released, since this scenario has no release: a batch record, and no certificate of analysis"


@dataclass(frozen=True, slots=True)
class JobOfLot:
    """A test, a closure of a deviation or a review as work: once for each time that it was done.

    Attributes
    ----------
    kind, name : "test", "closure" or "review", and which; a retest has its number in the name
    about : what a closed deviation was about
    role : who did it; empty where nobody is named
    asked, begin, done : when it was ready, when people began, when it was over [h]; None where it did not come to it
    """

    kind: str
    name: str
    about: str
    role: str
    asked: float
    begin: float | None
    done: float | None


@dataclass(frozen=True, slots=True)
class CompanionOfLot:
    """What a lot holds of a companion.

    Attributes
    ----------
    name, dose : what it is, and what a dose of it is, as text
    doses : whole doses of it that were made
    pairs : of a dose of the product and one of it that may be used; none where it had expired before
    """

    name: str
    dose: str
    doses: float
    pairs: float


@dataclass(frozen=True, slots=True)
class PatientOfLot:
    """The patient for whom a lot was made.

    Attributes
    ----------
    course : doses that the patient needs
    promised : when they were due, hours after the start; None where nothing was promised
    fate : "on_time", "late", "open" or "never"
    """

    course: int
    promised: float | None
    fate: Fate


@dataclass(frozen=True)
class Certificate:
    """What a manufacturer would say of a lot, and what only a simulation knows.

    Attributes
    ----------
    scenario, title, hash, log_hash, version : what was run; the hash of the log is that of the replication
    seed, replication : likewise; the replication counts from 1
    lot, product, donor : number and donor count from 1
    others : other lots of the same donor
    start : date and time of hour 0
    disposition, headline : how it ended, and that in words for people
    may_leave : whether its doses may be used
    tested : whether the scenario has a release
    started, manufactured, available, ended : hours after the start; None where it did not come to it
    doses, dose : whole doses that were made, and what a dose is
    vials : filled, accepted and retained; empty where none were filled
    tests : the specification with results
    parameters : critical process parameters in this lot
    procedures : as they ran
    jobs : work of the laboratory and of quality
    deviations : what deviated from the plan
    used : amount and unit of each material
    why : the attribution of its time and its losses
    view : the regulatory view of its product
    ledger : every parameter with source and grade
    companion : a second product of the lot; None where there is none
    patient : for whom it was made; None where it is for no one patient
    """

    scenario: str
    title: str
    hash: str
    log_hash: str
    version: str
    seed: int
    replication: int
    lot: int
    product: str
    donor: int
    others: tuple[int, ...]
    start: datetime.datetime
    disposition: str
    headline: str
    may_leave: bool
    tested: bool
    started: float
    manufactured: float | None
    available: float | None
    ended: float | None
    doses: float
    dose: str
    vials: Mapping[str, float]
    tests: tuple[TestOfLot, ...]
    parameters: tuple[CheckedParameter, ...]
    procedures: tuple[ProcedureOfLot, ...]
    jobs: tuple[JobOfLot, ...]
    deviations: tuple[str, ...]
    used: Mapping[str, tuple[float, str]]
    why: Why
    view: RegulatoryView
    ledger: Ledger
    companion: CompanionOfLot | None = None
    patient: PatientOfLot | None = None

    @property
    def released(self) -> float:
        """Whole doses that may be used."""
        return self.doses if self.may_leave else 0.0

    @property
    def assumptions(self) -> int:
        """Number of parameters that are assumptions."""
        return self.ledger.counts()["D"]

    @property
    def counted_in(self) -> str:
        """Unit of what the losses and amounts are counted in."""
        return UNITS[self.why.species]

    def date(self, hour: float) -> datetime.datetime:
        """Return an hour of the run as date and time."""
        return self.start + datetime.timedelta(hours=hour)

    def save(self, file: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the certificate as one HTML page that needs nothing else; return its path.

        Parameters
        ----------
        file : where; folders are made when they do not exist
        overwrite : whether a file that is there may be replaced

        Raises
        ------
        FileError
            when something is there already, or it cannot be written.
        """
        text = importlib.import_module(_PAGE).certificate_page(self)
        return cast(Path, importlib.import_module(_FILE).write_page(text, Path(file), overwrite))

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document ``exosim.certificate/1``: no path or machine, no NaN."""
        own = ("lot", "product", "donor", "disposition", "headline", "may_leave", "tested", "started", "manufactured",
               "available", "ended", "doses", "released", "dose")  # fmt: skip
        parameters = [
            {"parameter": one.parameter.address, "unit": one.parameter.unit, "at_least": one.parameter.at_least,
             "at_most": one.parameter.at_most, "value": one.value, "inside": one.inside}
            for one in self.parameters
        ]  # fmt: skip
        return {
            "form": FORM, "version": self.version, "simulated": True,
            "scenario": {"name": self.scenario, "title": self.title, "hash": self.hash},
            "seed": self.seed, "replication": self.replication, "log_hash": self.log_hash,
            **{name: getattr(self, name) for name in own}, "other_lots_of_the_donor": list(self.others),
            "start": self.start.isoformat(), "vials": dict(self.vials),
            "companion": None if self.companion is None else dataclasses.asdict(self.companion),
            "patient": None if self.patient is None else dataclasses.asdict(self.patient),
            "tests": [dataclasses.asdict(test) | {"results": [dataclasses.asdict(r) for r in test.results]}
                      for test in self.tests],
            "parameters": parameters, "procedures": [_procedure(one) for one in self.procedures],
            "jobs": [dataclasses.asdict(job) for job in self.jobs], "deviations": list(self.deviations),
            "materials": {key: {"amount": amount, "unit": unit} for key, (amount, unit) in self.used.items()},
            "losses": self.why.as_dict()["losses"],
            "ledger": {"headline": self.ledger.headline(), **self.ledger.counts()},
        }  # fmt: skip


def _procedure(one: ProcedureOfLot) -> dict[str, Any]:
    told = dataclasses.asdict(one)
    incidents = [{"hour": hour, "words": words} for hour, words in one.incidents]
    return {**told, "feeds": list(one.feeds), "units": list(one.units), "work": list(told["work"]),
            "incidents": incidents}  # fmt: skip


def certificate(results: FacilityResults | SavedRun | Scenario, lot: int, replication: int = 1) -> Certificate:
    """Return the certificate of analysis and the batch record of a lot.

    Parameters
    ----------
    results : what :func:`exosim.simulate` or :func:`exosim.load_run` gave; or a scenario, run with its seed
    lot : number of the lot, from 1
    replication : from 1

    Raises
    ------
    UsageError
        when there is no such lot or replication, or the lot was turned away.
    FileError
        when the run comes out differently, or its folder does not hold its scenario.
    """
    return certificate_of(reasons_of(results, replication), lot)


def certificate_of(reasons: Reasons, lot: int) -> Certificate:
    """Return the certificate of a lot of one replication; errors are those of :func:`certificate`."""
    why, history = reasons.why(lot), reasons.history(lot)
    record, product = history.record, history.product
    view = regulatory_view(product)
    others = tuple(
        other.number + 1
        for other in reasons.lots
        if (other.donor, other.campaign) == (record.donor, record.campaign) and other.number != record.number
    )
    made = history.production.lots.doses(history.lane) if record.manufactured is not None else 0.0
    return Certificate(
        why.scenario, product.title or product.name, why.hash, reasons.log_hash, __version__, why.seed,
        why.replication, lot, _product_name(record.campaign, view), record.donor % BATCHES_PER_REPLICATION + 1, others,
        product.declarations.plant.start, record.disposition, _headline(history, why), _may_leave(history),
        history.production.release is not None, record.started, record.manufactured, record.available, record.ended,
        made, view.dose, vials_of(history), tests_of(history), checked_parameters(history), procedures_of(history),
        _jobs(why), record.deviations, used_up(history), why, view, product.ledger(), _companion(history),
        _patient(history),
    )  # fmt: skip


def _companion(history: LotHistory) -> CompanionOfLot | None:
    """Return what a lot holds of a companion; None where the product has none."""
    found = history.product.declarations.companion
    if found is None:
        return None
    made = history.production.lots.doses(history.lane, "companion") if history.record.manufactured is not None else 0.0
    pairs = (history.record.dose_pairs or 0.0) if _may_leave(history) else 0.0
    return CompanionOfLot(found.name, units.show(found.dose.amount, found.dose.kind), made, pairs)


def _patient(history: LotHistory) -> PatientOfLot | None:
    """Return for whom a lot was made, and whether that served them; None where it is for no one patient."""
    course, record = history.product.declarations.course, history.record
    if not course:
        return None
    promised = record.due if math.isfinite(record.due) else None
    return PatientOfLot(course, promised, fate(record, course))


def _product_name(campaign: str, view: RegulatoryView) -> str:
    return f"{view.product} ({campaign})" if campaign and campaign != view.product else view.product


def _may_leave(history: LotHistory) -> bool:
    """Return whether the doses of a lot may be used: released, or released until the last tests have ended."""
    record = history.record
    if history.production.release is None:
        return False
    return record.good or _conditional(history)


def _conditional(history: LotHistory) -> bool:
    """Return whether a lot left before its last tests had ended, and they have not."""
    left = any(event.event == "conditional" for event in history.events)
    return left and history.record.ended is None and not any(event.event == "recalled" for event in history.events)


def _headline(history: LotHistory, why: Why) -> str:
    """Return how a lot ended, for people."""
    record, ended = history.record, why.fates[0]
    if history.production.release is None:
        return f"{ended.capitalize()}, and {NO_RELEASE}"
    if record.good:
        return ended.capitalize()
    if _conditional(history):
        return "Conditionally released: confirmatory tests are still open"
    recalled = any(event.event == "recalled" for event in history.events)
    return f"Not released; {ended}" + (", and recalled" if recalled else "") + _where(history, why)


def _where(history: LotHistory, why: Why) -> str:
    """Return how far an unfinished lot had come at the end of the run."""
    if history.record.disposition != "unfinished":
        return ""
    if history.record.manufactured is not None:
        return " at the end of the run; its tests and reviews are open"
    return f" at the end of the run; it was at {why.path.line[-1].place}" if why.path.line else " at the end of the run"


def _jobs(why: Why) -> tuple[JobOfLot, ...]:
    """Return the work of the laboratory and of quality on a lot, in the order in which it was asked for."""
    found: Sequence[JobOfLot] = [
        JobOfLot(
            _kind(job.address), " ".join(part for part in (_short(job.address), test.phase) if part),
            job.note if job.address.startswith(DEVIATION) else "", test.role, test.ask, test.begin, test.done,
        )
        for job in why.path.jobs
        for test in job.tests
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda job: job.asked))


def _kind(address: str) -> str:
    return "closure" if address.startswith(DEVIATION) else "review" if address.startswith(REVIEW) else "test"


def _short(address: str) -> str:
    return address.partition(".")[2]
