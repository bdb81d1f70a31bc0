"""The reference list is well formed and its citations read well."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import date
from importlib import resources

import pytest

from exosim.references import UNCHECKED, Reference, references

KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
CATCH_ALLS = {"general_knowledge", "vendor_data_sheets"}
PAPERS = {key: reference for key, reference in references().items() if key not in CATCH_ALLS}


def raw_list() -> dict[str, dict[str, object]]:
    return tomllib.loads(resources.files("exosim").joinpath("references.toml").read_text(encoding="utf-8"))


def test_keys_are_well_formed_sorted_and_match() -> None:
    keys = list(raw_list())
    assert keys == sorted(keys) == list(references())
    assert all(KEY.fullmatch(key) and references()[key].key == key for key in keys)
    assert "assumption" not in keys


@pytest.mark.parametrize("key", PAPERS)
def test_key_ends_in_the_year_where_it_has_one(key: str) -> None:
    year = re.search(r"(1[89]\d\d|20\d\d)$", key)
    assert year is None or int(year[0]) == references()[key].year


@pytest.mark.parametrize("reference", references().values(), ids=lambda reference: reference.key)
def test_fields_are_trimmed_text_of_the_right_type(reference: Reference) -> None:
    texts = (reference.authors, reference.journal, reference.doi, reference.url)
    assert all(text is None or (isinstance(text, str) and text and text == text.strip()) for text in texts)
    assert reference.title == reference.title.strip() != ""
    assert reference.checked == reference.checked.strip() != ""
    assert reference.year is None or (type(reference.year) is int and 1800 <= reference.year <= date.today().year)
    assert reference.doi is None or DOI.fullmatch(reference.doi)
    assert reference.url is None or reference.url.startswith(("https://", "http://"))


@pytest.mark.parametrize("reference", PAPERS.values(), ids=lambda reference: reference.key)
def test_a_paper_can_be_found(reference: Reference) -> None:
    assert reference.authors or reference.doi or reference.url
    assert reference.year is not None or reference.url


def test_no_doi_url_or_title_appears_twice() -> None:
    for field in ("doi", "url", "title"):
        values = [getattr(reference, field) for reference in references().values()]
        counts = Counter(value.lower() for value in values if value is not None)
        assert not [value for value, count in counts.items() if count > 1]


@pytest.mark.parametrize("key", sorted(CATCH_ALLS))
def test_a_catch_all_claims_no_paper(key: str) -> None:
    catch_all = references()[key]
    assert catch_all.title.startswith("no single paper")
    assert (catch_all.authors, catch_all.year, catch_all.journal, catch_all.doi, catch_all.url) == (None,) * 5
    assert catch_all.citation() == catch_all.title


@pytest.mark.parametrize(
    ("reference", "citation"),
    [
        (
            Reference("a2020", "T", "Evtushenko EG, Bagrov DV, Lazarev VN", 2020, "PLOS ONE", "10.1371/x"),
            "Evtushenko et al. 2020, PLOS ONE, doi:10.1371/x",
        ),
        (Reference("a2020", "T", "van Reis R, Zydney A", 2007, "J"), "van Reis & Zydney 2007, J"),
        (Reference("a2020", "T", "Lévêque A", 1928), "Lévêque 1928, T"),
        (Reference("a2020", "T", "de Almeida Fuzeta et al.", 2020), "de Almeida Fuzeta et al. 2020, T"),
        (Reference("a2020", "T", "Mendt M, Kamerkar S, et al.", 2018, "J"), "Mendt et al. 2018, J"),
        (
            Reference("a2020", "T", "International Society of Automation", 2010),
            "International Society of Automation 2010, T",
        ),
        (Reference("a2020", "T", year=2022, journal="J", doi="10.1186/x"), "T 2022, J, doi:10.1186/x"),
        (Reference("a2020", "T", url="https://example.org/x"), "T, https://example.org/x"),
        (Reference("a2020", "T"), "T"),
    ],
)
def test_citation(reference: Reference, citation: str) -> None:
    assert reference.citation() == citation
    assert reference.checked == UNCHECKED


@pytest.mark.parametrize("reference", PAPERS.values(), ids=lambda reference: reference.key)
def test_citation_is_one_line_with_author_year_and_link(reference: Reference) -> None:
    citation = reference.citation()
    assert citation.isprintable() and ",," not in citation and "  " not in citation and "None" not in citation
    assert str(reference.year or "") in citation
    assert citation.endswith(f"doi:{reference.doi}") or reference.doi is None


def test_a_real_citation() -> None:
    expected = "Evtushenko et al. 2020, PLOS ONE, doi:10.1371/journal.pone.0243738"
    assert references()["evtushenko2020"].citation() == expected


def test_the_list_is_cached_and_read_only() -> None:
    assert references() is references()
    with pytest.raises(TypeError):
        references()["new"] = Reference("new", "T")  # type: ignore[index]


def test_importing_reads_nothing() -> None:
    code = "import exosim.references as r; assert r.references.cache_info().currsize == 0"
    subprocess.run([sys.executable, "-c", code], check=True)
