"""The bad input list: every one is refused with its status and a reason in XML, never an empty 200, never a 500."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from csd.entity import Entity
from csd.names import CSD, SEARCHES, SOAP, SOAP_11
from csd.updates import REQUEST_ACTION
from tests.csd.conftest import NAMES, fault, ids, post, search, services_request, simple, tree

GOOD = services_request("facility")
UPDATES = (
    f'<s:Envelope xmlns:s="{SOAP}" xmlns:wsa="http://www.w3.org/2005/08/addressing"><s:Header>'
    f"<wsa:Action>{REQUEST_ACTION}</wsa:Action><wsa:MessageID>urn:uuid:1</wsa:MessageID></s:Header><s:Body>"
    f'<getModificationsRequest xmlns="{CSD}"><lastModified>2014-12-13T12:00:00Z</lastModified>'
    "</getModificationsRequest></s:Body></s:Envelope>"
)
BOMB = "<!DOCTYPE a [" + '<!ENTITY l0 "ha">' + "".join(
    f'<!ENTITY l{n} "{"&l" + str(n - 1) + ";" * 1}{("&l" + str(n - 1) + ";") * 9}">' for n in range(1, 10)
) + f']><careServicesRequest xmlns="{CSD}">&l9;</careServicesRequest>'  # fmt: skip
OUTSIDE = (
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    f'<careServicesRequest xmlns="{CSD}">&x;</careServicesRequest>'
)
DEEP = "<a>" * 50_000
TWO = '<codedType code="a" codingScheme="s"/><codedType code="b" codingScheme="s"/>'
ATTRIBUTES = f'<careServicesRequest xmlns="{CSD}" ' + " ".join(f"a{n}=''" for n in range(2000)) + "/>"


@pytest.fixture(scope="session")
def document(new_directory: Callable[[list[Entity]], str]) -> str:
    """A directory of two facilities."""
    return new_directory([simple("facility", "f1"), simple("facility", "f2")])


BODIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "empty"),
    "not XML": (b"hello", 400, "not well-formed"),
    "JSON": (b'{"a": 1}', 400, "not well-formed"),
    "truncated": (GOOD[:-20].encode(), 400, "not well-formed"),
    "two roots": ((GOOD + GOOD).encode(), 400, "not well-formed"),
    "wrong root": (f'<CSD xmlns="{CSD}"/>'.encode(), 400, "careServicesRequest is expected"),
    "no namespace": (GOOD.replace(f' xmlns="{CSD}"', "").encode(), 400, "namespace"),
    "wrong namespace": (GOOD.replace(":2013", ":2014", 1).encode(), 400, "namespace"),
    "neither child": (f'<careServicesRequest xmlns="{CSD}"/>'.encode(), 400, "one function"),
    "unknown function": (GOOD.replace(SEARCHES["facility"], "blah").encode(), 404, "blah"),
    "ad hoc": (f'<careServicesRequest xmlns="{CSD}"><expression/></careServicesRequest>'.encode(), 404, "Ad hoc"),
    "two codedType": (
        services_request("facility", TWO).encode(),
        422, "codedType",
    ),
    "bad date": (services_request("facility", '<record updated="2015-01-20"/>').encode(), 422, "record/@updated"),
    "max of a half": (services_request("facility", "<max>1.5</max>").encode(), 422, "max"),
    "billion laughs": (BOMB.encode(), 400, "refused"),
    "external entity": (OUTSIDE.encode(), 400, "DOCTYPE"),
    "DOCTYPE alone": (b"<!DOCTYPE careServicesRequest>" + GOOD.encode(), 400, "DOCTYPE"),
    "too deep": (DEEP.encode(), 400, "refused"),
    "too many attributes": (ATTRIBUTES.encode(), 400, "attributes"),
    "UTF-16 with a mark": (GOOD.encode("utf-16"), 415, "UTF-8"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-be"), 415, "UTF-8"),
    "UTF-16 declared": (b'<?xml version="1.0" encoding="UTF-16"?>' + GOOD.encode(), 415, "UTF-8"),
    "UTF-32": (GOOD.encode("utf-32"), 415, "UTF-8"),
    "not UTF-8": (GOOD.replace("urn=", "x='\xe9' urn=").encode("latin-1"), 400, "not well-formed"),
    "a NUL": (GOOD.replace("requestParams>", "requestParams>\x00", 1).encode(), 400, "not well-formed"),
    "3 MB": (services_request("facility", f"<name>{'a' * 3_000_000}</name>").encode(), 413, "bytes"),
}  # fmt: skip

PLAIN_ONLY = {"unknown function", "bad date", "two codedType", "ad hoc", "max of a half"}
"""Wrong in what they ask, which another transaction does not look at."""


@pytest.mark.parametrize("case", BODIES)
def test_a_bad_body_is_refused_with_the_reason(client: FlaskClient, document: str, case: str) -> None:
    body, status, says = BODIES[case]
    response = post(client, f"/csd/csr/{document}/careServicesRequest", body)
    assert (response.status_code, fault(response)[0]) == (status, status)
    assert response.mimetype == "text/xml"
    if status != 413:
        assert says in fault(response)[1]


@pytest.mark.parametrize("case", sorted(BODIES.keys() - PLAIN_ONLY))
def test_a_bad_body_is_refused_by_a_soap_fault_where_soap_is_spoken(
    client: FlaskClient, document: str, case: str
) -> None:
    body, status, _ = BODIES[case]
    response = post(client, f"/csd/getUpdatedServices/{document}/get", body, "application/soap+xml")
    assert response.status_code == status
    assert response.mimetype == "application/soap+xml"
    assert tree(response).xpath("string(//s:Fault/s:Code/s:Value)", namespaces=NAMES) in {
        "soap:Sender", "soap:VersionMismatch",
    }  # fmt: skip
    assert tree(response).xpath("string(//s:Fault/s:Reason/s:Text)", namespaces=NAMES)


def test_the_good_bodies_beside_the_bad_ones_are_taken(client: FlaskClient, document: str) -> None:
    assert ids(search(client, document, "facility")) == ["f1", "f2"]
    assert len(ids(post(client, f"/csd/getUpdatedServices/{document}/get", UPDATES, "application/soap+xml"))) == 2


def test_a_hundred_megabytes_are_refused_without_being_read(client: FlaskClient, document: str) -> None:
    class Endless:
        taken = 0

        def read(self, size: int = -1) -> bytes:
            Endless.taken += 65536 if size < 0 else size
            return b" " * (65536 if size < 0 else size)

        readline = read

    body = {"wsgi.input": Endless(), "CONTENT_LENGTH": str(100 * 2**20)}
    path = f"/csd/csr/{document}/careServicesRequest"
    response = client.post(path, environ_overrides=body, content_type="text/xml")
    assert (response.status_code, fault(response)[0]) == (413, 413)
    assert Endless.taken < 4 * 2**20


def test_a_gzip_bomb_is_refused_and_honest_gzip_is_taken(client: FlaskClient, document: str) -> None:
    path, packed = f"/csd/csr/{document}/careServicesRequest", {"Content-Encoding": "gzip"}
    assert ids(post(client, path, gzip.compress(GOOD.encode()), headers=packed)) == ["f1", "f2"]
    bomb = gzip.compress(b" " * 60 * 2**20)
    assert len(bomb) < 100_000
    assert fault(post(client, path, bomb, headers=packed))[0] == 413
    assert fault(post(client, path, gzip.compress(GOOD.encode())[:-30], headers=packed))[0] == 400
    assert fault(post(client, path, GOOD, headers=packed))[0] == 400
    assert fault(post(client, path, GOOD, headers={"Content-Encoding": "br"}))[0] == 415


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/x-www-form-urlencoded", "image/png"])
def test_another_type_is_415(client: FlaskClient, document: str, kind: str) -> None:
    response = post(client, f"/csd/csr/{document}/careServicesRequest", GOOD, kind)
    assert (response.status_code, fault(response)[0]) == (415, 415)


@pytest.mark.parametrize(
    "kind", ["text/xml", "application/xml", "text/xml; charset=utf-8", "TEXT/XML", "application/xml;charset=ISO-8859-1"]
)
def test_the_types_that_peers_send_are_taken(client: FlaskClient, document: str, kind: str) -> None:
    assert ids(post(client, f"/csd/csr/{document}/careServicesRequest", GOOD, kind)) == ["f1", "f2"]


@pytest.mark.parametrize("name", ["nowhere", "no where", "%2e%2e", "*", "a,b", "_all", "x" * 300, "é"])
def test_an_unknown_document_is_404_on_every_address(client: FlaskClient, name: str) -> None:
    for path, body in (("csr/{}/careServicesRequest", GOOD), ("getUpdatedServices/{}/get", UPDATES)):
        response = post(client, f"/csd/{path.format(name)}", body)
        assert (response.status_code, fault(response)[0]) == (404, 404)
        assert "documents.json" in fault(response)[1]
    for path in ("directory/{}/get", "directory/{}/get/facility/f1", "getUpdatedServices/{}/get",
                 "getUpdatedServices/{}/soap?mtime=2014-12-13T12:00:00Z"):  # fmt: skip
        assert client.get(f"/csd/{path.format(name)}").status_code == 404


def test_an_unknown_function_entity_schema_or_kind_is_404(client: FlaskClient, document: str) -> None:
    own = f"/csd/csr/{document}/careServicesRequest/urn:x"
    assert fault(post(client, own, f'<requestParams xmlns="{CSD}"/>')) == (
        404, "No registered function with URN='urn:x'.",
    )  # fmt: skip
    assert client.get(own).status_code == 404
    assert client.get("/csd/functions/urn:x").status_code == 404
    assert client.get(f"/csd/directory/{document}/get/facility/f3").status_code == 404
    assert client.get(f"/csd/directory/{document}/get/unit/f1").status_code == 404
    assert client.get("/csd/schema/other.xsd").status_code == 404
    assert client.get("/csd/schema/..%2fnames.py").status_code == 404
    assert fault(client.post(f"/csd/csr/{document}/adhoc", data={"adhoc": "//facility"}))[0] == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((SOAP, SOAP_11), "soap:VersionMismatch"),
        ((REQUEST_ACTION, "urn:other"), "soap:Sender"),
        (("2014-12-13T12:00:00Z", "yesterday"), "soap:Sender"),
        (("2014-12-13T12:00:00Z", ""), "soap:Sender"),
        (("<wsa:MessageID>", '<x:k xmlns:x="urn:x" s:mustUnderstand="1"/><wsa:MessageID>'), "soap:MustUnderstand"),
    ],
)
def test_a_message_that_breaks_a_rule_is_a_fault_that_names_the_message(
    client: FlaskClient, document: str, change: tuple[str, str], code: str
) -> None:
    assert change[0] in UPDATES
    response = post(client, f"/csd/getUpdatedServices/{document}/get", UPDATES.replace(*change), "application/soap+xml")
    root = tree(response)
    assert response.status_code == 400
    assert root.xpath("string(//s:Fault/s:Code/s:Value)", namespaces=NAMES) == code
    assert root.xpath("string(//w:RelatesTo)", namespaces=NAMES) == "urn:uuid:1"


def test_a_ready_request_needs_a_moment(client: FlaskClient, document: str) -> None:
    assert fault(client.get(f"/csd/getUpdatedServices/{document}/soap"))[0] == 422
