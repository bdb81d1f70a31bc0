"""Where the vesicles of one lot went: by step and channel, from what was made to what is in the vials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exosim.kernel import Step
from exosim.material import Material, total
from exosim.parameter import Array
from exosim.recipe import PRODUCT, REMAINDER, WASTE

_ROUNDING = 1e-12
"""Share of what was made below which an amount is rounding."""
HOLD, LATE, UNKNOWN = "hold", "waited longer than planned", "unexplained"


@dataclass(frozen=True, slots=True)
class Loss:
    """Where a part of what was made went.

    Attributes
    ----------
    place : step of the recipe
    channel : how it was lost, or where it is
    amount : vesicles, or viable cells where cells are the product
    cause : id of what the lot waited for longer than planned, of :data:`exosim.attribution.causes.CAUSES`; else empty
    kept : whether it is in vials for use
    """

    place: str
    channel: str
    amount: float
    cause: str = ""
    kept: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the loss as it stands in JSON."""
        return {
            "step": self.place, "channel": self.channel, "amount": self.amount, "cause": self.cause or None,
            "kept": self.kept,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class LotEnd:
    """How far a lot came.

    Attributes
    ----------
    left : what became of all that had not been lost before, such as ``rejected: contamination``; empty for a good lot
    steps : how many steps its last pass completed; None for all of them
    as_planned : whether a step that makes vesicles counts although it was not completed, with all that it would have
        made: the lot was rejected there
    """

    left: str = ""
    steps: int | None = None
    as_planned: bool = False


def lot_losses(
    passes: Sequence[Sequence[Step]], species: str, end: LotEnd, waited_for: Mapping[str, Mapping[str, float]]
) -> tuple[Loss, ...]:
    """Return where everything of a lot went: the amounts add up to what was made of it.

    Parameters
    ----------
    passes : the steps as they ran; each rework begins another pass
    species : what is counted: ``vesicles`` or ``viable_cells``
    end : how far it came
    waited_for : by step, hours of each cause for which it waited before
    """
    fold = _Fold(species, waited_for)
    for number, steps in enumerate(passes):
        last = number + 1 == len(passes)
        done = _completed(steps, end) if last else steps
        if number:
            fold.return_product(passes[number - 1][-1], done[0].procedure.feeds if done else ())
        for step in done:
            fold.add(step)
    found = [*fold.losses, *fold.rest(passes[-1], end)]
    made = sum(loss.amount for loss in found)
    return tuple(loss for loss in found if abs(loss.amount) > _ROUNDING * made)


def _completed(steps: Sequence[Step], end: LotEnd) -> Sequence[Step]:
    """Return the steps of the last pass that count."""
    if end.steps is None:
        return steps
    more = end.as_planned and end.steps < len(steps) and steps[end.steps].procedure.operation.makes_vesicles
    return steps[: end.steps + more]


class _Fold:
    """Running sums over the steps of one lot; lives only inside :func:`lot_losses`."""

    def __init__(self, species: str, waited_for: Mapping[str, Mapping[str, float]]) -> None:
        self._species, self._waited_for = species, waited_for
        self.losses: list[Loss] = []
        self._open: dict[str, float] = {}
        self._returned = 0.0

    def _amount(self, material: Material) -> float:
        return amount_of(total(getattr(material, self._species)))

    def return_product(self, step: Step, feeds: Sequence[str]) -> None:
        """Let the product of a step enter an earlier one."""
        names = [f"{step.procedure.id}.{part}" for part in (step.procedure.split or (PRODUCT,))]
        self._returned = sum(self._open.pop(name, 0.0) for name in names if not name.endswith(f".{WASTE}"))

    def add(self, step: Step) -> None:
        """Count what one step lost, and what it handed on."""
        procedure, outcome, name = step.procedure, step.outcome, step.procedure.id
        taken = self._returned + sum(self._open.pop(feed, 0.0) for feed in procedure.feeds)
        self._returned = 0.0
        held, lost = self._amount(step.held), self._amount(step.waited)
        self._note(name, UNKNOWN, taken - held - lost)
        self._wait(step, lost)
        for channel, material in outcome.losses.items():
            self._note(name, channel, self._amount(material))
        for stream, material in procedure.streams(outcome).items():
            self._open[stream] = self._open.get(stream, 0.0) + self._amount(material)

    def _wait(self, step: Step, lost: float) -> None:
        """Count what the wait before a step took: as planned, and beyond by what the lot waited for."""
        procedure, name = step.procedure, step.procedure.id
        planned = lost
        if procedure.hold is not None and lost > 0.0 and self._waited_for.get(name):
            sizes = procedure.operation.context.sizes
            _, expected = procedure.hold.apply(step.held + step.waited, procedure.expected_hold, sizes)
            planned = min(self._amount(expected), lost)
        self._note(name, HOLD, planned)
        causes = self._waited_for.get(name, {})
        hours = sum(causes.values())
        for cause, own in causes.items():
            self._note(name, LATE, (lost - planned) * own / hours, cause)

    def _note(self, place: str, channel: str, amount: float, cause: str = "") -> None:
        self.losses.append(Loss(place, channel, amount, cause))

    def rest(self, steps: Sequence[Step], end: LotEnd) -> Iterator[Loss]:
        """Yield where that is which was not lost on the way."""
        last = steps[-1].procedure.id if steps else ""
        for stream, amount in self._open.items():
            place, _, part = stream.partition(".")
            if part == REMAINDER:
                yield Loss(place, "left in the vessel", amount)
            elif part == WASTE:
                yield Loss(place, WASTE, amount)
            elif end.left:
                yield Loss(place, end.left, amount)
            elif place != last:
                yield Loss(place, f"leaves as {part}", amount)
            else:
                yield from self._vials(steps, place, amount)

    def _vials(self, steps: Sequence[Step], place: str, amount: float) -> Iterator[Loss]:
        """Yield what is in vials for use, and in those that are kept back."""
        counts = next((s.outcome.monitors for s in reversed(steps) if "retained" in s.outcome.monitors), {})
        accepted = amount_of(counts.get("accepted", 0.0))
        kept_back = amount_of(counts.get("retained", 0.0)) / accepted if accepted else 0.0
        yield Loss(place, "vials kept back for tests and retain", amount * kept_back)
        yield Loss(place, "in vials" if counts else "in the product", amount * (1.0 - kept_back), kept=True)


def amount_of(value: Array) -> float:
    """Return the one number of an array of one lane."""
    return float(np.squeeze(value))
