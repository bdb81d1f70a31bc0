"""The hash of a scenario: what it says in the end of the process.

How often it is drawn, what a study asks about it and how its file was put together change none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

UNSAID = ("seed", "draws", "replications", "extends", "replace", "axis", "variant", "study")
"""Keys that are no part of what a scenario says of its process."""


def fingerprint(data: Mapping[str, Any], measured: Mapping[str, str], products: Mapping[str, str]) -> str:
    """Return the SHA-256 of what a scenario says.

    Parameters
    ----------
    data : its tables, with a variant and overrides applied
    measured : digests of measured values, by address of the quantity
    products : hashes of the scenarios of other products, by name
    """
    said: dict[str, Any] = {key: value for key, value in data.items() if key not in UNSAID}
    said |= {key: dict(held) for key, held in (("measured", measured), ("products", products)) if held}
    text = json.dumps(said, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
