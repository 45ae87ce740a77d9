"""Unit → CSD → Unit loses nothing, whatever the unit; and what is written is valid."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from csd import safe_xml
from csd.mapping.facility import facility
from csd.mapping.organization import read_site
from csd.mapping.reading import unit_of
from csd.validation import faults
from tests.csd.kit import KEPT, document, official_schema, organizations_of
from tests.csd.strategies import units

_SLOW = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def official(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    return official_schema(shared, tmp_path_factory.mktemp("schema"))


def sent(unit: dict[str, Any], official: etree.XMLSchema | None = None) -> etree._Element:
    """Return a document of a unit as one who receives it reads it, once it was found valid."""
    organizations = organizations_of([unit["site"]])
    whole = document(organization=deepcopy(list(organizations.values())), facility=[facility(unit, KEPT)])
    assert faults(whole) == []
    if official is not None:
        assert official.validate(whole), official.error_log
    return safe_xml.parse(etree.tostring(whole))


def received(root: etree._Element) -> dict[str, Any]:
    by_id = {each.get("entityID"): each for each in root.iterfind("{*}organizationDirectory/{*}organization")}
    return unit_of(root[2][0], by_id.get)


@given(units)
@_SLOW
def test_a_unit_sent_as_csd_and_read_again_is_the_same(official: etree.XMLSchema, unit: dict[str, Any]) -> None:
    root = sent(unit, official)
    organizations = {each.get("entityID"): each for each in root.iterfind("{*}organizationDirectory/{*}organization")}
    parent = unit["site"].get("legal_entity")
    if parent is None or len(organizations) == 2:
        assert received(root) == unit
    else:
        assert read_site(root[0][0], None) == {k: v for k, v in unit["site"].items() if k != "legal_entity"}


@given(units)
@_SLOW
def test_a_site_carried_by_the_unit_itself_is_the_same(unit: dict[str, Any]) -> None:
    whole = document(facility=[facility(unit, KEPT, with_site=True)])
    assert faults(whole) == []
    assert received(safe_xml.parse(etree.tostring(whole))) == unit
