"""Gowning and the least crew: what people need besides the phase."""

from __future__ import annotations

import pytest

from exosim.errors import ModelError
from exosim.operations.base import Phase
from exosim.plant import Role
from exosim.working_time import WorkingTime
from tests.facility.plants import Setting, Stage, everything_is_back, shop


def role(headcount: int = 1, gowning: float = 0.5, least: int = 1, *shifts: tuple[float, float]) -> Role:
    return Role("crew", headcount, WorkingTime(shifts or None), gowning, least)


def test_gowning_comes_before_each_attended_phase() -> None:
    """0.5 + 2 h, 5 h alone, 0.5 + 1 h."""
    phases = (Phase("load", 2.0), Phase("run", 5.0, attended=False), Phase("unload", 1.0))
    ran = shop([Stage(phases=phases, role="crew")], 1, Setting(roles=(role(),)))
    everything_is_back(ran)
    assert [(e.phase, e.time) for e in ran.by["begin"]] == [("load", 0.0), ("unload", 7.5)]
    assert [(e.phase, e.time, e.waited) for e in ran.by["finish"]] == [("load", 2.5, 0.0), ("unload", 9.0, 0.0)]


def test_gowning_must_fit_into_the_shift() -> None:
    """A phase of 8 h does not fit with 0.5 h of gowning into 8 h until the next longer shift."""
    shifts = ((0.0, 8.0), (24.0, 33.0))
    for gowning, end in ((0.0, 8.0), (0.5, 32.5)):
        ran = shop([Stage(8.0, people=1, role="crew")], 1, Setting(roles=(role(1, gowning, 1, *shifts),)))
        assert ran.ended() == [end]


def test_two_people_at_least() -> None:
    """Three people, two at each phase: one batch at a time; a phase of nobody stays without people."""
    phases = (Phase("load", 2.0), Phase("look", 1.0, operators=0), Phase("big", 1.0, operators=3))
    ran = shop([Stage(phases=phases, count=2, role="crew")], 2, Setting(roles=(role(3, 0.0, 2),)))
    everything_is_back(ran)
    assert [(e.batch, e.phase, e.amount, e.time) for e in ran.by["begin"]] == [
        (0, "load", 2, 0.0),
        (1, "load", 2, 2.0),
        (0, "big", 3, 4.0),
        (1, "big", 3, 5.0),
    ]


def test_more_people_than_there_are() -> None:
    with pytest.raises(ModelError, match="2 people are needed at once"):
        shop([Stage(1.0, people=1, role="crew")], 1, Setting(roles=(role(1, 0.0, 2),)))
