"""What the indicators of patients are called on the terminal."""

from __future__ import annotations

from collections.abc import Mapping

PATIENTS: Mapping[str, str] = {
    "patients_due": "patients due",
    "patients_on_time": "  share served on time",
    "patients_late": "  share served late, or waiting",
    "patients_never_served": "  share whose lot failed them",
    "patients_served_per_year": "patients served per year",
}
"""What each indicator of patients is called."""
