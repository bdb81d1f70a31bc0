"""Contents of vials are counted like the dose: true vesicles, particles as the instrument counts them, or cells."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from exosim.parameter import Parameter
from exosim.readings import DoseRule
from exosim.units import QuantityError
from exosim.vocabulary import DoseKind

_CONTENT = "EV/vial"
_CONTENTS: Mapping[DoseKind, str] = {"EV": _CONTENT, "particle": "particle/vial", "cell": "cell/vial"}


def counted_like(dose: DoseRule | None, parameters: dict[str, Parameter]) -> dict[str, Parameter]:
    """Return the parameters with contents of vials in the unit of the dose."""
    if dose is None or dose.kind == "EV":
        return parameters
    unit = _CONTENTS[dose.kind]
    return {
        name: dataclasses.replace(parameter, unit=unit) if parameter.unit == _CONTENT else parameter
        for name, parameter in parameters.items()
    }


def with_dose(error: QuantityError, parameter: Parameter) -> QuantityError:
    """Say where the unit of a content comes from."""
    if parameter.unit not in _CONTENTS.values():
        return error
    expected = f"a content in {parameter.unit}, counted like product.dose"
    return QuantityError(error.problem, error.got, expected, error.nearest)
