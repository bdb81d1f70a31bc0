"""The nodes of a formula tree of one batch: parameters, what models give, and balances of materials step by step.

A balance is exact: what a step hands on is what entered it, what was added and generated, without its losses by channel
and what stays behind. It holds for all that is a sum over the content of a material: vesicles, volume, protein.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import numpy as np

from exosim import units
from exosim.cargo_contents import cargo
from exosim.composition import Contents, total_dna
from exosim.description import equations_of, summary
from exosim.formula import evaluate, keyed, symbols
from exosim.formula_tree import Input, Model, Node
from exosim.influence import Batch, Lanes, Neighborhood
from exosim.material import Material, times
from exosim.operations.base import HARVEST_HOLD, ClosedForm, Outcome
from exosim.parameter import Array
from exosim.recipe import PRODUCT, REMAINDER
from exosim.vocabulary import DoseKind

Measure: TypeAlias = Callable[[Contents, Material], Array]
MEASURES: Mapping[str, tuple[str, str, Measure]] = {
    "vesicles": ("EV", "vesicles", lambda contents, material: contents.vesicles(material)),
    "volume": ("mL", "volume", lambda _, material: times(material.volume, 1e3)),
    "particles": ("particle", "particles as the instrument counts them", lambda c, material: c.particles(material)),
    "protein": ("ug", "protein: soluble, bound and of the vesicles", lambda c, material: c.protein(material)),
    "own_protein": ("ug", "protein of the vesicles themselves", lambda c, material: c.own_protein(material)),
    "lipoproteins": ("particle", "lipoprotein particles", lambda c, material: c.total(material.lipoproteins)),
    "nonvesicular": ("particle", "other particles that are no vesicles", lambda c, m: c.total(m.nonvesicular)),
    "soluble_protein": ("ug", "soluble protein", lambda contents, material: contents.total(material.protein)),
    "dna": ("ng", "free and bound DNA", lambda _, material: total_dna(material)),
    "viable_cells": ("cell", "viable cells", lambda _, material: material.viable_cells),
    "dosed_protein": ("ug", "protein as the assay of the dose reports it", lambda c, material: c.doses(material, "ug")),
    "cell_equivalents": ("cell_equivalent", "cells whose medium it is", lambda _, material: material.cell_equivalents),
    "mhc_ii": ("molecule", "MHC class II molecules", lambda c, material: c.doses(material, "molecule")),
    "vials": ("vial", "accepted vials", lambda _, material: material.vials),
    "retained_vials": ("vial", "vials that are retained", lambda _, material: material.retained_vials),
    "potency": ("EV", "vesicles weighted with their relative potency", lambda _, material: material.potency),
    "cargo": ("mol", "cargo in or on vesicles", lambda _, material: cargo("loaded", material)),
    "apparent_cargo": ("mol", "cargo and its aggregates", lambda _, material: cargo("retained", material)),
}
"""What a material holds, with unit and words; each is a sum, so that a balance of it is exact."""
COUNTED: Mapping[DoseKind, str] = {
    "EV": "vesicles",
    "particle": "particles",
    "cell": "viable_cells",
    "ug": "dosed_protein",
    "cell_equivalent": "cell_equivalents",
    "molecule": "mhc_ii",
}
"""The measure of what a dose counts."""
_LEAST = 1e-12


class BatchNodes:
    """Makes the nodes of one batch; each is made once.

    Attributes
    ----------
    around : the batch at typical values and its neighborhood
    """

    def __init__(self, around: Neighborhood, ledger: Mapping[str, Input]) -> None:
        self.around, self._ledger = around, ledger
        self._nodes: dict[str, Node] = {}
        self._lanes: dict[str, Lanes] = {}
        self.steps = {step.procedure.id: step for step in around.batch.steps}

    def lanes(self, name: str) -> Lanes:
        """Return a node on all lanes of the neighborhood."""
        return self._lanes[name]

    def kept(self, node: Node, lanes: Lanes) -> Node:
        """Return the node of that name, which is this one unless there is one already."""
        self._lanes.setdefault(node.name, lanes)
        return self._nodes.setdefault(node.name, node)

    def known(self, name: str) -> Node | None:
        """Return a node that was made before."""
        return self._nodes.get(name)

    def constant(self, name: str, value: float, unit: str, about: str) -> Node:
        """Return a leaf that the scenario decides."""
        around = np.full(sum(batch.lanes for batch in self.around.batches), value)
        given = Input(name, value, unit, units.show(value, "1"), value, value, about, "scenario", "plan", "plan")
        return self.kept(Node(name, value, unit, about, parameter=given), around)

    def parameter(self, path: str) -> Node:
        """Return the leaf of a parameter."""
        given = self._ledger[path]
        return self.kept(
            Node(path, given.value, given.unit, given.about, parameter=given), self.around.of_parameter(path)
        )

    def formula(self, name: str, formula: str, children: Mapping[str, Node], unit: str, about: str) -> Node:
        """Return a node whose value is that of its formula."""
        used = {key: children[key] for key in symbols(formula)}
        lanes = evaluate(formula, {key: self._lanes[child.name] for key, child in used.items()})
        lanes = np.broadcast_to(np.asarray(lanes, dtype=np.float64), (sum(b.lanes for b in self.around.batches),))
        return self.kept(Node(name, float(lanes[0]), unit, about, formula, used), lanes)

    def read(self, name: str, formula: str, children: Mapping[str, Node], lanes: Lanes, unit: str, about: str) -> Node:
        """Return a node whose value was read from the batch and is that of its formula, too."""
        used = {key: children[key] for key in symbols(formula)}
        return self.kept(Node(name, float(lanes[0]), unit, about, formula, used), lanes)

    def of_model(self, name: str, procedure: str, lanes: Lanes, unit: str, about: str) -> Node:
        """Return a leaf that the model of a procedure gives, with the parameters of the procedure as its inputs."""
        operation = type(self.steps[procedure].procedure.operation)
        told = Model(self._operation_name(procedure), summary(operation), tuple(equations_of(operation)))
        own = [path for path in self.around.values if path.startswith(f"{procedure}.")]
        shared = [path for path in self.around.values if path.startswith(("product.", "assay."))]
        inputs = self.inputs(lanes, own, shared)
        return self.kept(Node(name, float(lanes[0]), unit, about, model=told, inputs=inputs), lanes)

    def inputs(self, lanes: Lanes, own: list[str], others: list[str]) -> tuple[Input, ...]:
        """Return parameters as inputs of what has these lanes, by influence; of others, those that have any."""
        found = self.around.influences(lanes)
        matter = [path for path in others if abs(found.get(path, 0.0)) > _LEAST]
        chosen = [self._ledger[path].with_influence(found.get(path)) for path in (*own, *matter)]
        return tuple(sorted(chosen, key=lambda one: -abs(one.influence or 0.0)))

    def _operation_name(self, procedure: str) -> str:
        tables = self.around.scenario.data["unit_procedure"]
        return next(str(table["operation"]) for table in tables if table["id"] == procedure)

    # -- balances -----------------------------------------------------------------------------------------------------

    def measured(self, measure: str, read: Callable[[Batch], Material]) -> Lanes:
        """Return what a material of the batch holds, on all lanes."""
        _, _, of = MEASURES[measure]
        return self.around.lanes(lambda batch: of(batch.contents, read(batch)))

    def made(self, measure: str, procedure: str) -> Node:
        """Return what a step hands on, after its harvests waited for their pool."""
        before = self.collected(measure, procedure)
        lost = self.loss(measure, procedure, HARVEST_HOLD)
        if lost is None:
            return before
        unit, words, _ = MEASURES[measure]
        lanes = self.measured(measure, lambda batch: batch.step(procedure).outcome.product)
        terms = {"collected": before, "harvest_hold": lost}
        about = f"{words} after the harvests of {procedure} waited for their pool"
        return self.read(f"{procedure}.hold.{measure}", "collected - harvest_hold", terms, lanes, unit, about)

    def collected(self, measure: str, procedure: str) -> Node:
        """Return what a step makes: what entered, was added and generated, without losses and what stays behind."""
        name = f"{procedure}.{measure}"
        if (found := self.known(name)) is not None:
            return found
        unit, words, _ = MEASURES[measure]
        terms = keyed(self._terms(measure, procedure))
        lanes = self.measured(measure, lambda batch: collected(batch.step(procedure).outcome))
        gains = [key for key in terms if key in ("entered", "added", "generated")]
        taken = [key for key in terms if key not in gains]
        formula = " + ".join(gains or ["0"]) + "".join(f" - {key}" for key in taken)
        return self.read(name, formula, terms, lanes, unit, f"{words} after {procedure}")

    def _terms(self, measure: str, procedure: str) -> Iterator[tuple[str, Node]]:
        yield from self._gains(measure, procedure)
        for channel in self.steps[procedure].outcome.losses:
            lost = None if channel == HARVEST_HOLD else self.loss(measure, procedure, channel)
            if lost is not None:
                yield f"lost {channel}", lost
        left = self._leaf(measure, procedure, REMAINDER, lambda o: o.remainder, "stays behind in the vessel")
        if left is not None:
            yield "stays_behind", left

    def _gains(self, measure: str, procedure: str) -> Iterator[tuple[str, Node]]:
        """Yield what comes into a vessel: what enters, what is added and what is made."""
        entered = self.entered(measure, procedure)
        if entered is not None:
            yield "entered", entered
        for key, about in (("added", "comes in besides the feed"), ("generated", "is made")):
            node = self._leaf(measure, procedure, key, lambda o, key=key: getattr(o, key), about)  # type: ignore[misc]
            if node is not None:
                yield key, node

    def loss(self, measure: str, procedure: str, channel: str) -> Node | None:
        """Return what a loss channel takes; None where it takes nothing."""
        forms = self.steps[procedure].procedure.operation.closed_forms()
        of_all = measure == "vesicles"
        shares = (key for key, form in forms.items() if form.channel == channel and (of_all or not form.of_vesicles))
        share = next(shares, None)
        if share is not None:
            return self._shared_loss(measure, procedure, channel, share)
        of: Callable[[Outcome], Material] = lambda outcome: outcome.losses.get(channel, Material())  # noqa: E731
        return self._leaf(measure, procedure, f"loss: {channel}", of, f"is lost to {channel}")

    def _shared_loss(self, measure: str, procedure: str, channel: str, share: str) -> Node | None:
        """Return a loss that takes a share of all that is in the vessel, whatever is measured of it."""
        name = f"{procedure}.loss: {channel}" + ("" if measure == "vesicles" else f".{measure}")
        if (found := self.known(name)) is not None:
            return found
        unit, words, _ = MEASURES[measure]
        lanes = self.measured(measure, lambda batch: batch.step(procedure).outcome.losses.get(channel, Material()))
        if absent(lanes):
            return None
        terms = dict(self._gains(measure, procedure))
        formula = f"({' + '.join(terms)}) * share" if len(terms) > 1 else f"{''.join(terms)} * share"
        terms["share"] = self.closed(procedure, share)
        return self.read(name, formula, terms, lanes, unit, f"{words}: what is lost to {channel}")

    def _leaf(
        self, measure: str, procedure: str, what: str, of: Callable[[Outcome], Material], about: str
    ) -> Node | None:
        """Return what one stream of a step holds; None where it holds nothing."""
        tail = "" if measure == "vesicles" and what.startswith("loss: ") else f".{measure}"
        name = f"{procedure}.{what}{tail}"
        if (found := self.known(name)) is not None:
            return found
        lanes = self.measured(measure, lambda batch: of(batch.step(procedure).outcome))
        unit, words, _ = MEASURES[measure]
        return None if absent(lanes) else self.of_model(name, procedure, lanes, unit, f"{words}: what {about}")

    # -- what enters --------------------------------------------------------------------------------------------------

    def fed(self, measure: str, procedure: str) -> Node | None:
        """Return what the streams bring that feed a procedure; None where nothing does."""
        feeds = self.steps[procedure].procedure.feeds
        parts = ((stream, self._stream(measure, stream)) for stream in feeds)
        found = keyed((stream, node) for stream, node in parts if node is not None)
        if len(found) < 2:
            return next(iter(found.values()), None)
        unit, words, _ = MEASURES[measure]
        return self.formula(f"{procedure}.feed.{measure}", " + ".join(found), found, unit, f"{words} of all feeds")

    def entered(self, measure: str, procedure: str) -> Node | None:
        """Return what enters a procedure after its planned wait."""
        fed = self.fed(measure, procedure)
        name = f"{procedure}.hold.{measure}"
        if fed is None or (found := self.known(name)) is not None:
            return fed if fed is None else found
        unit, words, _ = MEASURES[measure]
        lost = self.measured(measure, lambda batch: batch.step(procedure).waited)
        if absent(lost):
            return fed
        tail = "" if measure == "vesicles" else f".{measure}"
        leaf = self._of_hold(f"{procedure}.hold.loss: hold{tail}", procedure, lost, unit, f"{words} lost in the wait")
        lanes = self.measured(measure, lambda batch: batch.step(procedure).held)
        return self.read(name, "fed - lost", {"fed": fed, "lost": leaf}, lanes, unit, f"{words} after the wait")

    def _of_hold(self, name: str, procedure: str, lanes: Lanes, unit: str, about: str) -> Node:
        own = [path for path in self.around.values if path.startswith(f"{procedure}.hold.")]
        own += [path for path in (f"{procedure}.expected_hold",) if path in self.around.values]
        inputs = self.inputs(lanes, own, [])
        told = Model("hold", "first-order loss while a material waits", ("holding",))
        return self.kept(Node(name, float(lanes[0]), unit, about, model=told, inputs=inputs), lanes)

    def _stream(self, measure: str, stream: str) -> Node | None:
        maker, _, name = stream.partition(".")
        unit, words, _ = MEASURES[measure]
        if name == REMAINDER:
            about = "stays behind and goes on from there"
            return self._leaf(measure, maker, REMAINDER, lambda outcome: outcome.remainder, about)
        made = self.made(measure, maker)
        if made.value == 0.0:
            return None
        split = self.steps[maker].procedure.split
        if name == PRODUCT and not split:
            return made
        share = self.constant(f"{maker}.split.{name}", split[name] / sum(split.values()), "1", "share of the product")
        lanes = self.lanes(made.name) * self.lanes(share.name)
        terms = {"product": made, "share": share}
        return self.read(
            f"{stream}.{measure}", "product * share", terms, lanes, unit, f"{words} of the stream {stream}"
        )

    # -- closed forms -------------------------------------------------------------------------------------------------

    def closed(self, procedure: str, key: str) -> Node:
        """Return a number of an operation that it gives as a formula."""
        name = f"{procedure}.{key}"
        if (found := self.known(name)) is not None:
            return found
        operation = self.steps[procedure].procedure.operation
        form = operation.closed_forms()[key]
        children = {name: self._term(procedure, name) for name in symbols(form.formula)}
        if not form.monitor:
            return self.formula(name, form.formula, children, form.unit, form.about)
        return self.read(name, form.formula, children, self.monitor(procedure, form.monitor), form.unit, form.about)

    def monitor(self, procedure: str, name: str) -> Lanes:
        """Return a monitor of a procedure on all lanes; where there are several visits, their sum."""
        return self.around.lanes(lambda batch: summed(batch.step(procedure).outcome.monitors[name], batch.lanes))

    def reported(self, procedure: str, monitor: str, unit: str, about: str) -> Node:
        """Return a monitor: by its closed form, or as its model gives it."""
        forms: Mapping[str, ClosedForm] = self.steps[procedure].procedure.operation.closed_forms()
        for key, form in forms.items():
            if form.monitor == monitor:
                return self.closed(procedure, key)
        return self.of_model(f"{procedure}.{monitor}", procedure, self.monitor(procedure, monitor), unit, about)

    def _term(self, procedure: str, name: str) -> Node:
        kind = self.steps[procedure].procedure.operation.context.dose_kind  # of a companion, where it is filled there
        entered = {"entered_volume": "volume", "entered_content": COUNTED[kind]}
        if name in entered:
            unit, words, _ = MEASURES[entered[name]]
            found = self.entered(entered[name], procedure)
            return found or self.constant(f"{procedure}.{name}", 0.0, unit, words)
        forms = self.steps[procedure].procedure.operation.closed_forms()
        return self.closed(procedure, name) if name in forms else self.parameter(f"{procedure}.{name}")


def collected(outcome: Outcome) -> Material:
    """Return the product before what it lost while it waited for its pool."""
    return outcome.product + outcome.losses.get(HARVEST_HOLD, Material())


def absent(lanes: Lanes) -> bool:
    """Return whether there is nothing, whatever the parameters."""
    return bool(np.all(np.nan_to_num(lanes) == 0.0))


def summed(values: Array, lanes: int) -> Array:
    """Return a monitor on the lanes; the visits of a culture stand on the first axis and are added up."""
    array = np.asarray(values, dtype=np.float64)
    return (
        np.asarray(array.sum(axis=0))
        if array.ndim == 2 or (array.ndim == 1 and array.size not in (1, lanes))
        else array
    )
