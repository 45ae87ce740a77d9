"""A CSD document as a source of units."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from lxml import etree

from csd.mapping.facility import facility
from csd.safe_xml import UnsafeXml
from csd.source import Passed, Refused, read_units
from indexer.rejection import Rejection
from indexer.synth import synthesize
from mappings.errors import InvalidInput
from mappings.schema.unit import unit_from_dict, unit_to_dict
from mappings.unit import Unit
from orientation.cli.csd import read_csd
from tests.csd.kit import KEPT, document, organizations_of
from tests.factory import make_site, make_unit
from tests.gazetteer_kit import GAZETTEER
from tests.random_region import random_units


def written(units: Iterable[Unit]) -> bytes:
    """Return a document of units, each with its own site where that of its organization differs."""
    shapes = [unit_to_dict(unit) for unit in units]
    organizations = organizations_of(shape["site"] for shape in shapes)
    facilities = (facility(shape, KEPT, with_site=True) for shape in shapes)
    return etree.tostring(document(organization=organizations.values(), facility=facilities))


def read(data: bytes) -> list[Any]:
    return list(read_units(io.BytesIO(data)))


def test_units_written_as_csd_are_read_back_equal() -> None:
    made = synthesize(300, seed=5, gazetteer=GAZETTEER, as_of=datetime(2026, 11, 24, tzinfo=UTC))
    units = [unit_from_dict(unit_to_dict(unit)) for unit in (*random_units(Random(5), 200), *made)]
    assert read(written(units)) == units
    assert read(gzip.compress(written(units))) == units


def test_a_site_is_read_off_its_organization_and_that_of_its_legal_entity() -> None:
    shape = unit_to_dict(make_unit(site=make_site(usual_name="CHU")))
    root = document(organization=organizations_of([shape["site"]]).values(), facility=[facility(shape, KEPT)])
    (unit,) = read(etree.tostring(root))
    assert unit == make_unit(site=make_site(usual_name="CHU"))


def test_a_facility_without_its_organization_is_refused_with_the_reason() -> None:
    (refused,) = read(etree.tostring(document(facility=[facility(unit_to_dict(make_unit()), KEPT)])))
    assert isinstance(refused, Refused)
    assert [error.rule for error in refused.errors] == ["no organization of this id is in the document"]


def test_a_facility_of_another_maker_is_refused_with_every_field_it_lacks(shared: Any) -> None:
    folder = shared / "reference/csd/directories"
    data = [(folder / f"CSD-{kind}-Connectathon-20150120.xml").read_bytes() for kind in ("Organizations", "Facilities")]
    roots = [etree.fromstring(each) for each in data]
    found = read(etree.tostring(document(organization=list(roots[0][0]), facility=list(roots[1][2]))))
    assert len(found) == 3
    for each in found:
        assert isinstance(each, Refused)
        assert {"field", "activities", "care_mode", "age"} <= {error.field for error in each.errors}


@pytest.mark.parametrize("character", ["\x0c", "\ufffe", "\uffff", "\ud800"])
def test_what_no_xml_can_hold_is_in_no_unit(character: str) -> None:
    with pytest.raises(InvalidInput, match="control characters"):
        unit_from_dict(unit_to_dict(make_unit()) | {"name": f"Ré{character}a"})


def test_what_was_removed_is_no_unit() -> None:
    data = written([make_unit()]).replace(b'status="Active"', b'status="Inactive"')
    (passed,) = read(data)
    assert isinstance(passed, Passed)


def test_a_part_that_does_not_fit_is_refused() -> None:
    data = written([make_unit()])
    (refused,) = read(data.replace(b"<contacts ", b"<mailboxes ", 1).replace(b"</contacts>", b"</mailboxes>", 1))
    assert isinstance(refused, Refused)


def test_a_document_that_is_cut_gives_what_came_before_and_says_so(tmp_path: Any) -> None:
    file = tmp_path / "cut.xml"
    file.write_bytes(written([make_unit(id=name) for name in ("A", "B", "C")])[:-400])
    items = list(read_csd(str(file)))
    assert [item.id for item in items[:2]] == ["A", "B"]
    assert isinstance(items[-1], Rejection)
    assert items[-1].ends_source


@pytest.mark.parametrize("data", [b"", b"<CSD/>", b"{}", b"<!DOCTYPE x><x/>"])
def test_what_is_no_csd_is_refused(data: bytes) -> None:
    with pytest.raises(UnsafeXml):
        read(data)
