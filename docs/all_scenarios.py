"""Run every shipped scenario in full: ``make scenarios``.

Each file goes through ``exosim yield`` and, where it has a campaign, through ``exosim run``, at its own numbers of
draws and replications; a run folder of each, with its report, is left in the folder that is given. What fails is told
at the end, and the exit code is that of the first failure.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import exosim as xs

ROOT = Path(__file__).resolve().parents[1]


def main(out: Path) -> int:
    """Run all scenarios, and return the exit code."""
    failed: list[tuple[str, int]] = []
    for path in sorted((ROOT / "scenarios").glob("*.toml")):
        in_time = bool(xs.load(path).declarations.plant.campaigns)
        for verb in ("yield", "run") if in_time else ("yield",):
            folder, begun = out / path.stem / verb, time.monotonic()
            code = _call(verb, str(path), "--out", str(folder), "--jobs", "2", "--overwrite")
            code = code or _call("report", str(folder), "--overwrite")
            told = f"failed with exit code {code}" if code else str(folder)
            print(f"{path.stem:34} {verb:6} {time.monotonic() - begun:6.1f} s  {told}", flush=True)
            failed += [(f"{verb} {path.name}", code)] if code else []
    for what, code in failed:
        print(f"failed: exosim {what} (exit code {code})", file=sys.stderr)
    return failed[0][1] if failed else 0


def _call(*words: str) -> int:
    return subprocess.run(
        [sys.executable, "-m", "exosim", *words], cwd=ROOT, stdout=subprocess.DEVNULL, check=False
    ).returncode


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/scenarios")))
