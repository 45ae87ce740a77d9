"""SOAP 1.2 and WS-Addressing: messages in any white space, faults that say why, answers that name what they answer."""

from __future__ import annotations

import pytest
from lxml import etree

from csd import soap, updates
from csd.names import CSD, SOAP, SOAP_11, WSA
from csd.safe_xml import parse
from csd.soap import SoapRefused
from mappings.errors import InvalidInput
from orientation.errors import MalformedBody

ACTION = updates.REQUEST_ACTION


def envelope(headers: str = "", body: str = "<csd:getModificationsRequest/>", namespace: str = SOAP) -> etree._Element:
    return parse(
        f'<s:Envelope xmlns:s="{namespace}" xmlns:wsa="{WSA}" xmlns:csd="{CSD}"><s:Header>{headers}</s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>".encode()
    )


@pytest.mark.parametrize(
    "headers",
    [
        "",
        f"<wsa:Action>{ACTION}</wsa:Action>",
        f"<wsa:Action s:mustUnderstand='1'>\n  {ACTION}\n</wsa:Action><wsa:To s:mustUnderstand='true'>\n x \n</wsa:To>",
        "<x:trace xmlns:x='urn:x' s:mustUnderstand='0'/>",
        "<x:trace xmlns:x='urn:x' s:mustUnderstand='1' s:role='urn:somebody:else'/>",
        "<wsa:ReplyTo><wsa:Address>http://peer.example/answers</wsa:Address></wsa:ReplyTo>",
    ],
)
def test_a_message_is_taken_with_what_peers_put_around_it(headers: str) -> None:
    assert soap.read_message(envelope(headers), [ACTION]).payload.tag == f"{{{CSD}}}getModificationsRequest"


def test_a_message_without_header_is_taken() -> None:
    root = parse(f'<s:Envelope xmlns:s="{SOAP}"><s:Body><a/></s:Body></s:Envelope>'.encode())
    assert soap.read_message(root, [ACTION]).payload.tag == "a"


def test_the_id_of_a_message_is_kept_without_its_blanks() -> None:
    root = envelope("<wsa:MessageID>\n urn:uuid:1 \n</wsa:MessageID>")
    assert soap.read_message(root, [ACTION]).message_id == soap.message_id(root) == "urn:uuid:1"


@pytest.mark.parametrize(
    ("root", "code", "subcode"),
    [
        (envelope(namespace=SOAP_11), "VersionMismatch", None),
        (envelope(namespace="urn:x"), "VersionMismatch", None),
        (envelope("<wsa:Action>urn:other</wsa:Action>"), "Sender", "ActionNotSupported"),
        (envelope("<x:key xmlns:x='urn:x' s:mustUnderstand='1'/>"), "MustUnderstand", None),
        (envelope(f"<x:key xmlns:x='urn:x' s:mustUnderstand='1' s:role='{SOAP}/role/next'/>"), "MustUnderstand", None),
    ],
)
def test_what_breaks_a_rule_of_soap_is_refused_by_its_code(root: etree._Element, code: str, subcode: str) -> None:
    with pytest.raises(SoapRefused) as caught:
        soap.read_message(root, [ACTION])
    assert (caught.value.code, caught.value.subcode) == (code, subcode)


@pytest.mark.parametrize("body", ["", "<a/><b/>", "text"])
def test_a_body_holds_one_element(body: str) -> None:
    with pytest.raises(MalformedBody, match="one element"):
        soap.read_message(envelope(body=body), [ACTION])


def test_an_answer_names_the_message_it_answers_and_has_an_id_of_its_own() -> None:
    made = ["".join(soap.envelope("urn:a", "urn:uuid:<1>", ["<b/>"])) for _ in range(2)]
    roots = [parse(text.encode()) for text in made]
    ids = {root.findtext(f".//{{{WSA}}}MessageID") for root in roots}
    assert len(ids) == 2 and all(str(each).startswith("urn:uuid:") for each in ids)
    assert roots[0].findtext(f".//{{{WSA}}}RelatesTo") == "urn:uuid:<1>"
    assert roots[0].findtext(f".//{{{WSA}}}Action") == "urn:a"
    assert "RelatesTo" not in "".join(soap.envelope("urn:a", None, []))


def test_a_fault_says_who_is_wrong_and_why_and_carries_the_plain_error() -> None:
    root = parse(soap.fault(400, "a < b", "urn:uuid:1", code="Sender", subcode="ActionNotSupported").encode())
    names = {"s": SOAP, "c": CSD, "w": WSA}
    assert root.xpath("string(//s:Fault/s:Code/s:Value)", namespaces=names) == "soap:Sender"
    assert root.xpath("string(//s:Code/s:Subcode/s:Value)", namespaces=names) == "wsa:ActionNotSupported"
    assert root.xpath("string(//s:Reason/s:Text)", namespaces=names) == "a < b"
    assert root.xpath("string(//s:Detail/c:careServicesResponse/c:error/@code)", namespaces=names) == "400"
    assert root.xpath("string(//w:RelatesTo)", namespaces=names) == "urn:uuid:1"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("2014-12-13T12:00:00+00:00", "2014-12-13T12:00:00+00:00"),
        (" 2014-12-13T13:00:00+01:00\n", "2014-12-13T12:00:00+00:00"),
        ("2014-12-13T12:00:00", "2014-12-13T12:00:00+00:00"),
        ("2014-12-13T12:00:00.5Z", "2014-12-13T12:00:00.500000+00:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"),
    ],
)
def test_the_moment_asked_is_read_with_its_zone_or_as_utc(said: str, read: str) -> None:
    payload = parse(
        f'<getModificationsRequest xmlns="{CSD}"><lastModified>{said}</lastModified></getModificationsRequest>'.encode()
    )
    assert updates.read_last_modified(payload).isoformat() == read


@pytest.mark.parametrize("said", ["", "2014-12-13", "yesterday", "2014-13-01T00:00:00Z", "1e9", "20141213T120000Z"])
def test_a_moment_that_is_none_is_refused(said: str) -> None:
    payload = parse(
        f'<getModificationsRequest xmlns="{CSD}"><lastModified>{said}</lastModified></getModificationsRequest>'.encode()
    )
    with pytest.raises(InvalidInput, match="lastModified"):
        updates.read_last_modified(payload)


@pytest.mark.parametrize(
    "body",
    [
        f'<getModificationsRequest xmlns="{CSD}"/>',
        f'<getModificationsRequest xmlns="{CSD}"><lastModified/><lastModified/></getModificationsRequest>',
        f'<careServicesRequest xmlns="{CSD}"/>',
        "<getModificationsRequest><lastModified>2014-12-13T12:00:00Z</lastModified></getModificationsRequest>",
    ],
)
def test_another_payload_is_refused(body: str) -> None:
    with pytest.raises(MalformedBody):
        updates.read_last_modified(parse(body.encode()))
