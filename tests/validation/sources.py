"""Where the cases come from: the references of exosim by their key, and those that only these cases cite."""

from __future__ import annotations

from exosim.references import references

OWN: dict[str, tuple[str, str | None]] = {
    "exo_cd24": ("CD24 vesicles, registry NCT05947747", "https://clinicaltrials.gov/study/NCT05947747"),
    "farid_vectors": (
        "a report on Farid's study of lentiviral vectors",
        "https://www.genengnews.com/insights/cog-and-economies-of-scale-for-advanced-therapies/",
    ),
    "ferreira2021": ("Ferreira et al. 2021, abstract", "https://doi.org/10.3390/pr9081430"),
    "hydrogel": ("magnetic hydrogel, MSC, Piezo1 and YAP (source unchecked)", None),
    "imsc2023": ("immortalized MSC in hollow fibers", "https://doi.org/10.20517/evcna.2023.76"),
    "iscbi2022": ("workshop of the ISCBI, 2022", "https://www.nature.com/articles/s41536-022-00242-7"),
    "kink2024": ("Kink et al. 2024", "https://doi.org/10.1186/s13287-024-03688-2"),
    "kronstadt2022": ("Kronstadt et al. 2022", "https://doi.org/10.1101/2022.08.30.505860"),
    "misener2018": ("Misener et al. 2018", "https://doi.org/10.1002/aic.16042"),
    "ng2019": ("Ng et al. 2019, abstract", "https://doi.org/10.1002/bit.26809"),
    "novais_thesis": (
        "a thesis on disposable plants, conclusions of its chapter 4",
        "https://1library.co/article/vive-usted-casa-propia-alquilada-internacional-de-pereira.q2np2mrq",
    ),
    "rab4_2022": ("Rab4 and red-cell membranes, 2022", "https://doi.org/10.1186/s12951-022-01668-3"),
    "risner2021": ("Risner et al. 2021 (unchecked)", "https://doi.org/10.3390/foods10010003"),
    "rotating_bed2013": ("rotating bed, 2013", "https://pmc.ncbi.nlm.nih.gov/articles/PMC3706833"),
    "simaria2014": ("Simaria et al. 2014, abstract", "https://doi.org/10.1002/bit.25008"),
    "sung2019": ("thrombin, cord-blood MSC, 2019", "https://doi.org/10.3390/ijms20122899"),
    "superpro_summary": ("executive summary of SuperPro Designer, quoted in a worksheet", None),
    "teale2023": ("Teale et al., a chapter", None),
    "tenham2020": (
        "ten Ham et al. 2020, abstract",
        "https://researchinformation.umcutrecht.nl/en/publications/what-does-cell-therapy-manufacturing-cost-a-framework-and-methodo",
    ),
    "torresacosta2019": ("Torres-Acosta et al. 2019, abstract", "https://doi.org/10.3389/fmed.2019.00021"),
    "wang2020": ("N-methyldopamine, MSC, 2020", "https://doi.org/10.3390/cells9030660"),
    "watson2016": ("Watson et al. 2016 (DOI unchecked)", "https://doi.org/10.1016/j.biomaterials.2016.07.003"),
    "xiao2026": ("Xiao et al. 2026", "https://doi.org/10.1007/s42765-026-00733-y"),
    "yang2020": ("cellular nanoporation, 2020 (source unchecked)", None),
    "yuan2022": ("Yuan et al. 2022", "https://doi.org/10.1002/jev2.12235"),
}

NAMES = {
    "admsc_passaging2012": "Adipose MSC, serial passaging, 2012",
    "bioprocess_views2008": "survey of 2008, second hand",
    "cellbiosci2022": "review 2022, Table 3",
    "cho_monod2018": "CHO Monod set 2018, Table 2",
    "general_knowledge": "no single source",
    "gmppros": "a consultant's typical figures",
    "hic_serum_fibers": "serum on polymer fibers",
    "ora_ultrafiltration": "Oxford study, ultrafiltration",
    "rrbche_preprint": "preprint on cells of rice",
    "usp1071": "USP chapter 1071, preview",
}
"""Short names where a reference has no author but a long title."""


def link(key: str) -> str:
    """Return a source as a link, or its name where there is no address."""
    if key in OWN:
        name, address = OWN[key]
    else:
        found = references()[key]
        name = NAMES.get(key) or found.citation().split(",")[0]
        address = f"https://doi.org/{found.doi}" if found.doi else found.url
    return f"[{name}]({address})" if address else name
