"""The document of a unit: what is worked out in parts is what was worked out whole."""

from __future__ import annotations

import gc
import hashlib
import json
from typing import Any

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.garbage import rarely_collected
from mappings.document import content_hash, document_and_json, unit_to_document
from mappings.fold import fold, name_words
from mappings.schema.unit import unit_from_dict, unit_to_dict
from mappings.unit import Unit
from tests.factory import make_beds, make_place, make_site, make_unit

_NUMBERS = st.floats(-180, 180)
_TEXTS = st.text(alphabet=st.characters(exclude_categories=("Cs",)))
_NAMES = st.text(alphabet=st.sampled_from("aâéœZLDJqu'’´`- ‑\u0301\u00ad.5"), min_size=1)


@given(st.dictionaries(_TEXTS, st.one_of(_NUMBERS, _TEXTS, st.lists(_NUMBERS))))
@example({"lat": 1e-05})
@example({"lat": -0.00001234})
@example({"name": "Notre-Dame 1e-5"})
def test_the_hash_of_a_content_is_that_of_earlier_versions(written: dict[str, Any]) -> None:
    text = json.dumps(written, separators=(",", ":"), ensure_ascii=False)
    assert content_hash(written) == hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@given(_NAMES, _NAMES, _NAMES)
def test_names_folded_one_by_one_are_those_folded_together(unit: str, site: str, place: str) -> None:
    alone = make_site(name=site, usual_name=None, legal_entity=None)
    named = make_unit(name=unit, site=alone, places=(make_place(name=place, address=None),))
    whole = " ".join(dict.fromkeys((unit, site, place)))
    document = unit_to_document(named)
    assert document.get("names", "") == fold(whole)
    assert document.get("name_words", []) == sorted(set(name_words(whole)))


def test_the_json_that_goes_with_a_document_is_that_of_its_unit() -> None:
    counted: Unit = make_unit(places=(make_place(capacities=make_beds(3)), make_place(id="P2")))
    for unit in (counted, make_unit()):
        document, text = document_and_json(unit)
        assert text == orjson.dumps(document["unit"])
        assert b"capacities" not in text
    assert content_hash(unit_to_dict(counted)) == unit_to_document(counted)["content_hash"]


def test_units_read_of_the_same_site_share_it_and_those_of_another_do_not() -> None:
    first, same, other = (unit_to_dict(make_unit(id=name)) for name in ("U1", "U2", "U3"))
    other["site"] = {**other["site"], "helipad": True}
    units = [unit_from_dict(orjson.loads(orjson.dumps(data))) for data in (first, same, other)]
    assert units[0].site is units[1].site
    assert units[0].site != units[2].site
    assert [unit_to_dict(unit)["site"] for unit in units] == [first["site"], same["site"], other["site"]]


def test_garbage_is_searched_as_before_once_a_load_is_over() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with rarely_collected():
        assert gc.get_threshold()[0] > before[0][0]
        assert gc.get_freeze_count() > before[1]
    assert (gc.get_threshold(), gc.get_freeze_count()) == before
