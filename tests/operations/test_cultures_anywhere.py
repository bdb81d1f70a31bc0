"""Every culture with stimuli and waiting harvests, anywhere in what is declared: finite, balanced, without a warning.

What a culture declares itself is tried by the contract; here come the stimuli and the hold, which are declared apart.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.culture.base import Culture
from exosim.culture.stimulus import TARGETS, Stimulus
from exosim.material import FIELDS
from exosim.operations import catalog
from exosim.operations.base import Hold
from exosim.parameter import declared
from exosim.testing import Subject
from exosim.testing.balances import imbalance, streams
from exosim.testing.ranges import at

pytestmark = pytest.mark.filterwarnings("error")

CULTURES = sorted(name for name, operation in catalog().items() if issubclass(operation, Culture))
LANES = 4
fractions = st.sampled_from((0.0, 1.0)) | st.floats(0.0, 1.0)
lanes = st.lists(fractions, min_size=LANES, max_size=LANES).map(np.array)


def short(values: dict[str, Any]) -> None:
    """Keep a culture to at most twelve harvests, and one that is integrated to one day, for speed."""
    if values.get("monod_step") is not None:
        values["collection"] = min(values["collection"], 1.0)
    every = min(max(values["harvest_every"], values["collection"] / 12.0), values["collection"])
    values["harvest_every"] = every
    if values.get("pool_every") is not None:
        values["pool_every"] = max(values["pool_every"], every)


@st.composite
def stimuli(draw: st.DrawFn) -> Stimulus:
    """Draw a stimulus over its declared ranges; pulses come at most a dozen times."""
    own = declared(Stimulus)
    values: dict[str, Any] = {name: at(own[name], draw(lanes)) for name in ("fold", "death")}
    values["begin"] = draw(st.integers(0, 6 * 1440)) / 1440.0  # schedules are kept to the minute
    if draw(st.booleans()):
        values["duration"] = draw(st.integers(8, 6 * 1440)) / 1440.0
    if draw(st.booleans()):
        values["every"] = draw(st.integers(5 * 1440, 10 * 1440)) / 1440.0
    return Stimulus(acts_on=draw(st.sampled_from(TARGETS)), **values)


holds = st.fixed_dictionaries({name: lanes.map(lambda f, p=p: at(p, f)) for name, p in declared(Hold).items()})


@pytest.mark.parametrize("name", CULTURES)
def test_finite_and_balanced_with_stimuli_and_waits(name: str) -> None:
    """No NaN, no negative amount, no warning, and the balance closes."""
    subject = Subject(catalog()[name], adjust=short)

    @settings(max_examples=15, deadline=None, derandomize=True, database=None)
    @given(subject.drawn(LANES), st.lists(stimuli(), max_size=2).map(tuple), holds)
    def holds_true(case: Any, given_stimuli: tuple[Stimulus, ...], hold: dict[str, Any]) -> None:
        values, feed = case
        operation = replace(subject.build(values), stimuli=given_stimuli, harvest_hold=Hold(**hold))
        outcome = operation.transform(feed)
        assert max(imbalance(feed, outcome).values()) < 1e-12
        for material in streams(outcome).values():
            for field in FIELDS:
                assert np.all(np.isfinite(getattr(material, field))), field
        for told in (outcome.monitors, outcome.limits, outcome.consumption):
            assert all(np.all(np.isfinite(value)) for value in told.values())

    holds_true()
