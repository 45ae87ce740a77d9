"""Our own document: found by the four functions, whole, valid, and by the rights of who asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse

from csd import updates
from csd.mapping.identity import ROR, UNIT_ID, facility_id, legal_entity_id, service_id, site_id
from csd.mapping.reading import unit_of
from csd.names import CSD, SEARCHES, SOAP, WSA
from csd.updates import REQUEST_ACTION
from csd.validation import faults
from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from mappings.nomenclature import nomenclature
from mappings.schema.unit import unit_to_dict
from orientation.settings import Settings
from tests.csd.conftest import NAMES, fault, ids, post, search, tree
from tests.csd.kit import official_schema
from tests.csd.own import Own, own_directory
from tests.factory import NOW, make_beds, make_place, make_site, make_unit

SEEN = {**NAMES, "r": ROR}
HAVRE = make_site(name="GH du Havre", finess="760780726", legal_entity=None)


@pytest.fixture(scope="module")
def own(settings: Settings, gateway: Gateway, gazetteer: Gazetteer) -> Iterator[Own]:
    """A few units: with beds, sensitive, of another site, with a site that says something else than the first."""
    units = [
        make_unit(places=(make_place(id="P1", capacities=make_beds()),)),
        make_unit(id="SECRET-1", sensitive=True, name="Unité sensible"),
        make_unit(id="LH-1", name="Chirurgie (côté mer) 100% *?", site=HAVRE, updated_at=NOW - timedelta(days=30),
                  places=(make_place(id="LH-P1", insee="76351"),)),
        make_unit(id="OTHER-1", site=replace(make_site(), usual_name="Charles-Nicolle")),
    ]  # fmt: skip
    with own_directory(settings, gateway, gazetteer, units, NOW) as made:
        yield made


@pytest.fixture(scope="module")
def official(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    """The official schema of CSD."""
    return official_schema(shared, tmp_path_factory.mktemp("schema"))


def found(own: Own, inner: str, kind: str = "facility", profile: int = 1) -> list[str]:
    """Return the ids of our units of the facilities found, or else the entity ids."""
    names = {facility_id(unit.id): unit.id for unit in own.units}
    return sorted(names.get(each, each) for each in ids(search(own.client(profile), own.name, kind, inner)))


def test_a_facility_is_found_by_id_other_id_code_name_address_organization_and_status(own: Own) -> None:
    activity = nomenclature().criterion("activity").oid
    everything = ["LH-1", "OTHER-1", "SECRET-1", "UNIT-1"]
    assert found(own, "") == everything
    assert found(own, f'<id entityID="{facility_id("LH-1").upper()}"/>') == ["LH-1"]
    assert found(own, f'<otherID code="lh-1" assigningAuthorityName="{UNIT_ID}"/>') == ["LH-1"]
    assert found(own, f'<codedType code="127" codingScheme="{activity}"/>') == everything
    assert found(own, f'<codedType code="128" codingScheme="{activity}"/>') == []
    assert found(own, "<primaryName>CÔTÉ MER) 100% *?</primaryName>") == ["LH-1"]
    assert found(own, "<primaryName>cote mer</primaryName>") == []
    assert found(own, "<name>10?</name>") == []
    assert found(own, '<address><addressLine component="communeCode">76351</addressLine></address>') == ["LH-1"]
    assert found(own, '<address><addressLine component="City">rouen</addressLine></address>') == everything
    site = site_id(unit_to_dict(own.units[0])["site"])
    inside = f"<organizations><organization entityID='{site}'/></organizations>"
    assert found(own, inside) == ["OTHER-1", "SECRET-1", "UNIT-1"]
    assert found(own, '<record status="ACTIVE"/>') == everything
    assert found(own, '<record status="Inactive"/>') == []
    assert found(own, f'<record updated="{(NOW - timedelta(days=10)).isoformat()}"/><record/>') == everything[1:]
    assert found(own, '<record updated="2030-01-01T00:00:00Z"/>') == []


def test_structures_are_organizations_and_kinds_of_care_are_services(own: Own) -> None:
    site = unit_to_dict(own.units[0])["site"]
    legal = legal_entity_id(site["legal_entity"])
    assert legal is not None
    havre = site_id(unit_to_dict(own.units[2])["site"])
    assert found(own, "", "organization") == sorted([site_id(site), legal, havre])
    assert found(own, f'<parent entityID="{legal}"/>', "organization") == [site_id(site)]
    assert found(own, '<parent entityID=""/>', "organization") == sorted([legal, havre])
    assert found(own, '<otherID code="760780239"/>', "organization") == [site_id(site)]
    assert found(own, "", "service") == [service_id("127", "28")]
    assert found(own, "", "provider") == []


def test_pages_cut_the_order_by_entity_id(own: Own) -> None:
    client = own.client()
    every = ids(search(client, own.name, "facility"))
    assert every == sorted(every)
    assert ids(search(client, own.name, "facility", "<start>2</start><max>2</max>")) == every[1:3]
    response = search(client, own.name, "facility", "<start>9</start><max>2</max>")
    assert (ids(response), response.headers["X-Total-Count"]) == ([], "4")
    assert ids(search(client, own.name, "facility", "<max>0</max>")) == []


def test_every_document_sent_is_valid_against_the_official_schema_and_ours(own: Own, official: etree.XMLSchema) -> None:
    client = own.client()
    answers = [client.get(f"/csd/directory/{own.name}/get"), *(search(client, own.name, kind) for kind in SEARCHES)]
    answers += [client.get(f"/csd/directory/{own.name}/get/facility/{facility_id('LH-1')}")]
    assert len(ids(answers[0])) == 4 + 3 + 1
    for answer in answers:
        root = tree(answer)
        assert official.validate(root), official.error_log
        assert faults(root) == []


def test_a_unit_read_back_from_what_is_sent_is_the_unit_with_its_counts(own: Own) -> None:
    root = tree(own.client().get(f"/csd/directory/{own.name}/get"))
    organizations = {
        each.get("entityID", ""): each
        for each in root.iter(f"{{{CSD}}}organization")
        if each.find(f"{{{CSD}}}record") is not None
    }
    read = {unit["id"]: unit for each in root.iter(f"{{{CSD}}}facility") for unit in [unit_of(each, organizations.get)]}
    for unit in own.units:
        assert read[unit.id] == unit_to_dict(unit)


def test_what_a_profile_may_not_see_is_absent(own: Own) -> None:
    assert found(own, "", profile=0) == ["LH-1", "OTHER-1", "UNIT-1"]
    public = own.client(0)
    assert "SECRET" not in public.get(f"/csd/directory/{own.name}/get").get_data(as_text=True)
    hidden = public.get(f"/csd/directory/{own.name}/get/facility/{facility_id('SECRET-1')}")
    assert (hidden.status_code, fault(hidden)[0]) == (404, 404)
    for profile, contacts in ((0, ["Contact 1"]), (1, ["Contact 1", "Contact 2", "Contact 3"])):
        one = own.client(profile).get(f"/csd/directory/{own.name}/get/facility/{facility_id('UNIT-1')}")
        said = tree(one).xpath("//c:facility/c:contact//c:commonName/text()", namespaces=NAMES)
        assert said == contacts
    counts = "//r:capacities[@status='02']"
    of_unit = f"/csd/directory/{own.name}/get/facility/{facility_id('UNIT-1')}"
    assert len(tree(own.client(1).get(of_unit)).xpath(counts, namespaces=SEEN)) == 1
    assert tree(public.get(of_unit)).xpath(counts, namespaces=SEEN) == []


def test_a_client_of_2015_sends_its_key_as_the_password_of_http_basic(own: Own) -> None:
    key = "a key of the operator"
    chosen = replace(own.settings, write_keys=(("ihris", key),), anonymous_profile=0)
    keyed = replace(own, settings=chosen, apps={}).client(0)
    path, body = f"/CSD/csr/{own.name}/careServicesRequest/{SEARCHES['facility']}", f'<requestParams xmlns="{CSD}"/>'
    assert len(ids(post(keyed, path, body, auth=("ihris", key)))) == 3
    for auth in (("ihris", "another"), ("ihris", ""), (key, "")):
        refused = post(keyed, path, body, auth=auth)
        assert (refused.status_code, fault(refused)[0]) == (401, 401)


def test_a_function_is_called_under_both_prefixes_in_any_case_and_wrapped_on_demand(
    own: Own, official: etree.XMLSchema
) -> None:
    client = own.client()
    raw = search(client, own.name, "facility")
    body = f'<requestParams xmlns="{CSD}"/>'
    for prefix in ("csd", "CSD"):
        path = f"/{prefix}/csr/{own.name.upper()}/careServicesRequest/{SEARCHES['facility']}"
        assert post(client, path, body).get_data() == raw.get_data()
    wrapped = search(client, own.name, "facility", attributes='encapsulated="true"')
    root = tree(wrapped)
    assert official.validate(root), official.error_log
    assert (root.tag, root.get("content-type")) == (f"{{{CSD}}}careServicesResponse", "text/xml")
    assert ids(wrapped) == ids(raw)
    assert raw.content_type == "text/xml;charset=UTF-8"
    assert tree(raw).tag == f"{{{CSD}}}CSD"


def test_the_documents_are_listed_with_addresses_that_work(own: Own) -> None:
    client = own.client()
    for prefix in ("csd", "CSD"):
        listed = client.get(f"/{prefix}/documents.json").get_json()[own.name]
        assert listed["careServicesRequest"] == f"http://localhost/{prefix}/csr/{own.name}/careServicesRequest"
        address = listed["careServicesRequests"][SEARCHES["facility"]]
        assert address == f"{listed['careServicesRequest']}/{SEARCHES['facility']}"
        assert len(ids(post(client, address.removeprefix("http://localhost"), f'<requestParams xmlns="{CSD}"/>'))) == 4


def test_each_function_is_described_by_a_valid_document(own: Own, official: etree.XMLSchema) -> None:
    for urn in [*SEARCHES.values(), "urn:uuid:c7640530-f600-11e2-b778-0800200c9a66"]:
        response = own.client().get(f"/csd/functions/{urn}")
        assert official.validate(tree(response)), official.error_log
    assert tree(response).get("urn") == SEARCHES["facility"]


def test_the_integration_statement_and_the_schemas_are_served(own: Own) -> None:
    page = own.client().get("/csd/").get_data(as_text=True)
    for said in ("ITI-73", "ITI-74", "ITI-75", own.name, *SEARCHES.values(), "XQuery", "ATNA"):
        assert said in page
    for name in ("csd.xsd", "ror.xsd", "xml.xsd"):
        assert f"/csd/schema/{name}" in page
        assert tree(own.client().get(f"/csd/schema/{name}")).tag.endswith("}schema")


def changes(client: FlaskClient, document: str, since: str, message_id: str = "urn:uuid:42") -> TestResponse:
    message = (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:wsa="{WSA}"><s:Header><wsa:Action s:mustUnderstand="1">{REQUEST_ACTION}'
        f"</wsa:Action><wsa:MessageID>{message_id}</wsa:MessageID></s:Header><s:Body>"
        f'<getModificationsRequest xmlns="{CSD}"><lastModified>{since}</lastModified></getModificationsRequest>'
        "</s:Body></s:Envelope>"
    )
    return post(client, f"/CSD/getUpdatedServices/{document}/get", message, "application/soap+xml; action=x")


def test_what_changed_since_a_moment_is_sent_whole_in_a_message_that_names_the_question(
    own: Own, official: etree.XMLSchema
) -> None:
    response = changes(own.client(), own.name, (NOW - timedelta(days=10)).isoformat())
    root = tree(response)
    assert response.mimetype == "application/soap+xml"
    assert root.xpath("string(//w:RelatesTo)", namespaces=NAMES) == "urn:uuid:42"
    assert root.xpath("string(//w:Action)", namespaces=NAMES) == updates.RESPONSE_ACTION
    assert root.xpath("string(//w:MessageID)", namespaces=NAMES).startswith("urn:uuid:")
    [document] = root.xpath("//s:Body/c:getModificationsResponse/c:CSD", namespaces=NAMES)
    assert official.validate(etree.ElementTree(document)), official.error_log
    assert facility_id("LH-1") not in ids(response)
    assert facility_id("UNIT-1") in ids(response)
    assert len(ids(changes(own.client(), own.name, "2000-01-01T00:00:00Z"))) == 8
    assert ids(changes(own.client(), own.name, "2030-01-01T00:00:00Z")) == []
    assert facility_id("SECRET-1") not in ids(changes(own.client(0), own.name, "2000-01-01T00:00:00Z"))


def test_the_wsdl_and_a_ready_request_name_the_address_that_answers(own: Own) -> None:
    client = own.client()
    wsdl = tree(client.get(f"/csd/getUpdatedServices/{own.name}/get?wsdl"))
    address = f"http://localhost/csd/getUpdatedServices/{own.name}/get"
    [port] = wsdl.iter("{http://schemas.xmlsoap.org/wsdl/soap12/}address")
    assert port.get("location") == address
    ready = client.get(f"/csd/getUpdatedServices/{own.name}/soap?mtime=2000-01-01T00:00:00Z")
    assert tree(ready).xpath("string(//w:To)", namespaces=NAMES) == address
    assert len(ids(post(client, f"/csd/getUpdatedServices/{own.name}/get", ready.get_data(), "text/xml"))) == 8
