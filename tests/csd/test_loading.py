"""Any CSD document as a directory: streamed, judged entity by entity, replaced at once, and never silently short."""

from __future__ import annotations

import gzip
import io
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from csd import directories
from csd import entity as e
from csd.extracting import document_of
from csd.loading import LoadReport, load
from csd.names import CSD, tag
from csd.older import modernise
from csd.safe_xml import UnsafeXml, file_chunks
from engine.gateway import Gateway
from mappings.errors import InvalidInput, NotFound

FACILITY = (
    '<facility entityID="{id}"><codedType code="1" codingScheme="s"/><primaryName>{name}</primaryName>'
    '<record created="2015-01-01T00:00:00Z" updated="2015-01-02T00:00:00Z" status="Active"/></facility>'
)
Load = Callable[..., LoadReport]


def facilities(*given: str) -> bytes:
    inner = "".join(FACILITY.format(id=each, name=f"Name {each}") for each in given)
    return csd(f"<facilityDirectory>{inner}</facilityDirectory>")


def csd(inner: str) -> bytes:
    return f'<CSD xmlns="{CSD}">{inner}</CSD>'.encode()


@pytest.fixture
def name(gateway: Gateway) -> Iterator[str]:
    """Give a name of a directory that no other test has, and delete what it stands for."""
    given = f"t-{uuid.uuid4().hex[:12]}"
    yield given
    gateway.delete_index(*gateway.indices(f"csd-{given}-*"))


@pytest.fixture
def told() -> list[tuple[str, str, str]]:
    """What was said of entities."""
    return []


@pytest.fixture
def run(gateway: Gateway, name: str, told: list[tuple[str, str, str]]) -> Load:
    def do(data: bytes | Iterable[bytes], **options: Any) -> LoadReport:
        chunks = [data] if isinstance(data, bytes) else data
        given = {"own": "ror", "source": "test", "max_rejects": 1.0, **options}
        return load(gateway, name, chunks, tell=lambda *said: told.append(said), **given)

    return do


@pytest.fixture
def shown(gateway: Gateway, name: str) -> Callable[[], dict[str, dict[str, Any]]]:
    return lambda: {hit["_source"]["entity_id"]: hit["_source"] for hit in gateway.scan(f"csd-{name}")}


def test_the_connectathon_s_directories_are_loaded_whole_in_any_spelling(shared: Path, run: Load) -> None:
    folder = shared / "reference/csd/directories"
    wanted = {
        "CSD-Facilities-Connectathon-20150120.xml": {"facility": 3},
        "CSD-Organizations-Connectathon-20150120.xml": {"organization": 5},
        "CSD-Services-Connectathon-20150120.xml": {"service": 13},
        "CSD-Providers-Connectathon-20150120.xml": {"provider": 9},
        "CSD-Providers-Connectathon-20131227.xml": {"provider": 9},
        "providers.xml": {"provider": 1014},
        "facility_local_identifiers.xml": {"facility": 1},
    }
    for file, kept in wanted.items():
        report = run((folder / file).read_bytes())
        assert (dict(report.kept), report.refused) == (kept, 0), file


def test_an_entity_is_kept_word_for_word_and_found_by_its_keys(run: Load, shown: Any) -> None:
    run(facilities("urn:x:1"))
    found = shown()["urn:x:1"]
    assert etree.fromstring(found["xml"]).findtext(tag("primaryName")) == "Name urn:x:1"
    assert found["codes"] == [e.code_key("s", "1")]
    assert found["names"] == ["name urn:x:1"]
    assert (found["status"], found["updated"]) == ("active", "2015-01-02T00:00:00.000Z")


def test_what_cannot_be_kept_is_named_with_the_reason(run: Load, told: list[Any]) -> None:
    inner = f'<facility/><service entityID="s"/>{FACILITY.format(id="a", name="A")}{FACILITY.format(id="a", name="B")}'
    report = run(csd(f"<facilityDirectory>{inner}</facilityDirectory>"))
    assert (report.kept["facility"], report.refused) == (1, 3)
    refused = {(entity, reason) for how, entity, reason in told if how == "refused"}
    assert refused == {
        ("a facility", "it has no entityID"),
        ("s", "service has no place in facilityDirectory"),
        ("a", "its entityID stands twice"),
    }


