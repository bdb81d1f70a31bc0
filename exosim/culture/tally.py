"""The sums of a culture as it runs, and what came of it as an outcome.

The vessel is followed by the amounts that matter to the cells and by the origins of all else
(:mod:`exosim.culture.amounts`); species and size classes are worked out once, at the end. What is not counted as it
happens, such as decay, follows from the balance. All vesicles of a vessel have the spectrum in which its cells secrete
them: nothing in a vessel depends on their size. Only the wait of a harvest for its pool does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exosim.culture.amounts import (
    BOLUS,
    CELL_HOURS,
    COLLECTION,
    CONDITIONED,
    DIED,
    FOLLOWED,
    GROWTH,
    INITIAL,
    SECRETED,
    Amounts,
    Flags,
    Name,
    joined,
)
from exosim.culture.drain import LIKE_CELLS, LIKE_MEDIUM, LIKE_VESICLES, PASSING
from exosim.material import FIELDS, Material, is_number, plus, times, total
from exosim.operations.base import HARVEST_HOLD, HEADROOM, NOTHING, Hold, Outcome, Phase
from exosim.parameter import Array
from exosim.physics import holding
from exosim.physics.growth import Scratch

if TYPE_CHECKING:
    from exosim.culture.base import Culture

MILLIMOLES = 1e-9  # mmol in a pmol
DEATH, METABOLISM, SPENT, DECAY, FADING = "cell death", "metabolism", "spent medium", "decay", "loss of potency"
"""Channels of loss that follow from the balance, or are counted apart."""
_ALL = "all"
_SOLUTES = ("glucose", "lactate", "ammonia")


class Tally:
    """The sums over one vessel; lives only while an operation is evaluated.

    Parameters
    ----------
    culture : its platform and parameters
    begin : what is in the vessel
    harvests : how many there will be
    """

    def __init__(self, culture: Culture, begin: Material, harvests: int = 1) -> None:
        self.culture = self._planned = culture
        self._groups = (LIKE_CELLS, LIKE_VESICLES, LIKE_MEDIUM) if culture.drains else (_ALL,)
        self._begin = begin.replaced(vesicles=total(begin.vesicles))
        self.vessel: Amounts = {name: getattr(self._begin, name) for name in FOLLOWED if name != "doublings"}
        if culture.potency_decay is not None:
            self.vessel = {**self.vessel, "potency": begin.potency}
        self._initial = begin.replaced(**dict.fromkeys((*FOLLOWED, "potency"), 0.0))
        if any(not is_number(getattr(self._initial, name), 0.0) for name in FIELDS):
            self.vessel = {**self.vessel, **self._origin(INITIAL, 1.0)}
        self.age = begin.doublings / np.maximum(begin.viable_cells, NOTHING)
        self._scratch = _scratch(culture, self.vessel)
        self._harvests: dict[float, Amounts] = {}
        self._added: Amounts = {}
        self._lost: dict[str, Amounts] = {}
        self._deaths: list[tuple[Array, Array]] = []
        self._grown: Array = 0.0  # cell hours before the collection
        self._released: Array | None = None
        self._phases: list[Phase] = []
        self._consumption: dict[str, Array] = {}
        self._series, self._place, self._count = dict[str, NDArray[np.float64]](), 0, harvests
        self._headroom: dict[tuple[str, ...], tuple[NDArray[np.float64], NDArray[np.bool_]]] = {}
        self._limits: dict[str, Array | NDArray[np.bool_]] = {}

    # -- sums ---------------------------------------------------------------------------------------------------------

    def _origin(self, name: str, amount: Array) -> dict[Name, Array]:
        return {(group, name): amount for group in self._groups}

    def _fresh(self, medium: str, liters: Array) -> Amounts:
        """Return fresh medium."""
        return {
            "volume": liters,
            "glucose": times(self.culture.fresh_glucose, liters),
            **self._origin(medium, liters),
        }

    def _add(self, amounts: Amounts) -> None:
        self._added, self.vessel = joined(self._added, amounts), joined(self.vessel, amounts)

    def _lose(self, channel: str, amounts: Amounts) -> None:
        self._lost[channel] = joined(self._lost.get(channel, {}), amounts)

    def _use(self, key: str, amount: Array) -> None:
        self._consumption[key] = plus(self._consumption.get(key, 0.0), amount)

    def _note(self, monitors: Mapping[str, Array]) -> None:
        """Keep the monitors of a harvest; copied while they are at hand."""
        for name, value in monitors.items():
            kept = self._series.get(name)
            if kept is None or np.size(value) > kept.shape[-1]:
                wider = np.empty((self._count, np.size(value)), self._scratch.precision)
                wider[: self._place] = 0.0 if kept is None else kept[: self._place]
                self._series[name] = wider
            self._series[name][self._place] = value
        self._place += 1

    def _reach(self, limits: Flags) -> None:
        for name, at in limits.items():  # reached once is reached
            self._limits[name] = np.maximum(at, self._limits[name]) if name in self._limits else at

    # -- what came of it ----------------------------------------------------------------------------------------------

    def outcome(self) -> Outcome:
        """Return all visits as one outcome; monitors of the harvests are stacked on axis 0."""
        harvested: Amounts = {}
        for amounts in self._harvests.values():
            harvested = joined(harvested, amounts)
        lost, made = self._balanced(harvested)
        product, waited = self._waited(self._material(harvested))
        losses = {channel: self._material(amounts) for channel, amounts in lost.items()}
        headroom: dict[str, Array] = {}
        for names, (least, held) in self._headroom.items():
            for name, value in zip(names, least, strict=True):
                headroom[HEADROOM + name] = np.minimum(value, headroom.get(HEADROOM + name, np.inf))
            self._reach(dict(zip(map(self.culture.held_by, names), held, strict=True)))
        secreted = made.get((self._groups[0], SECRETED), 0.0)
        return Outcome(
            product,
            self._material(self._end),
            self._material(self._added),
            self._material({**made, "vesicles": secreted}),
            {**losses, HARVEST_HOLD: waited},
            tuple(self._phases),
            self._consumption,
            {**headroom, **self._series},
            {name: np.asarray(at, dtype=self._scratch.precision) for name, at in self._limits.items()},
        )

    @property
    def _end(self) -> Amounts:
        return {**self.vessel, "doublings": self.vessel["viable_cells"] * self.age}

    def _balanced(self, harvested: Amounts) -> tuple[dict[str, Amounts], Amounts]:
        """Return what was lost and what was made: what is not counted as it happens follows from the balance."""
        culture, lost, end = self.culture, dict(self._lost), self._end
        died = {"viable_cells": _sum(d for _, d in self._deaths), "doublings": _sum(a * d for a, d in self._deaths)}
        lost[DEATH] = died

        def gained(name: Name) -> Array:
            """Return by how much more of it is there or has left than was there and came in."""
            there = [amounts[name] for amounts in (harvested, end, *lost.values()) if name in amounts]
            before = getattr(self._begin, name) if isinstance(name, str) else 0.0
            return plus(_sum(there), times(plus(before, self._added.get(name, 0.0)), -1.0))

        origins = {(group, name) for group in self._groups for name in (SECRETED, CELL_HOURS, DIED)}
        names: list[Name] = ["viable_cells", "doublings", *sorted(origins), (self._groups[-1], CONDITIONED)]
        made: dict[Any, Array] = {name: gained(name) for name in names}
        if DECAY in lost:
            lost[DECAY] = {
                **lost[DECAY],
                "vesicles": plus(made[self._groups[0], SECRETED], times(gained("vesicles"), -1.0)),
            }
        cell_hours = plus(self._grown, made[self._groups[0], CELL_HOURS])
        ammonia = times(times(culture.ammonia_rate, MILLIMOLES), cell_hours)
        made["lactate"] = times(lost.get(METABOLISM, {}).get("glucose", 0.0), culture.lactate_yield)
        made["ammonia"] = ammonia if self._released is None else self._released
        if SPENT in lost:
            spent = {name: plus(made.get(name, 0.0), times(gained(name), -1.0)) for name in _SOLUTES}
            lost[SPENT] = spent
        return lost, made

    def _material(self, amounts: Amounts) -> Material:
        """Return amounts as a material, with species, size classes and pools."""
        values: dict[str, Array] = {}
        for group in self._groups:
            own = {name[1]: amount for name, amount in amounts.items() if isinstance(name, tuple) and name[0] == group}
            mixed = self._mixed(own)
            alike = FIELDS if group == _ALL else [name for name in FIELDS if PASSING.get(name, LIKE_MEDIUM) == group]
            values.update({name: getattr(mixed, name) for name in alike if name not in FOLLOWED})
        values.update({name: amount for name, amount in amounts.items() if isinstance(name, str)})
        return Material(**{**values, **self._vesicles(amounts)})

    def _mixed(self, origins: Mapping[str, Array]) -> Material:
        """Return the species that come of some origins."""
        culture = self.culture
        found = culture.released(*(origins.get(name, 0.0) for name in (SECRETED, CELL_HOURS, DIED)))
        for name, medium in ((COLLECTION, culture.fresh_medium), (GROWTH, culture.growth_medium)):
            if not is_number(origins.get(name, 0.0), 0.0):
                found = found + medium(origins[name])
        found = found.replaced(
            salt=plus(found.salt, times(origins.get(BOLUS, 0.0), culture.medium_salt)),
            cell_equivalents=origins.get(CONDITIONED, 0.0),
        )
        share = origins.get(INITIAL, 0.0)
        return found if is_number(share, 0.0) else found + self._initial.portion(share)

    def _vesicles(self, amounts: Amounts) -> dict[str, Array]:
        """Return vesicles by size class, and their potency: in proportion to their number where it does not fade."""
        number = amounts.get("vesicles", 0.0)
        potency = self._potency(amounts)
        if is_number(number, 0.0):
            return {"vesicles": 0.0, "potency": potency}
        return {"vesicles": self.culture.context.secreted * number, "potency": potency}

    def _potency(self, amounts: Amounts) -> Array:
        """Return the potency of vesicles: what is left of it, or that of fresh ones."""
        if "potency" in amounts:
            return amounts["potency"]
        return times(amounts.get("vesicles", 0.0), self.culture.relative_potency)

    def _waited(self, product: Material) -> tuple[Material, Material]:
        """Return the harvests after their planned waits, and what they lost."""
        culture, hold = self.culture, self.culture.harvest_hold
        if hold is None or not any(self._harvests):
            return product, Material()
        group = LIKE_VESICLES if culture.drains else _ALL
        vesicles, following = self._aged(hold, group)
        held = product.replaced(vesicles=vesicles, **following)
        names = ("vesicles", *following)
        return held, Material(**{n: plus(getattr(product, n), times(getattr(held, n), -1.0)) for n in names})

    def _aged(self, hold: Hold, group: str) -> tuple[Array, dict[str, Array]]:
        """Return the vesicles of all harvests by class after their waits, and what follows them.

        Class by class, so that what is worked on stays near; the survival of a wait is that of the shorter one before
        it times that of the hours between.
        """
        waits, spectrum = sorted(self._harvests), np.asarray(self.culture.context.secreted)
        diameters = self.culture.context.sizes.diameters
        constants = holding.constants(hold.rate, hold.size_exponent, diameters)
        constants = np.broadcast_to(constants, (len(spectrum), constants.shape[-1]))
        numbers = [self._harvests[wait]["vesicles"] for wait in waits]
        lanes = np.broadcast_shapes(spectrum.shape[1:], constants.shape[1:], *(np.shape(n) for n in numbers))
        overall, found = (np.zeros((rows, *lanes), spectrum.dtype) for rows in (len(waits), len(spectrum)))
        kept, part = np.empty(lanes, spectrum.dtype), np.empty(lanes, spectrum.dtype)
        for share, constant, row in zip(spectrum, constants, found, strict=True):
            kept[...] = share
            survival: dict[float, Array] = {}
            before = 0.0
            for wait, number, whole in zip(waits, numbers, overall, strict=True):
                step, before = wait - before, wait
                if step:
                    if step not in survival:
                        survival[step] = np.exp(constant * -step)
                    np.multiply(kept, survival[step], out=kept)
                whole += kept
                row += np.multiply(kept, number, out=part)
        following: dict[str, Array] = dict.fromkeys(("potency", "associated_protein", "bound_dna"), 0.0)
        for wait, whole in zip(waits, overall, strict=True):
            amounts = self._harvests[wait]
            bound = {"potency": self._held_potency(hold, wait), **self._bound(amounts, group)}
            following = {name: plus(following[name], times(bound[name], whole)) for name in following}
        return found, following

    def _held_potency(self, hold: Hold, wait: float) -> Array:
        """Return the potency of the vesicles of a harvest that fades while it waits, before any of them is lost."""
        fresh = self._potency(self._harvests[wait])
        return fresh if hold.potency_decay is None else times(fresh, holding.lasting(hold.potency_decay, wait))

    def _bound(self, amounts: Amounts, group: str) -> dict[str, Array]:
        """Return the protein and the DNA that follow the vesicles."""
        hours, died = (amounts.get((group, name), 0.0) for name in (CELL_HOURS, DIED))
        share, culture = amounts.get((group, INITIAL), 0.0), self.culture
        protein = times(culture.protein_released(hours, died), culture.associated_protein)
        dna = times(culture.dna_released(died), culture.bound_dna)
        return {
            "associated_protein": plus(protein, times(self._initial.associated_protein, share)),
            "bound_dna": plus(dna, times(self._initial.bound_dna, share)),
        }


def _sum(values: Iterable[Array]) -> Array:
    result: Array = 0.0
    for value in values:
        result = plus(result, value)
    return result


def _scratch(culture: Culture, vessel: Amounts) -> Scratch:
    """Return where to work for all lanes of a culture."""
    arrays = [value for value in (*_values(culture), *vessel.values()) if isinstance(value, np.ndarray)]
    lanes = max((array.shape[-1] for array in arrays if array.ndim), default=1)
    return Scratch(lanes, np.result_type(*arrays) if arrays else np.dtype(np.float64))


def _values(record: Any) -> Iterator[Any]:
    """Yield the parameter values of a declaration and of those in it."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        yield value
        for part in value if isinstance(value, tuple) else ():
            yield from _values(part)
