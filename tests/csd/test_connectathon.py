"""The Connectathon of January 2015: its four directories merged and loaded, asked with the peers' own request files."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import etree

from csd.directories import remove
from csd.loading import load
from csd.names import CSD, SEARCHES
from engine.gateway import Gateway
from tests.csd.conftest import NAMES, fault, ids, post, search, tree
from tests.csd.kit import official_schema
from tests.csd.test_own_directory import changes

ROOT = Path(__file__).resolve().parents[2]
KINDS = {"Organizations": "organization", "Services": "service", "Facilities": "facility", "Providers": "provider"}
EXPECTED = {
    "110-ngo-in-US.xml": ("organization", 2),
    "115-organizations-from-france.xml": ("organization", 2),
    "120-find-organization-by-name.xml": ("organization", 1),
    "230-get-radiology-providers.xml": ("provider", 2),
    "340.xml": ("facility", 1),
    "410-get-inactive-services.xml": ("service", 2),
    "get-all-facilities.xml": ("facility", 3),
    "get-all-providers.xml": ("provider", 9),
    "get-all-services.xml": ("service", 13),
    "get_all_organizations.xml": ("organization", 5),
}
"""Figures of the reference implementation, asked under the functions' present names."""

Load = Callable[[bytes], str]


@pytest.fixture(scope="module")
def loaded(gateway: Gateway) -> Iterator[Load]:
    """Load a document under a new name; all are removed after the module."""
    names: list[str] = []

    def one(document: bytes) -> str:
        name = f"test-{uuid.uuid4().hex[:12]}"
        report = load(gateway, name, [document], own="ror", source="a test")
        assert (report.refusal, report.refused) == (None, 0)
        names.append(name)
        return name

    yield one
    for name in names:
        remove(gateway, name, own="ror")


@pytest.fixture(scope="module")
def connectathon(loaded: Load, reference: Path) -> str:
    """The four directories as one document."""
    root = etree.Element(f"{{{CSD}}}CSD", nsmap={None: CSD})
    for name, kind in KINDS.items():
        file = reference / "directories" / f"CSD-{name}-Connectathon-20150120.xml"
        found = etree.parse(file).getroot().find(f"{{{CSD}}}{kind}Directory")
        assert found is not None
        root.append(found)
    return loaded(etree.tostring(root))


def directory_of(entity: etree._Element) -> str:
    parent = entity.getparent()
    assert parent is not None
    return etree.QName(parent).localname


@pytest.mark.parametrize("name", EXPECTED)
def test_the_peers_own_requests_give_the_numbers_of_the_reference(
    client: FlaskClient, connectathon: str, reference: Path, name: str
) -> None:
    kind, count = EXPECTED[name]
    body = (reference / "requests" / name).read_bytes()
    response = post(client, f"/CSD/csr/{connectathon}/careServicesRequest", body)
    assert len(ids(response)) == count
    assert response.headers["X-Total-Count"] == str(count)
    found = tree(response).xpath("//c:CSD/*/*", namespaces=NAMES)
    assert {directory_of(each) for each in found} == {f"{kind}Directory"}


def test_the_same_requests_to_a_functions_own_address_give_the_same(
    client: FlaskClient, connectathon: str, reference: Path
) -> None:
    for name, (kind, count) in EXPECTED.items():
        request = etree.parse(reference / "requests" / name).getroot()
        params = etree.tostring(request.find(f".//{{{CSD}}}requestParams"))
        path = f"/CSD/csr/{connectathon}/careServicesRequest/{SEARCHES[kind]}"
        assert len(ids(post(client, path, params))) == count


def test_updates_since_the_last_stamp_are_inclusive_and_a_second_later_there_are_none(
    client: FlaskClient, connectathon: str
) -> None:
    response = changes(client, connectathon, "2014-12-13T12:00:00+00:00")
    kinds = [directory_of(each) for each in tree(response).xpath("//c:CSD/*/*", namespaces=NAMES)]
    assert sorted(kinds) == ["facilityDirectory"] * 2 + ["organizationDirectory"] * 3
    assert ids(changes(client, connectathon, "2014-12-13T12:00:01+00:00")) == []
    assert len(ids(changes(client, connectathon, "1970-01-01T00:00:00Z"))) == 5 + 13 + 3 + 9


def test_what_is_sent_is_what_was_loaded_and_valid(
    client: FlaskClient, connectathon: str, reference: Path, shared: Path, tmp_path: Path
) -> None:
    official = official_schema(shared, tmp_path)
    whole = tree(client.get(f"/CSD/directory/{connectathon}/get"))
    assert official.validate(whole), official.error_log
    sent = {each.get("entityID"): plain(each) for each in whole.xpath("/c:CSD/*/*", namespaces=NAMES)}
    for name, kind in KINDS.items():
        file = reference / "directories" / f"CSD-{name}-Connectathon-20150120.xml"
        for each in etree.parse(file).getroot().iterfind(f"{{{CSD}}}{kind}Directory/{{{CSD}}}{kind}"):
            assert sent.pop(each.get("entityID")) == plain(each)
    assert sent == {}


