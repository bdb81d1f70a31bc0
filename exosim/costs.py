"""What a run costs: one cost ledger for each replication, at the prices of its world."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exosim import cost_figures, html
from exosim.addresses import is_of_money
from exosim.cost_drivers import Spread, spread
from exosim.cost_figures import LINE_COLUMNS, Labor, Part
from exosim.cost_finance import Finance, finance
from exosim.cost_prices import Price, prices_of
from exosim.cost_words import listed, money, per_dose_in_words, share
from exosim.economics.booking import booked
from exosim.economics.costing import Costing
from exosim.economics.headlines import COST_UNITS, cost_headlines, cost_units, failed_lots
from exosim.economics.ledger import CostLedger
from exosim.economics.usage import Use
from exosim.economics.views import VIEWS
from exosim.economics_builder import costing
from exosim.errors import Problem, UsageError, unknown
from exosim.frames import Frame, Framed, of_rows
from exosim.scenario import Scenario
from exosim.summaries import Estimate
from exosim.version import __version__

if TYPE_CHECKING:
    from exosim.results import FacilityResults
    from exosim.saved_run import SavedRun

FORM = "exosim.cost/1"
WITHOUT_ECONOMICS = {"economics.currency": "EUR"}
"""What costs a scenario that says nothing of money: in this currency, at the prices of the list."""


@dataclass(frozen=True)
class Costs(Framed):
    """The costs of a run; made by :func:`cost`.

    Attributes
    ----------
    scenario : what was costed, with its prices
    seed : of the run
    ledgers : of each replication
    worlds : the prices of each replication, as plain numbers
    uses : what each replication used, without money
    version : version of exosim that costed it
    """

    scenario: Scenario
    seed: int
    ledgers: Sequence[CostLedger] = field(repr=False)
    worlds: Sequence[Costing] = field(repr=False)
    uses: Sequence[Sequence[Use]] = field(repr=False)
    version: str = __version__

    @property
    def currency(self) -> str:
        """The currency of all money."""
        return self.worlds[0].currency

    @property
    def year(self) -> int:
        """The year of all money."""
        return self.worlds[0].year

    @property
    def replications(self) -> int:
        """Number of replications."""
        return len(self.ledgers)

    @cached_property
    def figures(self) -> list[Estimate]:
        """What a dose, a lot and a year cost, and what is released and lost, over replications."""
        return cost_figures.figures(self.ledgers, self.currency)

    def figure(self, name: str) -> Estimate:
        """Return a figure by its name, such as ``cost_per_dose``.

        Raises
        ------
        UsageError
            when there is no such figure.
        """
        found = {one.name: one for one in (*self.figures, *self.footprint, *self.finance.figures)}
        if name not in found:
            raise UsageError(unknown("figure", name, found))
        return found[name]

    def by(self, view: str = "category") -> list[Part]:
        """Return the parts of all costs, largest first; those of every view add up to the same total.

        Parameters
        ----------
        view : of :data:`exosim.economics.views.VIEWS`, such as ``category``, ``step`` or ``resource``

        Raises
        ------
        UsageError
            when there is no such view.
        """
        if view not in VIEWS:
            raise UsageError(unknown("view", view, VIEWS))
        return cost_figures.parts(self.ledgers, view)

    @cached_property
    def pooled(self) -> float | None:
        """All money over all doses, of all replications [currency/dose]; None where no dose was released."""
        return cost_figures.pooled(self.ledgers)

    @cached_property
    def labor(self) -> Labor:
        """What people cost for their hours at work, and for those on duty."""
        return cost_figures.labor(self.uses, self.worlds, self.ledgers)

    @cached_property
    def spread(self) -> Spread:
        """What the spread of the cost of a dose between replications comes from."""
        return spread(self.scenario, self.seed, self.ledgers)

    @cached_property
    def finance(self) -> Finance:
        """What the plant is worth as an investment."""
        return finance(self.uses, self.worlds, self.ledgers)

    @cached_property
    def footprint(self) -> list[Estimate]:
        """What a released dose takes besides money: plastic, water, electricity, mass of inputs, hours in rooms."""
        return cost_figures.footprints(self.uses, self.worlds)

    @cached_property
    def unpriced(self) -> dict[str, float]:
        """What was used and has no price, with the mean amount of a replication."""
        return cost_figures.unpriced(self.uses, self.worlds, self.ledgers)

    @cached_property
    def prices(self) -> list[Price]:
        """Every price of what was used, with its source and year, those that cost most first."""
        return prices_of(self.scenario, self.ledgers)

    @property
    def sentences(self) -> list[str]:
        """The answer in words: what a dose costs, what it is made of, and what the figure rests on."""
        return [*self._answer(), *self.remarks()]

    def _answer(self) -> list[str]:
        dose = self.figure("cost_per_dose")
        told = [per_dose_in_words(dose, f"{self.currency} of {self.year}", self.replications)]
        year = self.figure("cost_per_year")
        largest = self.by("category")[:3]
        made_of = ", ".join(f"{part.name.replace('_', ' and ')} {share(part.share)}" for part in largest)
        told.append(f"A year of the plant costs {money(year.mean)} {self.currency}: {made_of}.")
        lots, fails = self.figure("lots_released_per_year"), self.figure("failed_lots_per_year")
        lost = self.figure("cost_of_failed_lots")
        told.append(
            f"{money(lots.mean)} lots are released in a year, and {money(fails.mean)} fail: "
            f"{money(lost.mean)} {self.currency} a year was spent on them."
        )
        return told

    def remarks(self) -> list[str]:
        """Return what a reader must know: what has no price, and how many prices are assumptions."""
        told = []
        dose = self.figure("cost_per_dose")
        if 0 < dose.n < self.replications:
            without = self.replications - dose.n
            told.append(
                f"{without:,} of {self.replications:,} replications released no dose: a dose has no cost there; all "
                f"money over all doses is {money(self.pooled)} {self.currency}/dose"
            )
        if not any(world.lots or failed_lots(world) for world in self.ledgers):
            hours = money(self.ledgers[0].hours)
            told.append(f"no lot ended within the {hours} h of the window: it is too short to tell what a year costs")
        products = [product.name for product in self.scenario.products()]
        if len(products) > 1:
            told.append(f"a dose is one of any product ({listed(products)}): the view product tells what each causes")
        if self.unpriced:
            names = listed(list(self.unpriced))
            several = "resource was used that has" if len(self.unpriced) == 1 else "resources were used that have"
            told.append(f"LOWER BOUND: {len(self.unpriced)} {several} no price and cost nothing here: {names}")
        assumed = sum(price.assumed for price in self.prices)
        if assumed:
            several = "is an assumption" if assumed == 1 else "are assumptions"
            told.append(f"{assumed} of {len(self.prices)} prices {several}: without a year or without a source")
        undated = sum(price.year is None for price in self.prices)
        if undated:
            several = "price has no year and is" if undated == 1 else "prices have no year and are"
            told.append(f"{undated} {several} taken as money of {self.year}")
        return told

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document ``exosim.cost/1``: no time, path or machine, no NaN."""
        return {
            "form": FORM,
            "version": self.version,
            "scenario": {"name": self.scenario.name, "hash": self.scenario.hash},
            "seed": self.seed,
            "n": self.replications,
            "currency": self.currency,
            "year": self.year,
            "answer": self.sentences,
            "figures": [one.as_dict() for one in self.figures],
            "cost_of_all_doses": self.pooled,
            "labor_basis": self.worlds[0].labor_basis,
            "labor": self.labor.as_dict(),
            "views": {view: [part.as_dict() for part in self.by(view)] for view in VIEWS},
            "spread": self.spread.as_dict(),
            "footprint": [one.as_dict() for one in self.footprint],
            "finance": self.finance.as_dict(),
            "prices": [price.as_dict() for price in self.prices],
            "unpriced": self.unpriced,
            "warnings": [*self.scenario.warnings, *self.remarks()],
        }

    def save(self, folder: str | Path, *, overwrite: bool = False) -> list[Path]:
        """Write the costs as a folder: ``cost.json``, ``costs.csv``, ``cost_figures.csv`` and ``cost_lines.csv``.

        Parameters
        ----------
        folder : where; made when it does not exist
        overwrite : whether a folder that is not empty may be replaced

        Raises
        ------
        FileError
            when the folder is not empty, is being written by another process, or cannot be written.
        """
        from exosim.cost_files import save_costs

        return save_costs(self, Path(folder), overwrite)

    def replicated(self) -> dict[str, list[float]]:
        """Return the costs of a dose, a lot and a year in each replication; NaN of none."""
        each = [cost_headlines(ledger) for ledger in self.ledgers]
        return {name: [one[name] for one in each] for name in COST_UNITS}

    def _frames(self) -> Mapping[str, Callable[[], Frame]]:
        parts = ((view, *part.as_dict().values()) for view in VIEWS for part in self.by(view))
        columns = ("view", "name", "title", "per_year", "per_dose", "share")
        lines = ((*line, line.cost) for line in self.ledgers[0].lines)
        return {
            "replications": self._replications,
            "views": partial(of_rows, "row", columns, parts),
            "lines": partial(of_rows, "row", LINE_COLUMNS, lines),
        }

    def _replications(self) -> Frame:
        found, units = self.replicated(), cost_units(self.currency)
        rows = zip(*found.values(), strict=True)
        return of_rows("replication", list(found), rows, units=units, first=1)

    def _repr_html_(self) -> str:
        head, *rest = self.sentences
        rows = ((one.title, money(one.per_year), money(one.per_dose), share(one.share)) for one in self.by("category"))
        heading = ("category", f"{self.currency}/year", f"{self.currency}/dose", "share")
        return html.view("Costs", head, html.remarks(rest), html.table(heading, rows))

    def __str__(self) -> str:
        head = f"{self.scenario.name}: {self.replications:,} replications, seed {self.seed}"
        return "\n".join([head, *(f"  {text}" for text in self.sentences)])


