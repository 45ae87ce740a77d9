"""Codes with their labels, resolved when an answer is written and kept for the next one.

The dicts are shared between answers: write them, never change them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from mappings.gazetteer import Gazetteer
from mappings.nomenclature import CRITERIA, nomenclature
from mappings.territory import departments, regions

Coded = dict[str, str]


@cache
def _list(list_id: str) -> Mapping[str, Coded]:
    return {concept.code: {"code": concept.code, "label": concept.label} for concept in nomenclature()[list_id]}


def coded(list_id: str, code: str | None) -> Coded | None:
    """Return a code and its French label; an unknown code is its own label."""
    if code is None:
        return None
    return _list(list_id).get(code) or {"code": code, "label": code}


def all_coded(list_id: str, codes: Iterable[str]) -> list[Coded]:
    """Return several codes with their labels, order kept."""
    known = _list(list_id)
    return [known.get(code) or {"code": code, "label": code} for code in codes]


@cache
def _departments() -> Mapping[str, Coded]:
    return {code: {"code": code, "label": each.label} for code, each in departments().items()}


@cache
def _regions() -> Mapping[str, Coded]:
    return {code: {"code": code, "label": label} for code, label in regions().items()}


def department(code: str | None) -> Coded | None:
    """Return a department and its name."""
    return None if code is None else _departments().get(code) or {"code": code, "label": code}


def region(code: str | None) -> Coded | None:
    """Return a region (INSEE code) and its name."""
    return None if code is None else _regions().get(code) or {"code": code, "label": code}


def commune(code: str, gazetteer: Gazetteer) -> Coded:
    """Return a commune and its name."""
    known = gazetteer.get(code)
    return {"code": code, "label": known.name if known else code}


def facet_label(facet: str, code: str, gazetteer: Gazetteer) -> str:
    """Return the label of a value of a facet."""
    if facet in CRITERIA:
        found: Coded | None = coded(CRITERIA[facet], code)
    elif facet == "commune":
        found = commune(code, gazetteer)
    else:
        found = {"department": department, "region": region}[facet](code)
    return found["label"] if found else code


def without_nothing(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without what is absent."""
    return {name: value for name, value in record.items() if value is not None and value != []}
