"""Every shipped scenario runs from file to answer in reduced form; `make scenarios` runs them in full."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from texts import Door

import exosim as xs

SHIPPED = sorted((Path(__file__).parents[1] / "scenarios").glob("*.toml"))
DRAWS = "64"


def in_time(path: Path) -> bool:
    """Return whether a scenario has a campaign, so that it also runs in time."""
    return bool(xs.load(path).declarations.plant.campaigns)


def draw_only(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw every picture once, not as PNG and as SVG: what can fail in a scenario fails in both."""
    save = Figure.savefig

    def saved(figure: Figure, place: Path, **options: Any) -> None:
        if place.suffix == kind:
            save(figure, place, **options)
        else:
            place.write_bytes(b"picture")

    monkeypatch.setattr(Figure, "savefig", saved)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_from_file_to_yield(path: Path, door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command writes a run folder whose numbers are finite or say why not, with a ledger that names its sources."""
    draw_only(".png", monkeypatch)
    answer = json.loads(door.run("yield", str(path), "--draws", DRAWS, "--json", "--out", str(tmp_path / "run")).out)
    assert answer["scenario"]["name"] == path.stem
    assert answer["quantities"]
    assert all(q["median"] is not None or q["reason"] for q in answer["quantities"])
    assert answer["ledger"]["D"] > 0 and "assumptions" in answer["ledger"]["headline"]
    assert (tmp_path / "run" / "waterfall.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("path", [p for p in SHIPPED if in_time(p)], ids=lambda p: p.stem)
def test_from_file_to_a_run_in_time(path: Path, door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One replication leaves events, lots that close, and pictures."""
    draw_only(".svg", monkeypatch)
    out = tmp_path / "run"
    answer = json.loads(door.run("run", str(path), "--replications", "1", "--json", "--out", str(out)).out)
    started = next(q for q in answer["quantities"] if q["name"] == "batches_started")
    assert started["mean"] > 0
    assert (out / "events.csv").stat().st_size > 0
    drawn = list(out.glob("*.svg"))
    assert drawn and all(path.read_text(encoding="utf-8").startswith("<?xml") for path in drawn)
