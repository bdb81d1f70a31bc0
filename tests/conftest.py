"""Settings that all tests share: property tests are repeatable and have no time limit per example."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")
