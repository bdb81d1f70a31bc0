"""What is drawn for the assays of a scenario beside their given quantities: laboratories, days, results of samples."""

from __future__ import annotations

from collections.abc import Mapping

from exosim.assay import Assay, day_of, laboratory_name, noise_name, sample_name
from exosim.declarations import Block
from exosim.parameter import Array
from exosim.sampling import Sample


def laboratories_and_days(assays: Mapping[str, Block], sample: Sample) -> dict[str, Array]:
    """Return the standard normal numbers of the laboratory and of the day of each assay that has such, by name."""
    found: dict[str, Array] = {}
    for name, block in assays.items():
        if "between_laboratories" in block.given:
            found[laboratory_name(name)] = sample.normals(laboratory_name(name), "study")
        if "between_days" in block.given:
            found[noise_name(day_of(name))] = sample.normals(noise_name(day_of(name)), "batch")
    return found


def samples_in_process(
    assays: Mapping[str, Block], sample: Sample
) -> dict[tuple[str, str], tuple[Array, Array | None]]:
    """Return the numbers of the results of samples in process on the lanes of a sample, by assay and procedure.

    They are the standard normal number of the result, and that of its day where each sample has a run of its own. The
    sample of the product is none of them: it has the first result of the lot.
    """
    found: dict[tuple[str, str], tuple[Array, Array | None]] = {}
    for name, block in assays.items():
        own_run = "between_days" in block.given and not block.words["one_run"]
        for step in block.words.get("samples", ())[:-1]:
            z = sample.normals(sample_name(name, step), "batch")
            day = sample.normals(sample_name(day_of(name), step), "batch") if own_run else None
            found[name, step] = z, day
    return found


def assay_of(name: str, block: Block, values: Mapping[str, Array]) -> Assay:
    """Return an assay at the given values, in its laboratory and on its day."""
    laboratory, day = (values.get(path, 0.0) for path in (laboratory_name(name), noise_name(day_of(name))))
    return Assay(**block.pick(values), laboratory=laboratory, day=day)
