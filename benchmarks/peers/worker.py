"""Run an example of another simulator as often as asked, in the peers' own environment.

The first line written tells the packages; each line read is a number of evaluations, each line written then the
seconds they took. An evaluation is what its users write: set an input, ``system.simulate()``.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import cycle

Evaluation = Callable[[float], object]
SHARES = (0.95, 1.02, 0.98, 1.05, 1.0, 0.97, 1.03)
"""The input over its usual value, in turn."""


def biosteam_recycle() -> Evaluation:
    """Return the example of BioSTEAM's first tutorial: mixer, flash, and a splitter that returns half of the liquid."""
    import biosteam as bst

    bst.settings.set_thermo(["Water", "Methanol"])
    feed = bst.Stream("feed", Water=50, Methanol=20)
    mixer, flash = bst.Mixer("mixer"), bst.Flash("flash", V=0.1, P=101325)
    splitter = bst.Splitter("splitter", outs=("returned", "product"), split=0.5)
    mixer.ins[:] = [feed, splitter - 0]
    flash.ins[:] = [mixer - 0]
    splitter.ins[:] = [flash - 1]
    system = bst.main_flowsheet.create_system("recycle")

    def evaluate(share: float) -> object:
        feed.imol["Methanol"] = 20.0 * share
        system.simulate()
        return splitter.outs[1].F_mass

    return evaluate


def biosteam_sugarcane() -> Evaluation:
    """Return the sugarcane biorefinery that is published with BioSTEAM: ethanol from cane, more than fifty units."""
    from biorefineries import sugarcane

    sugarcane.load()
    system = sugarcane.sugarcane_sys
    feed = system.flowsheet.stream.sugarcane
    usual = feed.F_mass

    def evaluate(share: float) -> object:
        feed.F_mass = usual * share
        system.simulate()
        return system.flowsheet.stream.ethanol.F_mass

    return evaluate


def qsdsan_example() -> Evaluation:
    """Return the example system of QSDsan's documentation: six units with a recycle."""
    from qsdsan.utils import create_example_system

    system = create_example_system()
    feed = system.feeds[0]
    usual = feed.F_mass

    def evaluate(share: float) -> object:
        feed.F_mass = usual * share
        system.simulate()
        return [product.F_mass for product in system.products]

    return evaluate


def qsdsan_model() -> Evaluation:
    """Return the uncertainty model of that system: six parameters drawn, four figures of cost and energy told."""
    from qsdsan.utils import create_example_model

    model = create_example_model(evaluate=False)
    rows = cycle(model.sample(N=1000, rule="R", seed=1))

    def evaluate(_: float) -> object:
        return model(next(rows))

    return evaluate


EXAMPLES = {
    function.__name__: function for function in (biosteam_recycle, biosteam_sugarcane, qsdsan_example, qsdsan_model)
}
PACKAGES = ("biosteam", "biorefineries", "qsdsan", "thermosteam", "numpy")


def timed(evaluate: Evaluation, shares: Iterator[float], count: int) -> float:
    """Return the seconds that some evaluations keep the processor busy."""
    started = time.process_time()
    for _ in range(count):
        evaluate(next(shares))
    return time.process_time() - started


def main(name: str) -> None:
    """Answer until there is no more input."""
    warnings.simplefilter("ignore")
    answers, sys.stdout = sys.stdout, sys.stderr  # what the packages print is no answer
    evaluate, shares = EXAMPLES[name](), cycle(SHARES)
    if len({str(evaluate(share)) for share in SHARES}) < 2:
        raise ArithmeticError(f"the result of {name} does not follow its input")
    packages = {package: version(package) for package in PACKAGES} | {"Python": sys.version.split()[0]}
    print(json.dumps(packages), file=answers, flush=True)
    for line in sys.stdin:
        print(timed(evaluate, shares, int(line)), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
