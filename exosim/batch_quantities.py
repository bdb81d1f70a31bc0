"""The formula of every quantity that a yield reports of a batch: headlines, figures after each step, attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from exosim.batch_nodes import COUNTED, MEASURES, BatchNodes, absent
from exosim.batch_words import ABOUT
from exosim.cargo_readings import CARGO_FORMULAS, loading_steps
from exosim.cell_readings import last_expansion
from exosim.diagnostic import DIAGNOSTIC_HEADLINES
from exosim.diagnostic_nodes import DiagnosticNodes
from exosim.formula import keyed, symbol
from exosim.formula_tree import Input, Node
from exosim.influence import Batch, Lanes, Neighborhood
from exosim.kernel import last_maker
from exosim.lot_readings import attribute_results
from exosim.material import is_number
from exosim.operations.base import HARVEST_HOLD, VIRUS_REDUCTION
from exosim.readings import DoseRule, read_batch
from exosim.step_table import Reading

Key: TypeAlias = tuple[str, str | None]
_RATIOS: Mapping[str, tuple[str, str, str]] = {
    "titer": ("vesicles", "volume", "vesicles per milliliter"),
    "evs_per_protein": ("vesicles", "protein", "purity: true vesicles per microgram of all protein"),
    "particles_per_protein": ("particles", "protein", "purity as the instrument counts particles"),
    "protein_ceiling": ("vesicles", "own_protein", "purity if there were no protein but that of the vesicles"),
    "relative_potency": ("potency", "vesicles", "potency of a vesicle over that of early cells"),
    "cell_density": ("viable_cells", "volume", "viable cells per milliliter"),
}
"""Ratios of two amounts of one material: numerator, denominator, meaning."""
_UNPAIRED = "1 - 2 * min(doses, companion_doses) / max(doses + companion_doses, 1)"
_OF_PRODUCT = ("evs_per_protein", "particles_per_protein", "purity_relative_to_ceiling")


class BatchQuantities:
    """The quantities of a batch at typical values, and how each comes about.

    Attributes
    ----------
    around : the batch and its neighborhood
    nodes : what makes their nodes
    units : every quantity by name and step, with its unit
    """

    def __init__(self, around: Neighborhood, ledger: Mapping[str, Input]) -> None:
        self.around, self.nodes = around, BatchNodes(around, ledger)
        batch = around.batch
        readings = read_batch(batch.steps, batch.context, batch.specification, batch.contents)
        self._readings: dict[Key, Reading] = {(r.name, r.step): r for r in readings if r.values is not None}
        self.units: dict[Key, str] = {key: reading.unit for key, reading in self._readings.items()}
        for attribute, unit, _ in _reported(batch):
            self.units[attribute, None] = unit
        self.cells = batch.specification.dose.kind == "cell"
        procedures = [step.procedure for step in batch.steps]
        self.last = procedures[last_maker(procedures)].id

    def node(self, name: str, step: str | None = None) -> Node:
        """Return the node of a quantity; a key of :attr:`units`."""
        reading = self._readings.get((name, step))
        if reading is None:
            return self._attribute(name)
        if step is None:
            return self._headline(name)
        return self._of_step(name, step)

    @property
    def _species(self) -> str:
        return "viable_cells" if self.cells else "vesicles"

    # -- headlines ----------------------------------------------------------------------------------------------------

    def _headline(self, name: str) -> Node:
        if name in _OF_PRODUCT:
            return self._of_step(name, self._row_of(self.last))
        if name.startswith(VIRUS_REDUCTION):
            return self._virus_reduction(name)
        test = self.around.batch.specification.diagnostic
        if name in DIAGNOSTIC_HEADLINES and test is not None:
            return DiagnosticNodes(self.nodes, test, self.last, self._read).node(name)
        if name in CARGO_FORMULAS:
            return self._cargo(name)
        makers: Mapping[str, Callable[[], Node]] = {
            "doses": lambda: self._doses("doses", "product.dose", self.around.batch.specification.dose, self.last),
            "companion_doses": self._companion_doses,
            "dose_pairs": lambda: self._paired(name, "min(doses, companion_doses)"),
            "unpaired_share": lambda: self._paired(name, _UNPAIRED),
            "companion_limits": lambda: self._paired(name, "one_if(doses - companion_doses)"),
            "ev_yield": lambda: self._quotient(name, "vialed", "harvested"),
            "particles_per_cell_per_day": self._per_cell,
            "harvested": self._harvested,
            "secreted": self._secreted,
            "vialed": lambda: self._same(name, self.nodes.made("vesicles", self.last)),
            "vials": lambda: self._same(name, self._vials()),
            "relative_potency": self._potency,
            "potent_doses": lambda: self._product(name, "doses", "relative_potency"),
            "lost_in_loading": self._lost_in_loading,
            "batch_duration": self._duration,
            "cell_yield": lambda: self._quotient(name, "cells_vialed", "cells_harvested"),
            "fold_expansion": lambda: self._quotient(name, "cells_harvested", "cells_started"),
            "cells_started": self._cells_started,
            "cells_harvested": self._cells_harvested,
            "cells_vialed": lambda: self._same(name, self.nodes.made("viable_cells", self.steps[-1])),
        }
        return makers[name]()

    def _virus_reduction(self, name: str) -> Node:
        """Return a log reduction of viruses: the sum over the procedures that claim one."""
        claimed = [step for step, ran in self.nodes.steps.items() if name in ran.outcome.monitors]
        found = keyed((step, self.nodes.reported(step, name, "log", "log reduction")) for step in claimed)
        return self._read(name, " + ".join(found), found)

    @property
    def steps(self) -> list[str]:
        """The procedures in order."""
        return list(self.nodes.steps)

    def _read(self, name: str, formula: str, terms: Mapping[str, Node], step: str | None = None) -> Node:
        """Return the node of what is read of a batch, by its formula."""
        unit = self.units[name, step]
        lanes = self.around.lanes(lambda batch: _reading(batch, (name, step)))
        about = ABOUT.get(name, "") if step is None else f"{_words(name)} of {step}"
        return self.nodes.read(name if step is None else f"{step}.{name}", formula, terms, lanes, unit, about)

    def _same(self, name: str, node: Node) -> Node:
        key = symbol(node.name)
        return self._read(name, key, {key: node})

    def _quotient(self, name: str, above: str, below: str) -> Node:
        return self._read(name, f"{above} / {below}", {key: self._headline(key) for key in (above, below)})

    def _product(self, name: str, one: str, other: str) -> Node:
        return self._read(name, f"{one} * {other}", {key: self._headline(key) for key in (one, other)})

    def _potency(self) -> Node:
        terms = {"potency": self.nodes.made("potency", self.last), "vesicles": self.nodes.made("vesicles", self.last)}
        given, formula = "product.lot.potency", "potency / vesicles"
        if given in self.around.values:
            terms["of_early_cells"] = self.nodes.parameter(given)
            formula += " * of_early_cells"
        return self._read("relative_potency", formula, terms)

    def _cargo(self, name: str) -> Node:
        formula, measures = CARGO_FORMULAS[name]
        terms = {measure: self.nodes.made(measure, self.last) for measure in measures}
        if self.units[name, None].endswith("/dose"):
            terms |= {
                "dose": self._dose(),
                "held": self.nodes.made(COUNTED[self.around.batch.specification.dose.kind], self.last),
            }
        return self._read(name, formula, terms)

    def _lost_in_loading(self) -> Node:
        loading = loading_steps(step.procedure for step in self.nodes.steps.values())
        found = keyed((f"{step} recovery", self._of_step("recovery", step)) for step in loading)
        return self._read("lost_in_loading", f"1 - {' * '.join(found)}", found)

    def _dose(self) -> Node:
        dose = self.around.batch.specification.dose
        return self.nodes.constant("product.dose", dose.amount, f"{dose.kind}/dose", "what a dose holds")

    def _companion_doses(self) -> Node:
        specification = self.around.batch.specification
        after = specification.companion.after if specification.companion is not None else self.last
        return self._doses("companion_doses", "product.companion.dose", specification.about("companion").dose, after)

    def _paired(self, name: str, formula: str) -> Node:
        return self._read(name, formula, {key: self._headline(key) for key in ("doses", "companion_doses")})

    def _doses(self, name: str, path: str, dose: DoseRule, step: str) -> Node:
        """Return the doses of a product that a step makes, by what a dose of it is."""
        nodes = self.nodes
        terms = {"dose": nodes.constant(path, dose.amount, f"{dose.kind}/dose", "what a dose holds")}
        if "content" not in nodes.steps[step].outcome.monitors:
            terms["held"] = nodes.made(COUNTED[dose.kind], step)
            if is_number(nodes.steps[step].outcome.product.vials, 0.0):
                return self._read(name, "floor(held / dose)", terms)
            terms |= {key: nodes.made(key, step) for key in ("vials", "retained_vials")}
            return self._read(name, "floor((vials - retained_vials) / vials * held / dose)", terms)
        told = {
            "accepted": ("vial", "inspected and good"),
            "retained": ("vial", "kept for QC and stability"),
            "content": (f"{self.around.batch.specification.dose.kind}/vial", "what can be withdrawn from a vial"),
        }
        terms |= {key: nodes.reported(step, key, *words) for key, words in told.items()}
        return self._read(name, "floor((accepted - retained) * content / dose)", terms)

    def _vials(self) -> Node:
        """Return the vials as they were filled, or as a later step received them."""
        if "content" in self.nodes.steps[self.last].outcome.monitors:
            return self.nodes.reported(self.last, "accepted", "vial", "accepted vials")
        return self.nodes.made("vials", self.last)

    def _harvested(self) -> Node:
        sources = [name for name, step in self.nodes.steps.items() if step.procedure.operation.makes_vesicles]
        found = keyed((name, self.nodes.collected("vesicles", name)) for name in sources)
        return self._read("harvested", " + ".join(found), found)

    def _secreted(self) -> Node:
        unit, parts = self.units["secreted", None], []
        for name, step in self.nodes.steps.items():
            if "secreted" in step.outcome.monitors:
                lanes = self.nodes.monitor(name, "secreted")
                about = f"vesicles that the cells of {name} secrete"
                parts.append((name, self.nodes.of_model(f"{name}.secreted", name, lanes, unit, about)))
        found = keyed(parts)
        return self._read("secreted", " + ".join(found), found)

    def _per_cell(self) -> Node:
        parts = [("harvested", self._headline("harvested"))]
        for name, step in self.nodes.steps.items():
            if "cell_hours" in step.outcome.monitors:
                lanes = self.nodes.monitor(name, "cell_hours")
                about = f"integral of the viable cells of {name} while it is collected"
                node = self.nodes.of_model(f"{name}.cell_hours", name, lanes, "cell h", about)
                parts.append((f"cell hours {name}", node))
        found = keyed(parts)
        hours = " + ".join(list(found)[1:])
        return self._read("particles_per_cell_per_day", f"harvested / (({hours}) / 24)", found)

    def _duration(self) -> Node:
        parts = [((f"{name} wait", self._wait(name)), (name, self._hours(name))) for name in self.steps]
        found = keyed((key, node) for pair in parts for key, node in pair if node is not None)
        return self._read("batch_duration", " + ".join(found), found)

    def _wait(self, procedure: str) -> Node | None:
        """Return the planned wait before a procedure; None where there is none."""
        path = f"{procedure}.expected_hold"
        known = self.around.values.get(path, 0.0)
        return self.nodes.parameter(path) if known else None

    def _hours(self, procedure: str) -> Node | None:
        """Return the duration of a procedure as the sum of its phases; None where it takes no time."""
        lanes = self.around.lanes(lambda batch: batch.step(procedure).outcome.duration)
        if absent(lanes):
            return None
        phases = dict.fromkeys(phase.name for phase in self.nodes.steps[procedure].outcome.phases)
        parts = []
        for phase in phases:
            hours = self.around.lanes(lambda batch, phase=phase: _phase_hours(batch, procedure, phase))  # type: ignore[misc]
            if not absent(hours):
                name = f"{procedure}.phase: {phase}"
                about = f"phase {phase} of {procedure}"
                parts.append((phase, self.nodes.of_model(name, procedure, hours, "h", about)))
        terms = keyed(parts)
        name, about = f"{procedure}.duration", f"hours that {procedure} takes: the sum of its phases"
        return self.nodes.read(name, " + ".join(terms), terms, lanes, "h", about)

    # -- cells --------------------------------------------------------------------------------------------------------

    def _cells_started(self) -> Node:
        parts = []
        for name in self.steps:
            lanes = self.nodes.measured("viable_cells", lambda batch, name=name: batch.step(name).outcome.added)  # type: ignore[misc]
            if not absent(lanes):
                about = f"viable cells that enter with {name}"
                node = self.nodes.of_model(f"{name}.added.viable_cells", name, lanes, "cell", about)
                parts.append((name, node))
        found = keyed(parts)
        return self._read("cells_started", " + ".join(found) or "0", found)

    def _cells_harvested(self) -> Node:
        grown = last_expansion(self.around.batch.steps)
        if grown is None:
            return self._same("cells_harvested", self._headline("cells_started"))
        return self._same("cells_harvested", self.nodes.made("viable_cells", grown.procedure.id))

    # -- after each step ----------------------------------------------------------------------------------------------

    def _row_of(self, procedure: str) -> str:
        """Return the last row of the step table of a procedure, before its split."""
        lost = self.nodes.steps[procedure].outcome.losses.get(HARVEST_HOLD)
        return (
            procedure if lost is None or (self._species, f"{procedure}.hold") not in self.units else f"{procedure}.hold"
        )

    def _of_step(self, name: str, row: str) -> Node:
        if name in _RATIOS:
            above, below, about = _RATIOS[name]
            terms = {key: self._held(key, row) for key in (above, below)}
            return self._ratio(name, row, f"{above} / {below}", terms, about)
        if name == "purity_relative_to_ceiling":
            terms = {key: self._of_step(key, row) for key in ("evs_per_protein", "protein_ceiling")}
            return self._ratio(name, row, "evs_per_protein / protein_ceiling", terms, "purity over its ceiling")
        if name in ("recovery", "cumulative_yield"):
            return self._yield(name, row)
        if name == "duration":
            return self._row_hours(row)
        if name in MEASURES:
            return self._held(name, row)
        return self._other(name, row)

    def _ratio(self, name: str, row: str, formula: str, terms: Mapping[str, Node], about: str) -> Node:
        unit = self.units.get((name, row)) or self.units[name, None]
        lanes = self.around.lanes(lambda batch: _reading(batch, (name, row)))
        return self.nodes.read(f"{row}.{name}", formula, terms, lanes, unit, f"{about}, after {row}")

    def _held(self, measure: str, row: str) -> Node:
        """Return what the material of a row of the step table holds."""
        procedure, _, part = row.rpartition(".")
        if part == "hold" and procedure in self.nodes.steps:
            waited = self.nodes.measured(self._species, lambda batch: batch.step(procedure).waited)
            held = None if absent(waited) else self.nodes.entered(measure, procedure)
            return held or self.nodes.made(measure, procedure)
        if part == "split" and procedure in self.nodes.steps:
            return self._used(measure, procedure)
        return self.nodes.collected(measure, row)

    def _used(self, measure: str, procedure: str) -> Node:
        """Return what goes on after a split of which a part is waste."""
        split = self.nodes.steps[procedure].procedure.split
        whole, product = sum(split.values()), self.nodes.made(measure, procedure)
        share = self.nodes.constant(
            f"{procedure}.split.waste", split["waste"] / whole, "1", "share of the product that is waste"
        )
        unit, words, _ = MEASURES[measure]
        name = f"{procedure}.split.{measure}"
        terms = {"product": product, "waste": share}
        return self.nodes.formula(
            name, "product * (1 - waste)", terms, unit, f"{words} without the waste of {procedure}"
        )

    def _yield(self, name: str, row: str) -> Node:
        species = self._species
        held = self._held(species, row)
        if name == "cumulative_yield":
            start = self._headline("cells_harvested" if self.cells else "harvested")
            return self._ratio(name, row, "product / harvested", {"product": held, "harvested": start}, "yield so far")
        entered = self._entered(row)
        if entered is None:
            return self._ratio(name, row, "1", {}, "nothing is recovered where vesicles or cells come from")
        return self._ratio(name, row, "product / entered", {"product": held, "entered": entered}, "recovery")

    def _entered(self, row: str) -> Node | None:
        """Return what came into a row of the step table; None where the row is a source."""
        procedure, _, part = row.rpartition(".")
        if part in ("hold", "split") and procedure in self.nodes.steps:
            if part == "split":
                return self.nodes.made(self._species, procedure)
            waited = self.nodes.measured(self._species, lambda batch: batch.step(procedure).waited)
            fed = self.nodes.fed(self._species, procedure)
            return self.nodes.collected(self._species, procedure) if absent(waited) else fed
        grown = last_expansion(self.around.batch.steps) if self.cells else None
        if grown is not None and grown.procedure.id == row:
            return None
        return self.nodes.entered(self._species, row)

    def _row_hours(self, row: str) -> Node:
        procedure, _, part = row.rpartition(".")
        if part == "hold" and procedure in self.nodes.steps and (wait := self._wait(procedure)) is not None:
            return wait
        found = self._hours(row) if row in self.nodes.steps else None
        return found or self.nodes.constant(f"{row}.duration", 0.0, "h", "takes no time")

    def _other(self, name: str, row: str) -> Node:
        """Return what has no formula: a loss by its channel, a headroom."""
        procedure = row if row in self.nodes.steps else row.rpartition(".")[0]
        if name.startswith("loss: ") and row in self.nodes.steps:
            lost = self.nodes.loss(self._species, row, name.removeprefix("loss: "))
            if lost is not None and not self.cells:
                return lost
        lanes = self.around.lanes(lambda batch: _reading(batch, (name, row)))
        about = f"{self._species.replace('_', ' ')} lost in {row}" if name.startswith("loss: ") else name
        return self.nodes.of_model(f"{row}.{name}", procedure, lanes, self.units[name, row], about)

    # -- attributes ---------------------------------------------------------------------------------------------------

    def _attribute(self, name: str) -> Node:
        """Return an attribute as its assay reports it, without the scatter of a single result."""
        lanes = self.around.lanes(lambda batch: next(value for key, _, value in _reported(batch) if key == name))
        inputs = self.nodes.inputs(lanes, [], list(self.around.values))
        about = "as its assay reports it, without the scatter of a single result"
        return self.nodes.kept(Node(name, float(lanes[0]), self.units[name, None], about, inputs=inputs), lanes)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _reading(batch: Batch, key: Key) -> Lanes:
    """Return a reading of a batch; read once and kept with the batch."""
    found = batch.readings
    values = found.get(key)
    return np.full(batch.lanes, np.nan) if values is None else np.asarray(values)


def _phase_hours(batch: Batch, procedure: str, name: str) -> Lanes:
    hours = [np.asarray(p.duration) for p in batch.step(procedure).outcome.phases if p.name == name]
    return np.asarray(sum(hours, np.zeros(1)))


def _reported(batch: Batch) -> list[tuple[str, str, Lanes]]:
    noise = dict.fromkeys(batch.specification.assays, 0.0)
    found = attribute_results(batch.steps, batch.context, batch.specification, noise, batch.contents)
    return [(attribute.id, unit, np.asarray(values)) for attribute, unit, values in found]
