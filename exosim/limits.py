"""Largest numbers that a scenario or the command line may ask for."""

from __future__ import annotations

LARGEST_SEED = 2**63 - 1
MOST_DRAWS = 10**15
MOST_REPLICATIONS = 1_000_000
MOST_JOBS = 1024
