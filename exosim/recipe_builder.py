"""The procedures of a recipe: the declarations of a scenario with the values of its lanes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from exosim.culture.stimulus import Stimulus
from exosim.declarations import Block, Declarations, ProcedureDeclaration
from exosim.operations.base import Context, Hold
from exosim.parameter import Array
from exosim.recipe import UnitProcedure, Wait
from exosim.shared_run import SharedRun, SharedRunNumbers


def procedures_of(declared: Declarations, values: Mapping[str, Array], context: Context) -> tuple[UnitProcedure, ...]:
    """Return the procedures in order; what fills the companion counts contents like the doses of that."""
    companion = declared.companion
    own = {} if companion is None else {companion.after: replace(context, dose_kind=companion.dose.kind)}
    return tuple(procedure_of(one, values, own.get(one.id, context)) for one in declared.procedures)


def procedure_of(declared: ProcedureDeclaration, values: Mapping[str, Array], context: Context) -> UnitProcedure:
    """Return a procedure with the given parameter values; what is not given has its default."""
    arguments = dict(declared.operation.pick(values))
    if declared.harvest_hold is not None:
        arguments["harvest_hold"] = Hold(**declared.harvest_hold.pick(values))
    if declared.stimuli:
        arguments["stimuli"] = tuple(Stimulus(acts_on=on, **block.pick(values)) for block, on in declared.stimuli)
    wait = Wait(**declared.wait.pick(values))
    hold = Hold(**declared.hold.pick(values)) if declared.hold is not None else None
    split = declared.split.pick(values) if declared.split is not None else {}
    return UnitProcedure(
        declared.id,
        declared.operation.owner(context=context, **arguments),
        declared.feeds,
        hold,
        wait.expected_hold,
        declared.longest_hold,
        declared.unit,
        declared.operator,
        declared.breach,
        declared.waits_in,
        declared.utilities,
        declared.when_too_large,
        split,
        None if declared.shared_run is None else _shared_run(declared.shared_run, values),
    )


def _shared_run(declared: Block, values: Mapping[str, Array]) -> SharedRun:
    numbers = SharedRunNumbers(**declared.pick(values))
    return SharedRun(round(numbers.places), round(numbers.controls), numbers.longest_wait, numbers.every)
