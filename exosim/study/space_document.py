"""A design space as a JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from exosim.study.documents import factor_rows, head, plain, response_rows

if TYPE_CHECKING:
    from exosim.study.design_space import DesignSpace, OperatingRange, Part, Range


def document(found: DesignSpace) -> dict[str, Any]:
    """Return the JSON document."""
    rows = factor_rows(found.factors, found.base)
    return {
        **head("space", found),
        "level": found.level,
        "confidence": found.confidence,
        "factors": [row | {"values": lines.tolist()} for row, lines in zip(rows, (found.x, found.y), strict=True)],
        "held": dict(found.held),
        "responses": response_rows(found.responses),
        "conditions": [asdict(condition) for condition in found.conditions],
        "answer": found.answer,
        "joint": found.joint.as_dict(),
        "each": plain(found.each),
        "parts": [_part(part) for part in found.parts()],
        "edge": [asdict(point) for point in found.edge],
        "base": {
            "point": list(found.base),
            "in_range": found.base_in_range,
            "joint": found.base_joint.as_dict(),
            "each": plain(found.base_each),
        },
        "operating_range": _operating_range(found.operating_range),
        "proven_acceptable_ranges": [_range(one) for one in found.proven],
        "failed": [{"point": number, "why": why} for number, why in found.failed.items()],
        "remarks": found.remarks(),
    }


def _part(part: Part) -> dict[str, Any]:
    stretch = {"x": None if part.x is None else list(part.x), "y": None if part.y is None else list(part.y)}
    return asdict(part) | stretch


def _range(found: Range | None) -> dict[str, Any] | None:
    return None if found is None else asdict(found)


def _operating_range(found: OperatingRange | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "ranges": [asdict(one) for one in found.ranges],
        "holds_base": found.holds_base,
        "holds": found.holds,
        "points": found.points.tolist(),
        "joint": found.judged.as_dict(),
    }
