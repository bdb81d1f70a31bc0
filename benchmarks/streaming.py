"""Runs of many draws: peak memory, what a second process saves, and what the running totals cost."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pairs import interleaved

import exosim as xs
from exosim.collecting import TILE, show
from exosim.sampling import FLAT, SampleBlock
from exosim.scenario import Scenario
from exosim.totals import Totals

REFERENCE = Path(__file__).parent.parent / "scenarios" / "msc_hollow_fiber.toml"
MANY, FEW, SHARED = 10_000_000, 100_000, 4_000_000
_FEW_ROUNDS = 3  # each takes many seconds
KEEP = 16_384
"""Draws that are kept on both sides of the ratio of memory: those of a run are nothing that grows."""
_IN_A_FRESH_PROCESS = """
import json, resource, sys, time
from pathlib import Path
import exosim as xs

scenario, draws, keep = xs.load(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
started = time.perf_counter()
yields = xs.evaluate(scenario, draws, keep=keep)
told = list(yields.quantities()), yields.limits(), yields.in_specification(), yields.bounds()
seconds = time.perf_counter() - started
status = Path("/proc/self/status")
if status.exists():  # the peak of this program alone; the other counts that of the one before it as well
    peak = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
print(json.dumps({"seconds": seconds, "peak": peak}))
"""


@dataclass(frozen=True)
class Cost:
    """What a run took.

    Attributes
    ----------
    seconds : for drawing, computing and summing up
    peak : memory of the whole process at its largest [MiB]
    """

    seconds: float
    peak: float


def measured(draws: int, keep: int | None = None) -> Cost:
    """Run the reference scenario in a process of its own."""
    command = [sys.executable, "-c", _IN_A_FRESH_PROCESS, str(REFERENCE), str(draws), json.dumps(keep)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Cost(**json.loads(done.stdout))


def of_memory() -> dict[str, float]:
    """Return the peak memory at many draws, over that at few."""
    few, many = measured(FEW, KEEP), measured(MANY, KEEP)
    return {"rss_ratio": many.peak / few.peak, "rss_mebibytes": many.peak}


def of_processes(scenario: Scenario) -> dict[str, float]:
    """Return how much faster two processes are than one, their start included."""
    rounds = interleaved(
        lambda: xs.evaluate(scenario, SHARED, keep=KEEP),
        lambda: xs.evaluate(scenario, SHARED, keep=KEEP, jobs=2),
        rounds=_FEW_ROUNDS,
    )
    return {"two_process_speedup": rounds.ratio(0, 1)}


def of_totals(scenario: Scenario) -> dict[str, float]:
    """Return what it takes to sum up all quantities of a draw."""
    shown, totals = show(scenario, SampleBlock(scenario.seed, 0, TILE, FLAT)).shown, Totals()
    rounds = interleaved(lambda: totals.add(shown, TILE), rounds=100)
    return {"totals_ns_per_lane": 1e9 * rounds.best(0) / TILE}


def figures() -> dict[str, float]:
    """Return what runs of many draws cost."""
    scenario = xs.load(REFERENCE)
    return of_memory() | of_processes(scenario) | of_totals(scenario)