def plain(element: etree._Element) -> bytes:
    """Return an element without the namespaces that only stood around it."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False).strip()


ASKED = [
    ("organization", "<primaryName>connectathon csd idn</primaryName>",
     "contains(low(c:primaryName), 'connectathon csd idn')"),
    ("organization", "<name>ONE</name>", "contains(low(c:primaryName), 'one') or c:otherName[contains(low(.), 'one')]"),
    ("organization", '<codedType code="101-003" codingScheme="1.3.6.1.4.1.21367.100.1"/>',
     "c:codedType[@code='101-003' and @codingScheme='1.3.6.1.4.1.21367.100.1']"),
    ("organization", '<codedType code="101-003"/>', "c:codedType[@code='101-003']"),
    ("organization", '<codedType code="101-003" codingScheme="other"/>', "false()"),
    ("organization", '<address><addressLine component="COUNTRY">france</addressLine></address>',
     "c:address/c:addressLine[low(@component)='country' and low(.)='france']"),
    ("organization", '<address><addressLine component="country"/><addressLine component="city">SANTA FE</addressLine>'
                     "</address>", "c:address/c:addressLine[low(@component)='city' and low(.)='santa fe']"),
    ("provider", '<address><addressLine component="City">santa fe</addressLine><addressLine component="country">usa'
                 "</addressLine></address>",
     "c:demographic/c:address/c:addressLine[low(@component)='city' and low(.)='santa fe'] and "
     "c:demographic/c:address/c:addressLine[low(@component)='country' and low(.)='usa']"),
    ("provider", "<commonName>mcdonald, MARY</commonName>",
     "c:demographic/c:name/c:commonName[contains(low(.), 'mcdonald, mary')]"),
    ("provider", '<language code="EN" codingScheme="bcp 47"/><language code="bn" codingScheme="BCP 47"/>',
     "c:language[@code='en'] and c:language[@code='bn']"),
    ("provider", '<organizations><organization entityID="URN:UUID:08C3286E-2163-462C-B77F-1F431D7351AB"/>'
                 "</organizations>",
     "c:organizations/c:organization[@entityID='urn:uuid:08c3286e-2163-462c-b77f-1f431d7351ab']"),
    ("provider", '<cadre code="105-114" codingScheme="1.3.6.1.4.1.21367.100.1"/>', "c:codedType[@code='105-114']"),
    ("service", '<record status="inactive"/>', "c:record[@status='Inactive']"),
    ("service", '<record status="ACTIVE"/>', "c:record[@status='Active']"),
    ("service", '<id entityID="URN:UUID:8F246DD6-B301-4FBB-B43B-F2F40B3E61D0"/>',
     "@entityID='urn:uuid:8f246dd6-b301-4fbb-b43b-f2f40b3e61d0'"),
    ("facility", '<record updated="2014-12-13T12:00:00"/>', "starts-with(c:record/@updated, '2014-12-13T12:00:00')"),
    ("facility", "<max>0</max>", "false()"),
    ("facility", "<max>-1</max>", "true()"),
    ("facility", "<start>4</start>", "false()"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "inner", "condition"), ASKED)
def test_each_parameter_finds_what_a_plain_reading_of_the_document_finds(
    client: FlaskClient, connectathon: str, kind: str, inner: str, condition: str
) -> None:
    whole = tree(client.get(f"/CSD/directory/{connectathon}/get"))
    path = f"/c:CSD/c:{kind}Directory/c:{kind}[{condition}]/@entityID"
    low = {(None, "low"): lambda _, nodes: "".join(map(str.lower, map(text, nodes)))}
    expected = etree.XPath(path, namespaces=NAMES, extensions=low)(whole)
    assert bool(expected) is (condition != "false()"), "the case must be able to fail"
    assert ids(search(client, connectathon, kind, inner)) == sorted(map(str, expected))


def text(node: object) -> str:
    return str(node) if isinstance(node, str) else "".join(node.itertext())  # type: ignore[attr-defined]


def test_a_provider_is_found_by_older_spelling_and_by_other_id(
    client: FlaskClient, loaded: Load, reference: Path
) -> None:
    providers = loaded((reference / "directories/providers.xml").read_bytes())
    path = f"/CSD/csr/{providers}/careServicesRequest"
    for name, count in (("provider_search_by_id.xml", 1), ("provider_search_encapsulated.xml", 1),
                        ("provider_search_by_otherid.xml", 1), ("get-all-providers.xml", 1014)):  # fmt: skip
        response = post(client, path, (reference / "requests" / name).read_bytes())
        assert len(ids(response)) == count, name
        wrapped = "careServicesResponse" if "encapsulated" in name else "CSD"
        assert etree.QName(tree(response)).localname == wrapped


def outcome(client: FlaskClient, document: str, body: bytes) -> str:
    """Say what becomes of a request."""
    response = post(client, f"/CSD/csr/{document}/careServicesRequest", body)
    if response.status_code != 200:
        return f"{response.status_code}: {fault(response)[1]}"
    found = ids(response)
    wrapped = " in a `careServicesResponse`" if b"careServicesResponse" in response.get_data() else ""
    [kind] = {
        directory_of(each).removesuffix("Directory") for each in tree(response).xpath("//c:CSD/*/*", namespaces=NAMES)
    } or {"entities"}
    return f"{len(found)} {kind if kind == 'entities' else plural(kind, len(found))}{wrapped}"


def plural(kind: str, count: int) -> str:
    return kind if count == 1 else {"facility": "facilities"}.get(kind, f"{kind}s")


def test_the_outcome_of_every_sample_request_is_in_the_documentation(
    client: FlaskClient, connectathon: str, reference: Path
) -> None:
    rows = ["| request | answer |", "| --- | --- |"]
    for file in sorted((reference / "requests").glob("*.xml")):
        rows.append(f"| `{file.name}` | {outcome(client, connectathon, file.read_bytes())} |")
    table = "\n".join(rows)
    page = (ROOT / "docs/csd.md").read_text(encoding="utf-8")
    assert table in page, f"docs/csd.md must hold\n\n{table}\n"
