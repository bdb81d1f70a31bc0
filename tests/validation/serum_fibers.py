"""Section V: vesicles of serum on fibers, hydrophobic interaction: a method that is known by its figures only."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from case import Published, Row
from runs import DRAWS

from exosim.material import Material, total
from exosim.operations.base import standard_context
from exosim.operations.measured_step import MeasuredStep

_SAMPLE = 0.1  # mL of serum
_RECOVERED = 1e11  # particles per mL of serum


def rows() -> Iterator[Row]:
    """Yield the row of V13: nothing but its throughput can be scored, because no recovery is published."""
    recovered = Material(volume=_SAMPLE * 1e-3, vesicles=standard_context().secreted * (_RECOVERED * _SAMPLE))
    outcome = MeasuredStep(ev_recovery=1.0, step_time=0.25).transform(recovered)
    hourly = float(np.squeeze(total(outcome.product.vesicles) / outcome.duration))
    yield Row(
        "V13", "particles of serum on one column [particle/h]", "hic_serum_fibers", "1e11 per mL, 15 min",
        "0.1 mL of serum, the most that was used", Published("about 4e10", 4e10, 4e10), "25 %", "input",
        np.full(DRAWS, hourly), "throughput only: neither recovery nor removal of lipoproteins is published",
    )  # fmt: skip
