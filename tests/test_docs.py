"""The documentation tells what the code does: its code runs, its tables are recomputed, its links lead somewhere."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
import shootout_tables
from matplotlib.figure import Figure
from page_blocks import BLESS, run_page

import exosim as xs
from exosim.composition import own_protein, protein_ceiling, total_protein
from exosim.kernel import run
from exosim.material import total
from exosim.operations import catalog
from exosim.step_table import stages

ROOT = Path(__file__).parent.parent
WRITTEN = (page for page in (ROOT / "docs").rglob("*.md") if not {"generated", "_build"} & set(page.parts))
PAGES = sorted([*ROOT.glob("*.md"), *WRITTEN, *(ROOT / "scenarios").glob("*.md")])
SHIPPED = sorted((ROOT / "scenarios").glob("*.toml"))
SHOOTOUT_PAGE = ROOT / "docs" / "explanation" / "isolation_shootout.md"
REFERENCE_PAGE = ROOT / "docs" / "explanation" / "reference_scenario.md"
ESTIMATE = {
    "culture": (2394, 2.21e13, 60.4, 3.7e8, 3.4e9, 1.000),
    "culture.hold": (2394, 1.75e13, 59.1, 3.0e8, 3.4e9, 0.793),
    "clarify": (2394, 1.58e13, 56.9, 2.8e8, 3.4e9, 0.714),
    "concentrate": (120, 1.22e13, 4.67, 2.6e9, 3.4e9, 0.550),
    "polish": (239, 1.10e13, 3.74, 2.9e9, 3.35e9, 0.498),
    "sterilize": (229, 9.4e12, 2.31, 4.1e9, 5.0e9, 0.424),
    "fill": (213, 8.7e12, 2.14, 4.1e9, 5.0e9, 0.394),
}


def reference_table() -> str:
    """Return the step table of the reference scenario at its medians beside the estimate, as Markdown."""
    scenario = xs.load(ROOT / "scenarios" / "msc_hollow_fiber.toml")
    recipe = scenario.recipe(scenario.typical_values())
    head = "| step | mL | est. | vesicles | est. | protein mg | est. | EV/µg | est. | ceiling | est. | yield | est. |"
    lines = [head, "|---|" + "--:|" * 12]
    start = 0.0
    for row in stages(run(recipe)):
        vesicles = float(np.squeeze(total(row.material.vesicles)))
        if vesicles == 0.0:
            continue
        start = start or vesicles
        protein = float(np.squeeze(total_protein(row.material, recipe.context)))
        ceiling = float(np.squeeze(protein_ceiling(row.material, recipe.context)))
        volume = float(np.squeeze(row.material.volume)) * 1e3
        found = (volume, vesicles, protein * 1e-3, vesicles / protein, ceiling, vesicles / start)
        lines.append(f"| {row.id} | " + " | ".join(_cells(found, ESTIMATE.get(row.id))) + " |")
    return "\n".join(lines)


def _cells(found: tuple[float, ...], estimate: tuple[float, ...] | None) -> list[str]:
    forms = ("{:.0f}", "{:.3g}", "{:.3g}", "{:.2g}", "{:.3g}", "{:.3f}")
    cells = []
    for position, form in enumerate(forms):
        cells.append(form.format(found[position]).replace("e+", "e").replace("e0", "e"))
        cells.append(form.format(estimate[position]).replace("e+", "e").replace("e0", "e") if estimate else "")
    return cells


def test_reference_table_is_current() -> None:
    """The table on the page is what the reference scenario gives now."""
    text = REFERENCE_PAGE.read_text(encoding="utf-8")
    before, rest = re.split(r"(?<=test_docs.py -->\n)", text)
    _, after = rest.split("<!-- end -->")
    current = f"{before}\n{reference_table()}\n\n<!-- end -->{after}"
    if BLESS:
        REFERENCE_PAGE.write_text(current, encoding="utf-8")
        return
    assert text == current, "run `make bless` and say what moved under Numbers change in CHANGELOG.md"


def test_shootout_tables_are_current() -> None:
    """The tables about the six isolations are what the scenario gives now."""
    text = SHOOTOUT_PAGE.read_text(encoding="utf-8")
    current = text
    for name, table in shootout_tables.tables().items():
        marked = rf"(<!-- {name}: [^\n]* -->\n).*?(<!-- end -->)"
        current = re.sub(
            marked, lambda found, table=table: f"{found[1]}\n{table}\n\n{found[2]}", current, flags=re.DOTALL
        )
    if BLESS:
        SHOOTOUT_PAGE.write_text(current, encoding="utf-8")
        return
    assert text == current, "run `make bless`, read the page, and say what moved under Numbers change in CHANGELOG.md"


def test_the_shootout_orders_as_the_page_says() -> None:
    """The words of the page: who is first in which truth, and who is last."""
    comparison = xs.compare(shootout_tables.SCENARIO, draws=4000)
    order = {name: shootout_tables.ranked(comparison, name) for name in shootout_tables.ORDERED}
    assert order["doses"][0] == "precipitation" != order["ev_yield"][0]
    assert "precipitation" == order["evs_per_protein"][-1] == order["particles_per_protein"][-1]
    assert order["evs_per_protein"].index("affinity") < 3 <= order["particles_per_protein"].index("affinity")
    assert shootout_tables.BASE == order["ev_yield"][-1] == order["doses"][-1] == order["batch_duration"][-1]


def test_the_table_tells_own_protein_from_the_rest() -> None:
    """The page says that most of the protein left after SEC is the vesicles' own or bound to them."""
    scenario = xs.load(ROOT / "scenarios" / "msc_hollow_fiber.toml")
    recipe = scenario.recipe(scenario.typical_values())
    polished = next(step.outcome.product for step in run(recipe) if step.procedure.id == "polish")
    bound = np.squeeze(own_protein(polished, recipe.context) + polished.associated_protein)
    assert 0.9 < float(bound / np.squeeze(total_protein(polished, recipe.context))) < 1.0


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link and picture of a page exists."""
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target) and "generated/" not in target:  # `make docs` checks those
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def _no_picture(_: Figure, place: str | Path | io.StringIO, **options: object) -> None:
    """Leave an empty picture where one is wanted: in a file, or in a page."""
    if isinstance(place, io.StringIO):
        place.write("<svg></svg>")
    else:
        Path(place).write_text("<svg></svg>", encoding="utf-8")  # a report shows those of a folder


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_code_blocks_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python and commands of a page run, in order, and print what the page shows; see :mod:`page_blocks`."""
    text = page.read_text(encoding="utf-8")
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Figure, "savefig", _no_picture)  # other tests look at pictures
    current = run_page(text, str(page), capsys)
    if BLESS and current != text:
        page.write_text(current, encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_scenario_blocks_are_valid(page: Path, tmp_path: Path) -> None:
    """Every whole scenario of a page passes the check."""
    for number, block in enumerate(re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)):
        file = tmp_path / f"block{number}.toml"
        file.write_text(block, encoding="utf-8")
        xs.load(file)


