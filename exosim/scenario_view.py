"""How a scenario shows itself in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exosim import html

if TYPE_CHECKING:
    from exosim.scenario import Scenario


def scenario_view(scenario: Scenario) -> str:
    """Return name and title, the procedures in order, what was overridden, and the ledger, folded."""
    operations = {str(table.get("id")): table.get("operation") for table in scenario.data.get("unit_procedure", [])}
    rows = [
        (d.id, operations.get(d.id, ""), ", ".join(d.feeds), d.unit or "", d.operator or "")
        for d in scenario.declarations.procedures
    ]
    ledger = scenario.ledger()
    return html.view(
        scenario.name,
        f"{scenario.title or 'scenario'}; hash {scenario.hash[:8]}, seed {scenario.seed}",
        html.table(("procedure", "operation", "feeds", "unit", "operator"), rows, words=5),
        html.remarks([f"{path} = {value}" for path, value in scenario.overrides.items()]),
        html.remarks([f"also made here: {product}, {other.name}" for product, other in scenario.others.items()]),
        html.folded(ledger.headline(), ledger.table_html()),
        html.remarks(scenario.warnings),
    )
