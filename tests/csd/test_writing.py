"""What is written as text is what libxml2 would write of the tree, whatever stands in it."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from csd.mapping.facility import counts, facility, facility_text
from csd.mapping.organization import legal_entity, service, site
from csd.mapping.result import result
from csd.mapping.text import attribute, content, element, said
from tests.csd.kit import KEPT
from tests.csd.strategies import units

_SLOW = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
_ANY_TEXT = st.text(st.characters() | st.sampled_from("&<>\"'\t\n\r\x00\x1b\ud800\ufffe]"), max_size=20)
_NO_XML = {*map(chr, range(32)), *map(chr, range(0xD800, 0xE000)), "\ufffe", "\uffff"} - set("\t\n\r")


def as_libxml2_writes_it(text: str) -> str:
    return etree.tostring(etree.fromstring(text), encoding="unicode")


@given(_ANY_TEXT, _ANY_TEXT)
def test_any_text_is_read_back_as_it_was_and_what_xml_cannot_hold_as_the_sign_for_it(first: str, second: str) -> None:
    written = said("a", first, b=second)
    root = etree.fromstring(written)
    expected = ["".join("\ufffd" if each in _NO_XML else each for each in text) for text in (first, second)]
    assert [root.text or "", root.get("b")] == expected
    assert as_libxml2_writes_it(written) == written == element("a", content(first), f' b="{attribute(second)}"')


@given(units)
@_SLOW
def test_entities_are_written_as_libxml2_writes_their_trees(unit: dict[str, Any]) -> None:
    written = [facility(unit, KEPT), facility(unit, KEPT, with_site=True), site(unit["site"], KEPT, parent="urn:x")]
    written.append(service(unit["activities"][0], unit["care_mode"], KEPT))
    entity = unit["site"].get("legal_entity", {})
    if entity.get("name") or entity.get("finess"):
        written.append(legal_entity(entity, KEPT))
    for text in written:
        assert as_libxml2_writes_it(text) == text


@given(units, _ANY_TEXT, st.integers(1, 9) | st.none())
@_SLOW
def test_a_facility_takes_its_counts_later_and_what_a_search_says_before_its_record(
    unit: dict[str, Any], label: str, available: int | None
) -> None:
    places = unit.get("places", [])
    without = {**unit, "places": [{k: v for k, v in each.items() if k != "capacities"} for each in places]}
    kept = facility_text(without if places else unit, KEPT)
    later = kept.holding([counts(each.get("capacities", ())) for each in places])
    assert later == facility(unit, KEPT)
    beds = None if available is None else {"source": {"code": "01"}, "available": available, "closed": None, "x": True}
    found = {"rank": 3, "distance_m": None, "place": "P<1>", "why": [{"reason": "near", "label": label}], "beds": beds}
    said_of_it = kept.holding([""] * len(places), result(found))
    assert as_libxml2_writes_it(said_of_it) == said_of_it
    root = etree.fromstring(said_of_it)
    assert [etree.QName(child).localname for child in root][-2:] == ["extension", "record"]
    assert root[-2][0].attrib == {"rank": "3", "place": "P<1>"}
    expected = [{"source": "01", "available": str(available), "x": "true"}] if available else []
    assert [dict(each.attrib) for each in root[-2][0].iterfind("{*}beds")] == expected


def test_what_a_facility_takes_later_changes_nothing_of_what_is_kept() -> None:
    unit = {
        "id": "U<1>",
        "name": "A & B",
        "field": "01",
        "activities": ["127"],
        "care_mode": "28",
        "site": {"name": "S"},
        "places": [{"id": "P1", "insee": "76540"}, {"id": "P2", "insee": "76540", "name": 'Étage "2"'}],
    }
    kept = facility_text(unit, KEPT)
    bare = kept.holding(["", ""])
    assert bare.count("<places ") == 2
    one = kept.holding(["", "<capacities/>"])
    assert '<places id="P2" name="Étage &quot;2&quot;"><capacities/></places>' in one
    assert '<places id="P1"/>' in one
    assert kept.holding(["", ""]) == bare
    assert kept.length < len(bare) < kept.length + 200
