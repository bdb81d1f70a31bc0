"""The structure of the section about a question of scale: ``[scale]``."""

from __future__ import annotations

from typing import Any

from exosim.table_base import Table


class ScaleTable(Table):
    most_lots: Any = None
    most_area: Any = None
    most_people: Any = None
    most_units: Any = None
    occupancy: Any = None
    certainty: Any = None
    smallest_lot: Any = None
    largest_lot: Any = None