def test_an_entity_that_is_not_valid_is_kept_and_said_to_be_so(run: Load, told: list[Any], shown: Any) -> None:
    report = run(
        csd('<facilityDirectory><facility entityID="a"><primaryName>A</primaryName></facility></facilityDirectory>')
    )
    assert (report.kept["facility"], report.invalid, report.refused) == (1, 1, 0)
    assert [(how, entity) for how, entity, _ in told] == [("invalid", "a")]
    assert "updated" not in shown()["a"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<CSD/>",
        f'<careServicesRequest xmlns="{CSD}"/>'.encode(),
        csd("<other/>"),
        facilities("b")[:-20],
        b"<!DOCTYPE CSD><CSD/>",
    ],
)
def test_what_is_no_csd_to_its_end_leaves_what_served(
    run: Load, shown: Any, data: bytes, gateway: Gateway, name: str
) -> None:
    run(facilities("a"))
    with pytest.raises(UnsafeXml):
        run(data)
    assert shown().keys() == {"a"}
    assert len(gateway.indices(f"csd-{name}-*")) == 1


def test_too_many_refusals_leave_what_served(run: Load, shown: Any) -> None:
    run(facilities("a"))
    report = run(csd("<facilityDirectory><facility/></facilityDirectory>"), max_rejects=0.5)
    assert report.refusal == "1 of 1 entities were refused, at most 50.0% may be"
    assert shown().keys() == {"a"}


def test_a_directory_that_is_loaded_again_tells_what_changed_and_what_went(run: Load, shown: Any) -> None:
    run(facilities("a", "b", "c"))
    before = shown()
    changed = facilities("a", "b", "d").replace(b"Name b", b"Other b")
    report = run(changed)
    after = shown()
    assert report.removed == 1
    assert after["a"] == before["a"]
    assert after["c"]["removed"] is True
    assert 'status="Inactive"' in after["c"]["xml"]
    for each in "bcd":
        assert after[each]["modified"] > "2026", each
    assert after["b"]["updated"] == before["b"]["updated"], "its own record is its own word"
    run(changed)
    assert {name: each["modified"] for name, each in shown().items()} == {
        name: each["modified"] for name, each in after.items()
    }


def test_gzip_is_loaded_alike(run: Load, shown: Any) -> None:
    run(file_chunks(io.BytesIO(gzip.compress(facilities("a", "b")))))
    assert shown().keys() == {"a", "b"}


@pytest.mark.parametrize("bad", ["ROR", "a b", "../x", ""])
def test_our_own_directory_and_bad_names_are_refused(gateway: Gateway, bad: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        load(gateway, bad, [facilities("a")], own="ror", source="test")


def test_a_directory_is_listed_and_removed(run: Load, gateway: Gateway, name: str) -> None:
    run(facilities("a", "b"))
    run(facilities("a"))
    row = next(row for row in directories.directories(gateway) if row.name == name)
    assert (row.entities["facility"], row.source, row.mapping_is_current) == (1, "test", True)
    with pytest.raises(InvalidInput):
        directories.remove(gateway, name.upper(), own=name)
    directories.remove(gateway, name.upper(), own="ror")
    with pytest.raises(NotFound):
        directories.remove(gateway, name, own="ror")


OLD = f"""<provider xmlns="{CSD}" oid="1.2.3">
  <otherID code="k" assigningAuthorityName="A">Z</otherID>
  <codedType code="x" codingSchema="1.9"/>
  <demographic><name><commonName language="fr">Dupont</commonName></name></demographic>
  <language code="fr" codingSchema="BCP 47"/>
  <organizations><organization uuid="53347B2E-185E-4BC3-BCDA-7FAB5D521FE7"/></organizations>
  <facilities><facility urn="urn:f:1"><service oid="4.5"/></facility></facilities>
  <extension type="t" oid="1.2"/>
  <record created="2013-12-01T14:00:00" updated="2013-12-01T14:00:00" status="Active"/>
</provider>"""


def test_every_older_spelling_is_read_as_today_s() -> None:
    element = etree.fromstring(OLD)
    assert modernise(element)
    document = document_of(element, e.PROVIDER)
    assert document["entity_id"] == "urn:oid:1.2.3"
    assert document["codes"] == [e.code_key("1.9", "x")]
    assert document["names"] == ["dupont"]
    assert document["languages"] == [e.code_key("BCP 47", "fr")]
    assert document["organizations"] == ["urn:uuid:53347b2e-185e-4bc3-bcda-7fab5d521fe7"]
    assert (document["facilities"], document["services"]) == (["urn:f:1"], ["urn:oid:4.5"])
    assert set(e.other_id_asked("a", "", "z")) & set(document["other_ids"])
    assert element.find(tag("extension")).get("urn") == "urn:oid:1.2"  # type: ignore[union-attr]
    assert not modernise(element), "once is enough"
