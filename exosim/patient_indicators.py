"""Indicators of patients of whom each has a lot of their own: who was served, in time, late, or never.

A patient is served when the lot made for them may leave and holds a whole course. A patient belongs to the window when
their due date lies in it. So nobody is censored: at the end of the run it is known of each of them whether they were
served by their due date. Whoever is due after the end of the run counts nowhere, whatever their lot came to, and
whoever has no lot by their due date was not served in time: unfinished, rejected, too small, turned away, or still
waiting for a place on the line. A lot that left before its tests were done and was recalled has served nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from exosim import folds
from exosim.folds import folded
from exosim.product_indicators import YEAR
from exosim.records import BatchRecord

if TYPE_CHECKING:
    from exosim.window import Window

Fate: TypeAlias = Literal["on_time", "late", "open", "never"]
"""What became of a patient who was due: served by then, later, not yet at the end of the run, or never."""
_LOST = ("rejected", "turned_away")


def served_at(batch: BatchRecord, course: int) -> float | None:
    """Return when a whole course of a lot may leave [h]; None where it never did."""
    if batch.available is None or batch.disposition in _LOST or batch.doses < course:
        return None
    return batch.available


def fate(batch: BatchRecord, course: int) -> Fate:
    """Return what became of the patient of a batch."""
    at = served_at(batch, course)
    if at is not None:
        return "on_time" if at <= batch.due else "late"
    return "open" if batch.disposition == "unfinished" and batch.available is None else "never"


def _of_patients(window: Window) -> Iterator[tuple[BatchRecord, int]]:
    """Yield each batch that is for a patient, with the doses of a course."""
    for batch in window.run.batches:
        promise = window.plant.promises.get(batch.campaign)
        if promise is not None and promise.course:
            yield batch, promise.course


def fates(window: Window) -> list[Fate]:
    """Return what became of each patient who was due in the window."""
    due = [(b, course) for b, course in _of_patients(window) if _is_due(window, b.campaign, b.due)]
    outside: list[Fate] = ["open" for product, at in window.run.outside if _is_due(window, product, at)]
    return [*(fate(batch, course) for batch, course in due), *outside]


def _is_due(window: Window, product: str, due: float) -> bool:
    promise = window.plant.promises.get(product)
    promised = promise is not None and promise.course > 0 and promise.within is not None
    return promised and window.start <= due <= window.run.hours


def _share(window: Window, *wanted: Fate) -> list[float]:
    return [float(found in wanted) for found in fates(window)]


def in_time(window: Window) -> list[float]:
    """Return 1 for each patient due in the window who had a whole course by the due date, else 0."""
    return _share(window, "on_time")


def late(window: Window) -> list[float]:
    """Return 1 for each patient due in the window who was served late or still waits, else 0."""
    return _share(window, "late", "open")


def never(window: Window) -> list[float]:
    """Return 1 for each patient due in the window whose lot was lost, turned away or too small, else 0."""
    return _share(window, "never")


def servings(window: Window) -> list[float]:
    """Return when a whole course was there of each patient who was served in the window [h]."""
    found = (served_at(batch, course) for batch, course in _of_patients(window))
    return [at for at in found if at is not None and window.start <= at <= window.run.hours]


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


@folded("count(each)", in_time)
def patients_due(window: Window) -> float:
    """Return the patients who were due in the window."""
    return float(len(fates(window)))


@folded("mean(each)", in_time)
def patients_on_time(window: Window) -> float:
    """Return the share of the patients due in the window who had a whole course by their due date."""
    return _mean(in_time(window))


@folded("mean(each)", late)
def patients_late(window: Window) -> float:
    """Return the share of the patients due in the window who were served after their due date, or still wait."""
    return _mean(late(window))


@folded("mean(each)", never)
def patients_never_served(window: Window) -> float:
    """Return the share of the patients due in the window whose lot was lost or held less than a course."""
    return _mean(never(window))


@folded("count(each) * 8766 / hours", servings, hours=folds.hours)
def patients_served_per_year(window: Window) -> float:
    """Return the patients who had a whole course, in time or late, per year [1/year]."""
    return len(servings(window)) * YEAR / window.hours


_DUE: Mapping[str, tuple[str, Callable[[Window], float]]] = {
    "patients_due": ("1", patients_due),
    "patients_on_time": ("1", patients_on_time),
    "patients_late": ("1", patients_late),
    "patients_never_served": ("1", patients_never_served),
}
"""Indicators where patients have a due date."""
PATIENTS: Mapping[str, tuple[str, Callable[[Window], float]]] = {
    **_DUE,
    "patients_served_per_year": ("1/year", patients_served_per_year),
}
"""Indicators of a replication as a whole where each lot is for one patient, with units."""


def patient_headlines(window: Window) -> dict[str, float]:
    """Return the indicators of patients; of due dates where any is promised, none where no lot is for a patient."""
    courses = [promise for promise in window.plant.promises.values() if promise.course]
    promised = any(promise.within is not None for promise in courses)
    told = {name: of for name, of in PATIENTS.items() if courses and (promised or name not in _DUE)}
    return {name: indicator(window) for name, (_, indicator) in told.items()}
