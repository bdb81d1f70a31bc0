"""What each headline figure of a batch tells, in words."""

from __future__ import annotations

from collections.abc import Mapping

from exosim.diagnostic_nodes import ABOUT as ABOUT_TEST

ABOUT: Mapping[str, str] = {
    "doses": "whole doses of a batch: a dose never mixes batches",
    "companion_doses": "whole doses of the companion in the same batch",
    "dose_pairs": "pairs of a dose of the product and one of its companion: a pair never mixes batches",
    "unpaired_share": "doses of either product that find no partner in their batch",
    "companion_limits": "whether the companion has fewer doses than the product",
    "ev_yield": "true vesicles in the product over those that left the cultures in their harvests",
    "particles_per_cell_per_day": "vesicles harvested per viable cell and day of collection",
    "harvested": "true vesicles that leave the cultures in their harvests: to them yields refer",
    "secreted": "true vesicles that cells secrete during collection",
    "vialed": "true vesicles in the product",
    "vials": "accepted vials",
    "relative_potency": "potency of a vesicle in the product over that of the standard",
    "potent_doses": "doses times their relative potency: how many of full potency they are worth",
    "cargo_per_dose": "loaded cargo in what a dose counts of the product",
    "apparent_cargo_per_dose": "the same with aggregates of cargo, as an assay of all of it finds",
    "cargo_per_vesicle": "molecules of loaded cargo over the vesicles of the product",
    "apparent_cargo_per_vesicle": "the same with aggregates of cargo, as an assay of all of it finds",
    "truly_loaded": "loaded cargo over what an assay takes for loaded",
    "lost_in_loading": "share of the vesicles that the loading steps lose",
    "batch_duration": "planned time of a batch: its steps and its planned waits, one after the other",
    "cell_yield": "viable cells in the product over those that left the last expansion",
    "fold_expansion": "viable cells that leave the last expansion over those at the start",
    "cells_started": "viable cells that enter the process from outside",
    "cells_harvested": "viable cells that leave the last expansion",
    "cells_vialed": "viable cells in the product",
    **ABOUT_TEST,
}
