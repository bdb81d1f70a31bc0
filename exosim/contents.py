"""Contents of vials are counted like the dose, and have its unit: nothing is converted from one count to another."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from exosim.parameter import Parameter
from exosim.readings import DoseRule
from exosim.units import QuantityError
from exosim.vocabulary import DoseKind

_CONTENT = "EV/vial"
_CONTENTS: Mapping[DoseKind, tuple[str, float, float]] = {
    "EV": (_CONTENT, 1e6, 1e14),
    "particle": ("particle/vial", 1e6, 1e14),
    "cell": ("cell/vial", 1e6, 1e14),
    "ug": ("ug/vial", 1e-2, 1e6),
    "cell_equivalent": ("cell_equivalent/vial", 1e3, 1e13),
    "molecule": ("molecule/vial", 1e8, 1e17),
}
"""Unit and plausible range of the content of a vial, by what a dose counts."""


def counted_like(dose: DoseRule | None, parameters: dict[str, Parameter]) -> dict[str, Parameter]:
    """Return the parameters with contents of vials in the unit of the dose."""
    if dose is None or dose.kind == "EV":
        return parameters
    unit, low, high = _CONTENTS[dose.kind]
    return {
        name: dataclasses.replace(parameter, unit=unit, low=low, high=high) if parameter.unit == _CONTENT else parameter
        for name, parameter in parameters.items()
    }


def with_dose(error: QuantityError, parameter: Parameter, address: str) -> QuantityError:
    """Say where the unit of a content comes from: the `address` of the dose."""
    if parameter.unit not in {unit for unit, _, _ in _CONTENTS.values()}:
        return error
    if error.expected is not None and not error.expected.startswith("a quantity in"):
        return error
    expected = f"a content in {parameter.unit}, counted like {address}"
    return QuantityError(error.problem, error.got, expected, error.nearest)
