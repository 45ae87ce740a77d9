"""The orientation function: the order of the JSON search, with rank, distance, reasons, and beds with their age."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from xml.sax.saxutils import escape

import pytest
from lxml import etree
from werkzeug.test import TestResponse

from csd.answering import GET_SERVICES, GOT_SERVICES
from csd.functions import orientation
from csd.mapping.identity import ROR, facility_id
from csd.names import CSD, SOAP, WSA
from csd.validation import faults
from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from orientation.question.schema import SCHEMA
from orientation.settings import Settings
from tests.asking import Questioner
from tests.csd.conftest import NAMES, fault, post, tree
from tests.csd.kit import official_schema
from tests.csd.own import Own, own_directory
from tests.random_region import AS_OF, random_units

SEEN = {**NAMES, "r": ROR}
PLACES = ("insee:76540", "insee:75056", "insee:14118", "insee:27229", "76000")
ASKED = {"place": ["Rouen"], "radius": ["200km"], "use_case": ["destination"], "age": ["40"]}


@pytest.fixture(scope="module")
def own(settings: Settings, gateway: Gateway, gazetteer: Gazetteer) -> Iterator[Own]:
    """A region of odd units."""
    with own_directory(settings, gateway, gazetteer, random_units(Random(5), 250), AS_OF) as made:
        yield made


@pytest.fixture(scope="module")
def official(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    """The official schema of CSD."""
    return official_schema(shared, tmp_path_factory.mktemp("schema"))


def request(arguments: dict[str, list[str]], more: str = "", attributes: str = "") -> str:
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, values in arguments.items() for value in values)
    return (
        f'<careServicesRequest xmlns="{CSD}"><function urn="{orientation.URN}" {attributes}>'
        f"<requestParams>{inner}{more}</requestParams></function></careServicesRequest>"
    )


def ask(
    own: Own, arguments: dict[str, list[str]], more: str = "", profile: int = 1, attributes: str = ""
) -> TestResponse:
    path = f"/csd/csr/{own.name}/careServicesRequest"
    return post(own.client(profile), path, request(arguments, more, attributes))


def units_of(own: Own, response: TestResponse) -> list[str]:
    assert response.status_code == 200, response.get_data(as_text=True)
    by_entity = {facility_id(unit.id): unit.id for unit in own.units}
    found = tree(response).xpath("//c:facility/@entityID", namespaces=NAMES)
    return [by_entity[each] for each in found]


def by_json(own: Own, arguments: dict[str, list[str]], profile: int = 1) -> list[dict[str, Any]]:
    """Return the results of the JSON search on all its pages."""
    client, results, cursor = own.client(profile), [], None
    while True:
        query = arguments | {"size": ["100"], "facets": ["none"]} | ({"cursor": [cursor]} if cursor else {})
        said = client.get("/api/v1/orientations", query_string=query).get_json()
        results += said["results"]
        cursor = said["next"]
        if cursor is None:
            return results


def test_the_function_and_the_json_search_give_the_same_order_on_random_questions(own: Own) -> None:
    questioner = Questioner(Random(11), own.units, PLACES, AS_OF)
    answered = 0
    for _ in range(40):
        arguments, profile = questioner.ask()
        wanted = {name: values for name, values in arguments.items() if name not in {"size", "facets"}}
        expected = [result["unit"]["id"] for result in by_json(own, wanted, profile)]
        response = ask(own, wanted, profile=profile)
        assert units_of(own, response) == expected, (wanted, profile)
        assert response.headers["X-Total-Count"] == str(len(expected))
        answered += bool(expected)
    assert answered > 20


def test_start_and_max_cut_pages_that_neither_repeat_nor_skip(own: Own) -> None:
    every = units_of(own, ask(own, ASKED))
    assert len(every) > 30
    pages = [units_of(own, ask(own, ASKED, f"<start>{start}</start><max>7</max>")) for start in range(1, len(every), 7)]
    assert [unit for page in pages for unit in page] == every
    assert units_of(own, ask(own, ASKED, f"<start>{len(every) + 1}</start>")) == []
    assert units_of(own, ask(own, ASKED, "<max>0</max>")) == []
    assert units_of(own, ask(own, ASKED, "<start/><max>-1</max>")) == every


def test_the_extension_says_what_the_json_search_says(own: Own) -> None:
    results = by_json(own, ASKED)
    said = tree(ask(own, ASKED)).xpath("//c:extension[@type='orientation']/r:orientation", namespaces=SEEN)
    assert len(said) == len(results)
    with_beds = 0
    for element, result in zip(said, results, strict=True):
        assert element.get("rank") == str(result["rank"])
        assert element.get("distanceM") == (None if result["distance_m"] is None else str(result["distance_m"]))
        reasons = [(why.get("reason"), why.text) for why in element.xpath("r:why", namespaces=SEEN)]
        assert reasons == [(why["reason"], why["label"]) for why in result["why"]]
        beds = element.find(f"{{{ROR}}}beds")
        if result["beds"] is None:
            assert beds is None
            continue
        with_beds += 1
        assert beds.get("observedAt") == result["beds"]["observed_at"]
        assert beds.get("ageS") == str(result["beds"]["age_s"])
        for name in ("available", "installed", "closed"):
            known = result["beds"][name]
            assert beds.get(name) == (None if known is None else str(known))
    assert with_beds > 5


def test_every_answer_is_valid_against_the_official_schema_and_ours(own: Own, official: etree.XMLSchema) -> None:
    for attributes in ("", 'encapsulated="true"'):
        root = tree(ask(own, ASKED, attributes=attributes))
        assert official.validate(root), official.error_log
        [document] = root.xpath("descendant-or-self::c:CSD", namespaces=NAMES)
        assert faults(document) == []


def test_it_is_asked_by_plain_post_by_its_own_address_and_by_soap(own: Own, official: etree.XMLSchema) -> None:
    client, arguments = own.client(), {"place": ["Rouen"], "radius": ["50km"]}
    expected = units_of(own, ask(own, arguments))
    params = "<place>Rouen</place><radius>50km</radius>"
    path = f"/CSD/csr/{own.name.upper()}/careServicesRequest"
    alone = post(client, f"{path}/{orientation.URN}", f'<requestParams xmlns="{CSD}">{params}</requestParams>')
    assert units_of(own, alone) == expected != []
    message = (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:wsa="{WSA}"><s:Header><wsa:Action>{GET_SERVICES}</wsa:Action>'
        f"<wsa:MessageID>urn:uuid:7</wsa:MessageID></s:Header><s:Body>{request(arguments)}</s:Body></s:Envelope>"
    )
    soap = post(client, path, message, "application/soap+xml; charset=utf-8")
    assert soap.mimetype == "application/soap+xml"
    assert units_of(own, soap) == expected
    root = tree(soap)
    assert root.xpath("string(//w:Action)", namespaces=SEEN) == GOT_SERVICES
    assert root.xpath("string(//w:RelatesTo)", namespaces=SEEN) == "urn:uuid:7"
    [inside] = root.xpath("//s:Body/*", namespaces=SEEN)
    assert official.validate(etree.ElementTree(inside)), official.error_log
    wrong = post(client, path, message.replace("50km", "5 parsecs"), "application/soap+xml")
    assert (wrong.status_code, fault(wrong)[0]) == (400, 400)


def test_codes_by_the_oid_of_their_list_and_a_geocode_are_the_parameters_they_stand_for(own: Own) -> None:
    unit = next(unit for unit in own.units if unit.places and unit.places[0].point)
    lat, lon = unit.places[0].point.lat, unit.places[0].point.lon  # type: ignore[union-attr]
    arguments = {
        "lat": [f"{lat:.5f}"],
        "lon": [f"{lon:.5f}"],
        "activity": list(unit.activities),
        "mode": [unit.care_mode],
    }
    listed = oid("activity")
    coded = "".join(f'<codedType code="{code}" codingScheme="{listed}"/>' for code in unit.activities)
    said = (
        f"<geocode><latitude>{lat:.5f}</latitude><longitude>{lon:.5f}</longitude></geocode>{coded}"
        f'<codedType code="{unit.care_mode}" codingScheme="{oid("mode")}"/><codedType/>'
    )
    assert units_of(own, ask(own, {}, said)) == units_of(own, ask(own, arguments)) != []


def oid(parameter: str) -> str:
    from mappings.nomenclature import nomenclature

    return nomenclature().criterion(parameter).oid


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("<activty>127</activty>", "activity"),
        ("<activity>999</activity>", "activity"),
        ("<place>Rouen</place><place>Caen</place>", "place"),
        ("<size>3</size>", "size"),
        ("<max>few</max>", "max"),
        ('<codedType code="1" codingScheme="urn:x"/>', "codingScheme"),
        ('<activity xmlns="">127</activity>', "namespace"),
        ("<sort>distance</sort>", "origin"),
    ],
)
def test_what_breaks_a_rule_of_the_search_is_refused_by_its_name(own: Own, said: str, names: str) -> None:
    response = ask(own, {}, said)
    assert (response.status_code, fault(response)[0]) == (422, 422)
    assert names in fault(response)[1]


def test_what_a_profile_may_not_see_is_absent_here_too(own: Own) -> None:
    hidden = {unit.id for unit in own.units if unit.sensitive}
    seen = set(units_of(own, ask(own, {}, profile=0)))
    everything = set(units_of(own, ask(own, {}, profile=1)))
    assert len(hidden & everything) > 5
    assert seen == everything - hidden
    assert tree(ask(own, ASKED, profile=0)).xpath("//r:orientation/r:beds", namespaces=SEEN) == []
    refused = ask(own, {"beds_min": ["1"]}, profile=0)
    assert (refused.status_code, fault(refused)[0]) == (403, 403)


def test_warnings_and_the_radius_used_are_told(own: Own) -> None:
    response = ask(own, {"place": ["Rouen"], "activity": ["127"], "open_at": ["2026-11-24T20:30:00"]})
    assert any("Paris" in warning for warning in json.loads(response.headers["X-Warnings"]))
    assert int(response.headers["X-Radius-M"]) > 0


def test_the_function_is_described_at_its_address_for_our_document_only(own: Own, official: etree.XMLSchema) -> None:
    client = own.client()
    for path in (f"/csd/functions/{orientation.URN}", f"/csd/csr/{own.name}/careServicesRequest/{orientation.URN}"):
        root = tree(client.get(path))
        assert official.validate(root), official.error_log
        listed = {str(item.text).split(":")[0] for item in root.iter(f"{{{CSD}}}li")}
        assert SCHEMA.fields.keys() - {"size", "cursor", "facets", "format", "peers"} <= listed
    documents = client.get("/csd/documents.json").get_json()
    assert orientation.URN in documents[own.name]["careServicesRequests"]
    others = [each for name, each in documents.items() if name != own.name]
    assert all(orientation.URN not in each["careServicesRequests"] for each in others)
