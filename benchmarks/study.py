"""A sweep of the reference scenario: lanes for each second, peak memory, and what a second process saves."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from pairs import PROCESSOR, interleaved

import exosim as xs
from exosim.scenario import Scenario
from exosim.study.answers import Asked, Condition, Met, Of
from exosim.study.designs import latin_hypercube
from exosim.study.kernel_model import KernelModel, kernel_model
from exosim.study.reading import read_factors
from exosim.study.respond import Answers, respond

REFERENCE = Path(__file__).parent.parent / "scenarios" / "msc_hollow_fiber.toml"
FACTORS = {"concentrate.flux": "15..40 L/m2/h", "culture.secretion_rate": "log 3e3..3e4 EV/cell/d"}
ASKED: tuple[Asked, ...] = (
    Of("doses"),
    Of("doses", "p5"),
    Of("doses", "p95"),
    Met((Condition("doses", ">=", 500.0, "dose"), Condition("purity_relative_to_ceiling", ">=", 0.5))),
)
DRAWS, POINTS, FEW = 1_000, 1_000, 100
_ROUNDS = 3  # each takes many seconds
_IN_A_FRESH_PROCESS = """
import json, sys
from pathlib import Path
import study

study.swept(study.model(), int(sys.argv[1]))
status = Path("/proc/self/status")
if status.exists():  # the peak of this program alone; the other counts that of the one before it as well
    peak = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
else:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
print(json.dumps(peak))
"""


def model(scenario: Scenario | None = None) -> KernelModel:
    """Return the reference scenario with two factors."""
    own = xs.load(REFERENCE) if scenario is None else scenario
    return kernel_model(own, read_factors(own, FACTORS), ["doses", "purity_relative_to_ceiling"], DRAWS)


def swept(asked: KernelModel, points: int, jobs: int = 1) -> Answers:
    """Return median, 5 and 95 % of the doses and a probability at points of a Latin hypercube."""
    return respond(asked, latin_hypercube(asked.factors, points, 1), ASKED, jobs=jobs)


def peak(points: int) -> float:
    """Return the most memory of a process that asks at so many points [MiB]."""
    command = [sys.executable, "-c", _IN_A_FRESH_PROCESS, str(points)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
    return float(json.loads(done.stdout))


def of_time(asked: KernelModel) -> dict[str, float]:
    """Return the time of a million lanes, and how it compares with as many draws of one scenario."""
    one = interleaved(
        lambda: swept(asked, FEW),
        lambda: xs.evaluate(asked.scenario, FEW * DRAWS),
        rounds=_ROUNDS,
        clock=PROCESSOR,
    )
    both = interleaved(lambda: swept(asked, POINTS), lambda: swept(asked, POINTS, jobs=2), rounds=_ROUNDS)
    return {
        "study_lanes_per_second": FEW * DRAWS / one.best(0),
        "study_vs_evaluate": one.ratio(0, 1),
        "study_seconds": both.best(1),
        "study_two_process_speedup": both.ratio(0, 1),
    }


def of_memory() -> dict[str, float]:
    """Return the peak memory of a million lanes over that of a tenth."""
    few, many = peak(FEW), peak(POINTS)
    return {"study_rss_ratio": many / few, "study_rss_mebibytes": many}


def figures() -> dict[str, float]:
    """Return what studies of the yield kernel cost."""
    return of_time(model()) | of_memory()
