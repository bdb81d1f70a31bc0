"""The facility: the deterministic shell that decides when things happen; the only home of SimPy."""

from __future__ import annotations

from exosim.facility.operate import operate

__all__ = ["operate"]
