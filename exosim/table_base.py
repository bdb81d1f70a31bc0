"""What all tables of a scenario file share: no unknown keys, and what counts as a name, an id and plain text."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

LONGEST_NAME = 200
NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$"
ID = r"^[A-Za-z][A-Za-z0-9_]*$"
Text = Annotated[str, StringConstraints(strict=True, pattern=NO_CONTROLS)]
Name = Annotated[str, StringConstraints(strict=True, pattern=NO_CONTROLS, min_length=1, max_length=LONGEST_NAME)]
Id = Annotated[str, StringConstraints(strict=True, pattern=ID, min_length=1, max_length=LONGEST_NAME)]
Grade = Literal["A", "B", "C", "D"]
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Day = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


class Table(BaseModel):
    """A table of a scenario file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
