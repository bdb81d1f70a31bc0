"""What of an assay can be read but cannot be: an attribute about what its method cannot read, a window upside down."""

from __future__ import annotations

from collections.abc import Mapping

from exosim.assay import Reads
from exosim.assay_methods import Method, methods
from exosim.declarations import Block
from exosim.errors import Problem
from exosim.quality import MARKERS, Measure
from exosim.units import show

_TELLING: Mapping[str, tuple[Reads, ...]] = {
    "particles": ("particles",),
    "vesicles": ("particles", "marker"),
    "protein": ("protein",),
    "dna": ("dna",),
    "endotoxin": ("endotoxin",),
    "potency": ("potency",),
    **dict.fromkeys(MARKERS, ("particles", "marker")),
}
"""What an assay may read to tell something; of what does not stand here, any may: cargo is protein or nucleic acid."""


def unfit_method(measure: Measure, name: str, method: Method) -> Problem | None:
    """Return what is wrong where an attribute is about what the method of its assay does not read."""
    fitting = _TELLING.get("protein" if measure.bottom == "protein" else measure.top)
    if fitting is None or method.reads in fitting:
        return None
    suited = ", ".join(key for key, other in methods().items() if other.reads in fitting)
    hint = " (particles are counted by product.instrument)" if measure.bottom == "protein" else ""
    problem = f"{name} is told by an assay of {' or '.join(fitting)}{hint}, and {method.key} reads {method.reads}"
    return Problem(problem, expected=f"an assay without a method, or by {suited}")


def window_problem(block: Block) -> Problem | None:
    """Return what is wrong where the lower end of the linear window lies above the upper one."""
    ends = ("window_low", "window_high")
    if not set(ends) <= set(block.given):
        return None
    low, high = (block.typical(end) for end in ends)
    if low < high:
        return None
    return Problem("is not below window_high", got=f"{show(low, '1')} and {show(high, '1')} particle/mL")


def idle(reads: Reads, *, cells: bool, endotoxin: bool) -> str:
    """Return why an assay has nothing to read in any sample; empty where it has something.

    Parameters
    ----------
    reads : what it reads
    cells : whether the product is cells
    endotoxin : whether the scenario says how much of it the lots hold
    """
    if cells:
        return "the product is cells"
    if not reads:
        return "it has no method, and no [[attribute]] tells what it reads"
    return "" if reads != "endotoxin" or endotoxin else "product.lot.endotoxin is not given"
