"""The envelope: which function is called, how, and with which parameters; every spelling that peers have used."""

from __future__ import annotations

from pathlib import Path

import pytest

from csd.envelope import Call, elements, error, local_name, read_parameters, read_request, wrapped
from csd.names import ADHOC, CSD, SEARCHES, current_urn
from csd.safe_xml import parse
from mappings.errors import NotFound
from orientation.errors import MalformedBody

FACILITY = SEARCHES["facility"]


def call(inner: str, attributes: str = f'urn="{FACILITY}"') -> Call:
    function = f"<function {attributes}>{inner}</function>"
    return read_request(parse(f'<careServicesRequest xmlns="{CSD}">{function}</careServicesRequest>'.encode()))


def names(found: Call) -> list[str]:
    return [local_name(each) for each in found.parameters]


def test_the_parameters_of_a_call_are_those_of_its_request_params() -> None:
    found = call("<requestParams><start/><max>3</max></requestParams>")
    assert (found.urn, names(found), found.encapsulated, found.loose) == (FACILITY, ["start", "max"], False, False)


def test_parameters_directly_under_the_function_are_read_as_the_official_examples_write_them() -> None:
    found = call('<codedType code="OPC" codingScheme="USDVA"/><max>5</max>')
    assert (names(found), found.loose) == (["codedType", "max"], True)


@pytest.mark.parametrize(
    ("said", "wraps"),
    [("", False), ('encapsulated="false"', False), ('encapsulated="0"', False), ('encapsulated=""', False),
     ('encapsulated="True"', False), ('encapsulated="yes"', False), ('encapsulated="true"', True),
     ('encapsulated=" 1 "', True)],
)  # fmt: skip
def test_an_answer_is_wrapped_on_an_explicit_true_only(said: str, wraps: bool) -> None:
    assert call("<requestParams/>", f'urn="{FACILITY}" {said}').encapsulated is wraps


@pytest.mark.parametrize(
    ("spelling", "urn"),
    [
        ("urn:uuid:c7640530-f600-11e2-b778-0800200c9a66", FACILITY),
        ("c7640530-f600-11e2-b778-0800200c9a66", FACILITY),
        ("C7640530-F600-11E2-B778-0800200C9A66", FACILITY),
        ("urn:uuidc7640530-f600-11e2-b778-0800200c9a66", FACILITY),
        ("urn:uudi:4e8bbeb9-f5f5-11e2-b778-0800200c9a66", SEARCHES["provider"]),
        ("urn:uuid:dc6aedf0-f609-11e2-b778-0800200c9a66", SEARCHES["organization"]),
        ("urn:uuid:c6aedf0-f609-11e2-b778-0800200c9a66", SEARCHES["organization"]),
        ("urn:uuid:e3d8ecd0-f605-11e2-b778-0800200c9a66", SEARCHES["service"]),
        (FACILITY, FACILITY),
        ("urn:uuid:00000000-f600-11e2-b778-0800200c9a66", "urn:uuid:00000000-f600-11e2-b778-0800200c9a66"),
        ("blah blah invalid", "blah blah invalid"),
    ],
)
def test_a_function_is_known_by_its_older_names(spelling: str, urn: str) -> None:
    assert current_urn(spelling) == urn
    assert call("<requestParams/>", f'urn=" {spelling} "').urn == urn
    assert call("<requestParams/>", f'uuid="{spelling}"').urn == urn


def test_the_request_of_the_change_proposal_names_the_function_itself() -> None:
    root = parse(f'<careServicesRequest xmlns="{CSD}" urn="{FACILITY}"><requestParams><max>1</max></requestParams>'
                 "</careServicesRequest>".encode())  # fmt: skip
    assert read_request(root) == Call(FACILITY, elements(root[0]))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (f'<CSD xmlns="{CSD}"/>', "careServicesRequest is expected"),
        ("<careServicesRequest/>", "must be in the namespace"),
        ('<careServicesRequest xmlns="urn:ihe:iti:csd:2014"/>', "not in urn:ihe:iti:csd:2014"),
        (f'<careServicesRequest xmlns="{CSD}"/>', "must hold one function"),
        (f'<careServicesRequest xmlns="{CSD}"><function/></careServicesRequest>', "urn is missing"),
        (f'<careServicesRequest xmlns="{CSD}"><function urn=" "/></careServicesRequest>', "urn is missing"),
        (f'<careServicesRequest xmlns="{CSD}"><function urn="a"/><function urn="b"/></careServicesRequest>', "one"),
        (f'<careServicesRequest xmlns="{CSD}"><function xmlns="" urn="a"/></careServicesRequest>', "namespace"),
        (f'<careServicesRequest xmlns="{CSD}"><thing/></careServicesRequest>', "must hold one function"),
    ],
)
def test_an_envelope_that_is_none_is_refused_with_the_reason(body: str, says: str) -> None:
    with pytest.raises(MalformedBody, match=says):
        read_request(parse(body.encode()))


@pytest.mark.parametrize(
    "inner",
    ['<requestParams xmlns=""/>', "<requestParams/><requestParams/>", "<requestParams/><max>1</max>"],
)
def test_request_params_of_no_namespace_or_beside_others_are_refused_and_not_passed_over(inner: str) -> None:
    with pytest.raises(MalformedBody):
        call(inner)


@pytest.mark.parametrize("said", ["", "encapsulated='true'", "content-type='text/html'"])
def test_an_ad_hoc_query_is_refused_by_a_clear_error(said: str) -> None:
    body = f'<careServicesRequest xmlns="{CSD}"><expression {said}>//facility</expression></careServicesRequest>'
    with pytest.raises(NotFound, match="Ad hoc queries are not supported"):
        read_request(parse(body.encode()))
    with pytest.raises(NotFound, match="Ad hoc"):
        call("<requestParams/>", f'urn="{ADHOC}"')


def test_a_functions_own_address_takes_its_parameters_alone() -> None:
    found = read_parameters(parse(f'<requestParams xmlns="{CSD}"><max>1</max></requestParams>'.encode()), FACILITY)
    assert names(found) == ["max"]
    with pytest.raises(MalformedBody, match="requestParams is expected"):
        read_parameters(parse(f'<careServicesRequest xmlns="{CSD}"/>'.encode()), FACILITY)


def test_every_request_of_the_peers_is_read(shared: Path) -> None:
    files = sorted((shared / "reference/csd/requests").glob("*.xml"))
    assert len(files) == 17
    for file in files:
        root = parse(file.read_bytes())
        if file.name == "adhoc_blank_expression.xml":
            with pytest.raises(NotFound):
                read_request(root)
        else:
            assert read_request(root).urn


def test_an_error_is_xml_whatever_it_quotes() -> None:
    root = parse(error(404, 'no <document> "x" & \x00\ud800 here').encode())
    [said] = root
    assert (root.tag, said.tag, said.get("code")) == (f"{{{CSD}}}careServicesResponse", f"{{{CSD}}}error", "404")
    assert said.text == 'no <document> "x" & \ufffd\ufffd here'


def test_a_wrapped_result_keeps_its_own_namespace() -> None:
    root = parse("".join(wrapped("text/xml", [f'<CSD xmlns="{CSD}"/>'])).encode())
    assert root.get("content-type") == "text/xml"
    assert [child.tag for child in root[0]] == [f"{{{CSD}}}CSD"]
