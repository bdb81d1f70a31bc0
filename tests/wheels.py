"""Wheels, built from a copy of the sources so that the build leaves nothing behind."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def build_wheel(work: Path, root: Path, *names: str) -> Path:
    """Build a wheel in the folder `work` from the named files and folders of a project; return its path."""
    work.mkdir(parents=True, exist_ok=True)
    for name in names:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, work / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, work / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(work / "dist"), str(work)]
    subprocess.run(command, check=True, capture_output=True)
    return next((work / "dist").glob("*.whl"))
