"""Lots of small plants in which much goes wrong, and what stands on a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLANT = """\
format = 1
name = "<b>lots</b>"
title = "<script>alert('title')</script>"
seed = 7
start = 2027-01-04T06:00:00
horizon = "40 d"
replications = 1

[product]
name = "<img src=x onerror=alert(1)> & co"
dose = "1e10 particle"

[product.lot]
endotoxin = {{ lognormal = {{ median = "0.2 EU/mL", gsd = 1.6 }}, varies = "batch" }}

[campaign]
every = "2 d"
batches_per_donor = 3

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
[unit_procedure.parameters]
volume = "10 L"
titer = {{ lognormal = {{ median = "6e9 EV/mL", gsd = 1.4 }}, varies = "batch" }}

[[unit_procedure]]
id = "tff"
operation = "tangential_flow_filtration"
unit = "skid"
operator = "operator"
max_hold = {{ limit = "20 h", breach = "deviation" }}
[unit_procedure.parameters]
concentration_factor = 10
flux = {{ uniform = {{ low = "20 L/m2/h", high = "40 L/m2/h" }}, varies = "batch" }}

[[unit_procedure]]
id = "fill"
operation = "vial_filling"
unit = "isolator"
operator = "operator"
[unit_procedure.parameters]
retained = "20 vial"

[[equipment]]
id = "skid"
turnaround = "4 h"
[[equipment]]
id = "isolator"
turnaround = "2 h"
[[personnel]]
role = "operator"
[[personnel]]
role = "analyst"
[[personnel]]
role = "quality"

[[failure]]
id = "slip"
during = "tff"
probability = 0.25
consequence = "deviation"
[[failure]]
id = "pump"
during = "tff"
probability = 0.2
consequence = "repeat"
repair = "3 h"
limit = 3
[[failure]]
id = "again"
during = "fill"
probability = 0.2
consequence = "rework"
back_to = "tff"
[[failure]]
id = "spill"
during = "fill"
probability = 0.1
consequence = "reject"
[[failure]]
id = "germs"
during = "fill"
probability = 0.2
consequence = "contaminate"
agent = "bacteria"
level = "1 CFU/mL"

[[assay]]
id = "nanoparticle_tracking"
repeatability = "12 %"
replicates = 3
[[assay]]
id = "endotoxin_test"
method = "lal"
repeatability = "30 %"
[[assay]]
id = "sterility_test"
volume_tested = "20 mL"

[[attribute]]
id = "content"
measure = "particles_per_volume"
limits = {{ at_least = "3e10 particle/mL" }}
assay = "nanoparticle_tracking"
[[attribute]]
id = "endotoxin"
measure = "endotoxin_per_volume"
limits = {{ at_most = "0.25 EU/mL" }}
assay = "endotoxin_test"
[[attribute]]
id = "sterility"
measure = "bioburden"
limits = {{ at_most = "0 CFU/mL" }}
assay = "sterility_test"
[[attribute]]
id = "dna"
measure = "dna_per_dose"
limits = {{ at_most = "1e6 ng/dose" }}
critical = false

[[critical_parameter]]
parameter = "tff.flux"
range = {{ at_least = "22 L/m2/h", at_most = "60 L/m2/h" }}
affects = ["content"]
{more}
"""
RELEASE = """
[release]
analyst = "analyst"
conditional = true
[release.deviation]
role = "quality"
hands_on = "2 h"
duration = "1 d"
[[review]]
id = "record"
role = "quality"
hands_on = "2 h"
duration = "1 d"
after = "batch"
[[review]]
id = "last_look"
role = "quality"
hands_on = "1 h"
"""


def plant(release: bool = True) -> str:
    """Return the scenario, with release or without."""
    text = PLANT.format(more=RELEASE if release else "")
    if not release:
        return text
    for assay, work in {
        "nanoparticle_tracking": 'duration = "1 d"\nhands_on = "3 h"\nretests = 2\ninvestigation = "1 d"',
        "endotoxin_test": 'duration = "4 h"\nhands_on = "2 h"\nretests = 1',
        "sterility_test": 'duration = "14 d"\nhands_on = "1 h"\nconfirmatory = true',
    }.items():
        text = text.replace(f'[[assay]]\nid = "{assay}"\n', f'[[assay]]\nid = "{assay}"\n{work}\n')
    return text


@dataclass
class Cell:
    """A cell of a table: its words, its numbers with all digits, its moments."""

    words: list[str] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)
    moments: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words in one line."""
        return " ".join(" ".join(self.words).split())


class Page(HTMLParser):
    """A page as tables below their headings, with the elements and the addresses that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[Cell]]] = {}
        self.facts: dict[str, Cell] = {}
        self.elements: set[str] = set()
        self.addresses: list[str] = []
        self.everything = Cell()
        self._heading, self._inside, self._cells = "", "", list[Cell]()
        self._fact = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        told = {key: value or "" for key, value in attrs}
        self.elements.add(tag)
        self.addresses += [value for key, value in told.items() if key in ("src", "href", "xlink:href", "action")]
        if tag in ("h1", "h2", "h3"):
            self._heading, self._inside = "", tag
        elif tag == "tr":
            self._cells = []
        elif tag in ("td", "th"):
            self._cells.append(Cell())
            self._inside = tag
        elif tag in ("dt", "dd"):
            self._inside = tag
            self._fact = "" if tag == "dt" else self._fact
        elif tag in ("script", "style"):
            self._inside = tag
        for cell in self._open():
            cell.numbers += [float(told["value"])] if tag == "data" else []
            cell.moments += [told["datetime"]] if tag == "time" else []

    def handle_endtag(self, tag: str) -> None:
        """Note the end of an element."""
        if tag == "tr" and self._cells:
            self.tables.setdefault(self._heading, []).append(self._cells)
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        """Note words."""
        if self._inside in ("script", "style"):
            return
        if self._inside in ("h1", "h2", "h3"):
            self._heading += data
        if self._inside == "dt":
            self._fact += data
        for cell in self._open():
            cell.words.append(data)

    def _open(self) -> Iterator[Cell]:
        yield self.everything
        if self._inside in ("td", "th") and self._cells:
            yield self._cells[-1]
        if self._inside == "dd":
            yield self.facts.setdefault(self._fact, Cell())

    def rows(self, heading: str) -> list[list[Cell]]:
        """Return the rows of the table below a heading, without its head."""
        return self.tables[heading][1:]
