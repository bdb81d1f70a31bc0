"""What the keys of a scenario file mean, where no declared parameter says it; editors show these words.

By table of :mod:`exosim.schema` and key. A key that holds a quantity without a declaration has its unit in `UNITS`.
"""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "ScenarioTable": {
        "format": "version of the scenario format",
        "extends": "the scenario file that this one builds on, relative to this file; FILE#name is a variant of it",
        "replace": "ids of procedures of the base that are taken out",
        "variant": "named changes of this scenario; FILE#name picks one",
        "name": "name of the scenario; part of the name of the results folder",
        "title": "heading of tables and pictures",
        "seed": "seed of the random values",
        "draws": "number of draws of `exosim yield`",
        "start": "date and time of hour 0 of a run in time",
        "horizon": "length of a run in time",
        "warm_up": "time at the start of a run that indicators leave out",
        "replications": "replications of a run in time",
        "product": "what is made and what a dose is",
        "campaign": "how batches are released; `exosim run` needs it",
        "equipment": "classes of equipment",
        "personnel": "roles of people",
        "calendar": "working time: shifts, holidays, shutdowns",
        "failure": "what can go wrong during a procedure",
        "common": "what the batches have in common",
        "unit_procedure": "the recipe, in order",
        "assay": "the assays that report on the product",
        "attribute": "the specification: quality attributes with their limits",
        "sources": "sources of your own, by key",
    },
    "VariantTable": {
        "name": "name of the variant, as in FILE#name",
        "title": "heading of its tables and pictures",
        "set": 'values by address: { "concentrate.flux" = "35 L/m2/h" }',
        "replace": "ids of procedures that are taken out; new ones stand in their place",
        "unit_procedure": "procedures that are changed (by their id) or put in",
    },
    "ProcedureTable": {
        "id": "name of the procedure, unique in the recipe",
        "operation": "the unit operation",
        "unit": "class of equipment",
        "operator": "role of the people",
        "feeds": "streams that enter; by default the product of the previous procedure",
        "hold": "how the feed is lost while it waits",
        "harvest_hold": "how harvests are lost while they wait for their pool; cultures only",
        "max_hold": "limit of the wait before the procedure",
        "parameters": "the parameters of the operation; what is not given has its default",
    },
    "HoldTable": {
        "matrix": "fluid and temperature for which the rate holds; a note",
        "source": "source of those numbers of the table that name none",
        "grade": "grade of those numbers of the table that name none",
    },
    "LongestHoldTable": {
        "limit": "longest wait",
        "breach": "what a longer wait means",
    },
    "ProductTable": {
        "name": "name of the product",
        "dose": 'what one dose contains: "1e10 EV" (true vesicles) or "1e10 particle" (as the instrument counts)',
        "instrument": "id of the assay that counts particles",
        "ev_size": "true diameters of the vesicles",
        "protein_size": "diameters that stand for the pools of soluble protein",
    },
    "CommonTable": {"batch": "correlation of the step recoveries of one batch, at least 0 and below 1"},
    "AssayTable": {"id": "name of the assay, unique"},
    "AttributeTable": {
        "id": "name of the attribute, unique",
        "measure": "what is measured",
        "limits": "at_least, at_most or both, in the unit of the measure",
        "assay": "id of the assay that reports it",
        "critical": "whether it is a critical quality attribute",
    },
    "LimitsTable": {"at_least": "lower limit", "at_most": "upper limit"},
    "SourceTable": {
        "text": "what the source is",
        "grade": "A read in the source, B derived, C from the literature but not checked, D assumption",
        "doi": "its DOI",
    },
    "CampaignTable": {
        "mode": "releases on a rhythm, or when the first unit has taken the last batch",
        "priority": "who is served first: who waits longest, who was released first, whose planned release was first",
        "storage": "between units: in store, on the unit until the next is free, or no wait at all",
    },
    "EquipmentTable": {"id": "name of the class, as in `unit` of a procedure"},
    "PersonnelTable": {
        "role": "name of the role, as in `operator` of a procedure",
        "shifts": "names of their shifts; without any they are always there",
    },
    "CalendarTable": {
        "holidays": "days without shifts",
        "shutdowns": "stretches of days without shifts",
        "shift": "shifts by name",
    },
    "ShiftTable": {
        "days": "days on which the shift starts",
        "from": "start of the shift",
        "to": "end of the shift; earlier than its start means the next day",
    },
    "ShutdownTable": {"from": "first day", "to": "last day"},
    "FailureTable": {
        "id": "name of the failure, unique",
        "during": "id of the procedure",
        "consequence": "work waits for the repair, starts again after it, or the batch is lost",
    },
}
UNITS: Mapping[tuple[str, str], str] = {
    ("ScenarioTable", "horizon"): "h",
    ("ScenarioTable", "warm_up"): "h",
    ("LongestHoldTable", "limit"): "h",
    ("ProductTable", "dose"): "EV",
    ("CommonTable", "batch"): "1",
}