def cost(run: FacilityResults | SavedRun, changes: Mapping[str, Any] | None = None) -> Costs:
    """Return what a run costs, from what it used; nothing is simulated again.

    Parameters
    ----------
    run : results in memory, or read from a folder
    changes : other prices and numbers of ``[economics]``, by address, such as ``{"material.buffer.price": "3 EUR/L"}``

    Raises
    ------
    ScenarioError
        when an address or a value is not valid.
    UsageError
        when it is no run, or a change is not about money: the run is over.
    FileError
        when the folder of a run does not tell what was used.

    Examples
    --------
    >>> print(cost(load_run("results/run"), {"economics.year": 2026}))  # doctest: +SKIP
    """
    if getattr(run, "scenario", None) is None:
        expected = "xs.simulate(scenario), or xs.load_run(folder)"
        raise UsageError(Problem("cost takes a run that is over", got=type(run).__name__, expected=expected))
    refuse_physics(changes or {})
    scenario = run.scenario.with_({**_basis(run.scenario), **(changes or {})})
    worlds = [costing(scenario, replication, run.seed) for replication in range(run.replications)]
    each = zip(run.uses, worlds, run.batches, strict=True)
    return Costs(scenario, run.seed, [booked(*one) for one in each], worlds, run.uses)


def refuse_physics(changes: Mapping[str, Any]) -> None:
    """Refuse changes of what was simulated.

    Raises
    ------
    UsageError
        for each address that is not about money.
    """
    expected = "a price, or economics.…: what is made stays as it was run; simulate a scenario with the change first"
    wrong = [Problem("is not about money", path=path, expected=expected) for path in changes if not is_of_money(path)]
    if wrong:
        raise UsageError(wrong)


def _basis(scenario: Scenario) -> Mapping[str, str]:
    return WITHOUT_ECONOMICS if scenario.declarations.economics is None else {}
