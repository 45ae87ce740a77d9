"""Each parameter of the four searches, as the table of docs/csd.md says; what is empty filters nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from csd.entity import KINDS
from csd.envelope import Call, elements
from csd.functions.parameters import PARAMETERS, search_of
from csd.functions.query import query_of
from csd.functions.search import Coded, EntitySearch, OtherId
from csd.names import CSD
from csd.safe_xml import parse
from mappings.definitions import known_fields
from mappings.errors import InvalidInput


def asked(inner: str, kind: str = "facility", *, loose: bool = False) -> EntitySearch:
    root = parse(f'<requestParams xmlns="{CSD}">{inner}</requestParams>'.encode())
    return search_of(kind, Call("urn", elements(root), loose=loose))


def refused(inner: str, kind: str = "facility", **more: Any) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        asked(inner, kind, **more)
    return [error.field for error in caught.value.errors]


LEFTOVERS = (
    "<id/>", '<id entityID=""/>', '<id entityID="  "/>', "<primaryName/>", "<primaryName>  </primaryName>", "<name/>",
    "<codedType/>", '<codedType code="" codingScheme=""/>', '<codedType codingScheme="s"/>', "<address/>",
    '<address><addressLine component="city"/></address>', "<address><addressLine/></address>", "<record/>",
    '<record status="" updated=""/>', "<start/>", "<max/>", "<otherID/>",
    '<otherID code="" assigningAuthorityName=""/>',
    "<organizations/>", "<organizations><organization/></organizations>", "<start> </start>",
)  # fmt: skip


@pytest.mark.parametrize("leftover", LEFTOVERS)
def test_an_empty_leftover_filters_nothing(leftover: str) -> None:
    assert asked(leftover) == EntitySearch(kind="facility")


@pytest.mark.parametrize(
    "leftover",
    ["<commonName/>", "<language/>", "<cadre code=''/>", "<facilities/>", "<facilities><facility/></facilities>"],
)
def test_an_empty_leftover_of_provider_search_filters_nothing(leftover: str) -> None:
    assert asked(leftover, "provider") == EntitySearch(kind="provider")


def test_an_empty_line_does_not_end_the_address() -> None:
    found = asked(
        '<address><addressLine component="city"/><addressLine component="Country"> USA </addressLine></address>'
        '<address type="Billing"><addressLine component="postalCode">87501</addressLine></address>'
    )
    assert found.address == (("Country", "USA"), ("postalCode", "87501"))


@pytest.mark.parametrize("name", ["entityID", "urn", "oid"])
def test_an_id_is_read_in_every_spelling_of_the_schemas_history(name: str) -> None:
    assert asked(f'<id {name}=" urn:uuid:1 "/>').entity_id == "urn:uuid:1"


def test_each_parameter_is_read_where_it_belongs() -> None:
    found = asked(
        "<primaryName>a</primaryName><name>b</name><codedType code='c' codingSchema='s'/>"
        "<record status='Active' updated='2015-01-20T08:00:00+01:00'/>"
        "<otherID code='x' assigningAuthorityName='y'>z</otherID><start>3</start><max>5</max>"
        "<organizations><organization entityID='o1'/><organization entityID='o2'/></organizations>"
    )
    assert found == EntitySearch(
        kind="facility", primary_name="a", name="b", coded=Coded("c", "s"), status="Active",
        updated=datetime(2015, 1, 20, 7, tzinfo=UTC), other_id=OtherId("y", "x", "z"), start=3, maximum=5,
        organizations=("o1", "o2"),
    )  # fmt: skip
    provider = asked(
        "<commonName>a</commonName><language code='fr' codingScheme='BCP 47'/><language code='en'/>"
        "<cadre code='k' codingScheme='s'/><facilities><facility entityID='f'/></facilities>",
        "provider",
    )
    assert provider == EntitySearch(
        kind="provider", name="a", languages=(Coded("fr", "BCP 47"), Coded("en")), cadres=(Coded("k", "s"),),
        facilities=("f",),
    )  # fmt: skip


def test_no_parent_is_asked_by_an_empty_one_and_not_by_none() -> None:
    assert asked("<parent/>", "organization").parent is None
    assert asked('<parent entityID=""/>', "organization").parent == ""
    found = asked('<parent entityID="p"/><otherID code="c"/>', "organization")
    assert (found.parent, found.other_id) == ("p", OtherId(code="c"))


@pytest.mark.parametrize(
    ("said", "start"), [("1", 1), ("0", 1), ("-3", 1), ("abc", 1), ("", 1), ("7", 7), ("7.0", 7), ("1e2", 100)]
)
def test_start_counts_from_one_whatever_is_said(said: str, start: int) -> None:
    assert asked(f"<start>{said}</start>").start == start


@pytest.mark.parametrize(("said", "most"), [("-1", None), ("abc", None), ("", None), ("0", 0), ("5", 5), ("5.0", 5)])
def test_max_below_zero_means_no_limit_and_zero_means_none(said: str, most: int | None) -> None:
    assert asked(f"<max>{said}</max>").maximum == most


def test_what_is_passed_over_is_told() -> None:
    found = asked("<geocode/><max>abc</max><start>-1</start><commonName>x</commonName>")
    assert len(found.warnings) == 4
    assert asked("<primaryName>x</primaryName>").warnings == ()


@pytest.mark.parametrize(
    ("inner", "field"),
    [
        ("<codedType code='a' codingScheme='s'/><codedType code='b' codingScheme='s'/>", "codedType"),
        ("<id entityID='a'/><id entityID='b'/>", "id"),
        ("<primaryName>a</primaryName><primaryName>b</primaryName>", "primaryName"),
        ("<otherID code='a'/><otherID code='b'/>", "otherID"),
        ("<start>1</start><start>2</start>", "start"),
        ("<max>1.5</max>", "max"),
        ("<start>1.5</start>", "start"),
        ("<record updated='2015-01-20'/>", "record/@updated"),
        ("<record updated='yesterday'/>", "record/@updated"),
        ("<record updated='2015-02-30T00:00:00Z'/>", "record/@updated"),
        ("<address><addressLine>Paris</addressLine></address>", "addressLine/@component"),
        ("<primaryName xmlns=''>a</primaryName>", "primaryName"),
        (f"<primaryName>{'a' * 1001}</primaryName>", "primaryName"),
        ("<organizations>" + "<organization entityID='o'/>" * 101 + "</organizations>", "requestParams"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_its_name(inner: str, field: str) -> None:
    assert field in refused(inner)


def test_an_unknown_parameter_directly_under_the_function_is_refused() -> None:
    assert asked("<thing/>").warnings
    assert refused("<thing/>", loose=True) == ["thing"]


def test_two_coded_types_of_which_one_is_an_empty_leftover_are_one() -> None:
    assert asked("<codedType/><codedType code='a' codingScheme='s'/>").coded == Coded("a", "s")


def test_every_parameter_of_every_function_asks_a_field_that_the_index_has() -> None:
    everything = {
        "id": "<id entityID='a'/>", "primaryName": "<primaryName>abcd</primaryName>", "name": "<name>ab</name>",
        "commonName": "<commonName>abc</commonName>", "codedType": "<codedType code='c' codingScheme='s'/>",
        "address": "<address><addressLine component='city'>x</addressLine></address>",
        "record": "<record status='A' updated='2015-01-20T00:00:00Z'/>", "start": "<start>2</start>",
        "max": "<max>1</max>",
        "otherID": "<otherID code='c'/>",
        "organizations": "<organizations><organization entityID='o'/></organizations>",
        "facilities": "<facilities><facility entityID='f'/></facilities>", "language": "<language code='fr'/>",
        "cadre": "<cadre code='c' codingScheme='s'/>", "parent": "<parent entityID='p'/>",
    }  # fmt: skip
    assert everything.keys() == PARAMETERS.keys()
    known = known_fields("csd-entities")
    for kind in KINDS:
        inner = "".join(text for name, text in everything.items() if kind in PARAMETERS[name].kinds)
        found = asked(inner, kind)
        assert found.warnings == ()
        fields = fields_of(query_of(found, sensitive=False))
        assert fields <= known | {"_index"}
        assert "sensitive" in fields
        if kind == "organization":
            assert fields >= {"parent", "status", "updated", "codes", "address", "names", "name_runs", "other_ids"}


def leaves(node: Any) -> Iterator[dict[str, Any]]:
    """Yield the clauses of a query that hold no others."""
    if isinstance(node, list):
        for each in node:
            yield from leaves(each)
    elif "bool" in node:
        for inner in node["bool"].values():
            if isinstance(inner, list):
                yield from leaves(inner)
    else:
        yield node


def fields_of(node: Any) -> set[str]:
    """Return the fields that the clauses of a query name."""
    if isinstance(node, list):
        return set().union(*map(fields_of, node))
    if not isinstance(node, dict):
        return set()
    found: set[str] = set()
    for name, inner in node.items():
        found |= set(inner) if name in {"term", "terms", "range", "wildcard", "match_phrase"} else fields_of(inner)
    return found


@pytest.mark.parametrize(("said", "value"), [("*?", "*\\*\\?*"), ("\\", "*\\\\*"), ("É", "*é*")])
def test_the_signs_of_a_wildcard_mean_themselves_in_a_short_text(said: str, value: str) -> None:
    clauses = query_of(asked(f"<name>{said}</name>"), sensitive=True)["bool"]["filter"]
    assert clauses[1:] == [{"wildcard": {"names": {"value": value}}}]


def test_a_text_is_looked_for_in_the_names_that_are_asked() -> None:
    def clauses(inner: str) -> list[Any]:
        found: list[Any] = query_of(asked(inner, "organization"), sensitive=True)["bool"]["filter"][1:]
        return found

    primary, other = ({"match_phrase": {field: "50% 0%B %B* B*x"}} for field in ("name_runs", "other_name_runs"))
    for inner, runs, field in (
        ("<primaryName>50% *X</primaryName>", [primary], "primary_name"),
        ("<name>50% *X</name>", [primary, other], "names"),
    ):
        found = list(leaves(clauses(inner)))
        assert [leaf for leaf in found if "match_phrase" in leaf] == runs
        # What an older version made has no runs, and is walked.
        walked = [leaf["wildcard"] for leaf in found if "wildcard" in leaf and "_index" not in leaf["wildcard"]]
        assert walked == [{field: {"value": "*50% \\*x*"}}]
