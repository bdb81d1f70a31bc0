"""Golden results of every shipped scenario; only `make bless` writes them anew."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import exosim as xs

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"
SHIPPED = sorted((ROOT / "scenarios").glob("*.toml"))
DRAWS = 2048


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_golden(path: Path) -> None:
    """Every quantity of the scenario is what it was when it was last blessed, to 1e-9."""
    yields = xs.evaluate(xs.load(path), draws=DRAWS)
    found = {
        f"{summary.step or 'headline'}/{summary.name} [{summary.unit}]": [summary.median, summary.p5, summary.p95]
        for summary in yields.quantities()
    }
    golden = GOLDEN / f"{path.stem}.json"
    if os.environ.get("EXOSIM_BLESS") == "1":
        golden.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        return
    kept = json.loads(golden.read_text(encoding="utf-8"))
    assert list(found) == list(kept)
    for name, numbers in kept.items():
        if numbers[0] is None:
            assert found[name] == numbers, name
        else:
            assert found[name] == pytest.approx(numbers, rel=1e-9, abs=1e-300), name


def test_no_golden_file_is_left_over() -> None:
    """A golden file belongs to a shipped scenario."""
    assert {path.stem for path in GOLDEN.glob("*.json")} == {path.stem for path in SHIPPED}