def test_every_operation_is_documented() -> None:
    """The operations page has a line for each operation."""
    text = (ROOT / "docs" / "reference" / "operations.md").read_text(encoding="utf-8")
    assert not [name for name in catalog() if f"`{name}`" not in text]


def test_every_formula_has_its_section() -> None:
    """The equations page has a section for each file of the physics."""
    text = (ROOT / "docs" / "explanation" / "equations.md").read_text(encoding="utf-8")
    files = (ROOT / "exosim" / "physics").glob("[a-z]*.py")
    assert not [path.stem for path in files if f"\n## {path.stem}\n" not in text]


def _answer(yields: xs.Yields) -> str:
    """Return the doses of a batch; of a diagnostic line without any, what a positive result is worth."""
    if yields.has("doses"):
        doses = yields.summary("doses")
        span = f" ({doses.p5:,.0f} to {doses.p95:,.0f})" if doses.p5 != doses.p95 else ""
        return f"{doses.median:,.0f} doses{span}"
    worth = yields.summary("positive_predictive_value")
    middle, low, high = (100.0 * (value or 0.0) for value in (worth.median, worth.p5, worth.p95))
    span = f" ({low:.3g} to {high:.3g} %)" if low != high else ""
    return f"{middle:.3g} % of the positive have the condition{span}"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_answers_are_current(path: Path) -> None:
    """The page tells the answer and the ledger of each scenario as they are.

    Of each variant it tells the doses, and how often it gives more than the file itself.
    """
    text = (ROOT / "scenarios" / "README.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {path.stem}\n")[1].split("\n## ")[0]
    scenario = xs.load(path)
    base = xs.evaluate(scenario)
    assert f"**Answer** {_answer(base)}" in section
    assert scenario.ledger().headline() in section
    if scenario.declarations.diagnostic is not None and not scenario.declarations.dose.stated:
        for name, variant in scenario.variants().items():
            assert f"| `{name}` | {_figures(xs.evaluate(variant))} |" in section, name
        return
    for name, variant in scenario.variants().items():
        yields = xs.evaluate(variant)
        doses, better = yields.summary("doses"), float(np.mean(yields.values("doses") > base.values("doses")))
        shown = f"{doses.median:,.0f} ({doses.p5:,.0f} to {doses.p95:,.0f}) | {100 * better:.1f} %"
        assert f"| `{name}` | {shown} |" in text, name


def _figures(yields: xs.Yields) -> str:
    """Return what the table of the variants of a diagnostic line tells: of patients followed, else of those tested."""
    if yields.has("false_alarms_per_patient_year"):
        names, scales = ("false_alarms_per_patient_year", "detected_change"), (1.0, 100.0)
    else:
        names, scales = ("positive_predictive_value", "interference"), (100.0, 100.0)
    cells = []
    for name, scale in zip(names, scales, strict=True):
        found = yields.summary(name)
        middle, low, high = (scale * (value or 0.0) for value in (found.median, found.p5, found.p95))
        cells.append(f"{middle:.3g} ({low:.3g} to {high:.3g})")
    return " | ".join(cells)


def test_every_scenario_is_listed() -> None:
    """scenarios/README.md says which scenario answers what."""
    text = (ROOT / "scenarios" / "README.md").read_text(encoding="utf-8")
    assert not [path.name for path in (ROOT / "scenarios").glob("*.toml") if path.name not in text]


def test_no_entry_of_the_change_log_stands_twice() -> None:
    """Merges of branches that both add to the list repeat what they share; a lead of other words is no other entry."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    entries = [entry.split("\n\n")[0] for entry in re.split(r"^- ", text, flags=re.MULTILINE)[1:]]
    ends = [entry[-120:] for entry in entries]
    assert [end for end in set(ends) if ends.count(end) > 1] == []
