"""The folder of a study is named by what is asked: another question is another folder, the same one is written anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.texts import Door

SCENARIO = Path(__file__).parents[2] / "scenarios" / "minimal.toml"


def test_another_question_has_another_folder(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ranges of a factor are two folders; asked again, the first one is rewritten."""
    monkeypatch.chdir(tmp_path)
    flags = ("--response", "doses", "--points", "2", "--draws", "4", "--quiet")
    for high in ("0.9", "0.95", "0.9"):
        assert door.run("sweep", str(SCENARIO), "--vary", f"clarify.ev_recovery=0.7..{high}", *flags).code == 0
    assert len(list((tmp_path / "results").iterdir())) == 2
