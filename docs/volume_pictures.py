"""What pelleting and filtering a batch take, from 1 L to 1000 L: the operations themselves, at each volume."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import exosim as xs
from exosim.material import Material
from exosim.operations.base import Hold, Outcome
from exosim.operations.conditioned_medium import ConditionedMedium
from exosim.operations.tangential_flow_filtration import TangentialFlowFiltration
from exosim.operations.ultracentrifugation import Ultracentrifugation
from exosim.parameter import Array, declared, parameter
from exosim.plots import VolumeCourse
from exosim.preset_catalog import presets
from exosim.units import parse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
VOLUMES: Floats = np.geomspace(1.0, 1000.0, 601)
SHOWN = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""The volumes of the table [L]."""
SHIFT = 8.0
WEEK = 168.0
LOST = 0.1
ROTORS = {
    "type_45_ti": "ultracentrifuge, Type 45 Ti (6 × 94 mL)",
    "sw_32_ti": "ultracentrifuge, SW 32 Ti (6 × 38.5 mL)",
}
FILTERED = "TFF, membrane for the volume"


@dataclass(frozen=True)
class Sizing:
    """How large a membrane is chosen for a volume."""

    load: Array = parameter(
        60.0, "L/m2", low=20, high=150, doc="feed per membrane area of one batch", source="general_knowledge"
    )


def hold_limit() -> float:
    """Return the hours in which conditioned medium at 4 degC loses a tenth of its 100 nm vesicles."""
    return -math.log(1.0 - LOST) / float(Hold().rate)


def pelleted(rotor: str, volumes: Floats) -> Outcome:
    """Return what becomes of batches of conditioned medium in one ultracentrifuge, pelleted and washed once."""
    raw: Mapping[str, Any] = presets("rotor")[rotor].parameters
    known = declared(Ultracentrifugation)
    values = {name: parse(given["value"], known[name].unit) for name, given in raw.items()}
    return Ultracentrifugation(**values).transform(_medium(volumes))


def filtered(volumes: Floats, load: float) -> Outcome:
    """Return what becomes of batches of conditioned medium on a membrane of `load` liters per square meter."""
    return TangentialFlowFiltration(membrane_area=volumes / load).transform(_medium(volumes))


def _medium(volumes: Floats) -> Material:
    return ConditionedMedium(volume=volumes).transform(Material()).product


def steps(volumes: Floats = VOLUMES) -> dict[str, VolumeCourse]:
    """Return hours and size of each step: runs of a rotor, square meters of a membrane."""
    found = {}
    for rotor, name in ROTORS.items():
        outcome = pelleted(rotor, volumes)
        found[name] = VolumeCourse(np.asarray(outcome.duration), np.asarray(outcome.monitors["runs"]))
    sizing = declared(Sizing)["load"]
    loads = (sizing.high, Sizing().load, sizing.low)
    hours = [np.asarray(filtered(volumes, float(load)).duration) for load in loads]
    areas = [volumes / load for load in loads]
    found[FILTERED] = VolumeCourse(hours[1], areas[1], np.stack([hours[2], hours[0]]), np.stack([areas[0], areas[2]]))
    return found


def table() -> str:
    """Return the numbers of the picture as Markdown."""
    volumes = np.array(SHOWN)
    large, small, membrane = steps(volumes).values()
    kept = 100.0 * np.exp(-float(Hold().rate) * large.hours)
    columns = (
        *("L", "runs, Type 45 Ti", "hours", "machines for a shift", "100 nm vesicles left at 4 °C"),
        *("runs, SW 32 Ti", "hours", "TFF, m²", "hours"),
    )
    lines = ["| " + " | ".join(columns) + " |", "|" + "--:|" * len(columns)]
    for lane, volume in enumerate(volumes):
        runs, hours = large.size[lane], large.hours[lane]
        cells = (
            *(
                f"{volume:,.0f}",
                f"{runs:,.0f}",
                f"{hours:,.0f}",
                f"{math.ceil(hours / SHIFT):,}",
                f"{kept[lane]:.0f} %",
            ),
            *(f"{small.size[lane]:,.0f}", f"{small.hours[lane]:,.0f}"),
            *(f"{membrane.size[lane]:.2g}", f"{membrane.hours[lane]:.1f}"),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def drawn(_: int | None = None) -> Iterator[tuple[str, Axes]]:
    """Yield the picture by the name of its file."""
    work = float(Ultracentrifugation().turnaround) + float(Ultracentrifugation().spin_time)
    held = hold_limit()
    hours = {
        "a shift, 8 h": SHIFT,
        f"{LOST * 100:.0f} % lost waiting at 4 °C, {held:.0f} h": held,
        "a week, 168 h": WEEK,
    }
    most = {"a shift": math.floor(SHIFT / work), "a week": math.floor(WEEK / work)}
    loads = {f"runs in {span}: {count}": float(count) for span, count in most.items()}
    draw: Callable[..., tuple[Axes, Axes]] = xs.plots.over_volume
    yield "over_volume", draw(VOLUMES, steps(), hours, loads, "runs of the rotor; membrane [m²]")[0]
