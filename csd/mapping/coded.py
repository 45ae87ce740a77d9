"""Codes of a unit and of its structures ↔ ``codedType``: each list by its OID, the French label as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from lxml import etree

from csd.mapping.text import attributes, said
from mappings.nomenclature import nomenclature

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """One coded value as CSD writes it."""

    scheme: str
    code: str
    label: str


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class CodedFields:
    """The coded fields of one kind of record: field → list, those of one code and those of several.

    No two lists of one kind of record share an OID, so that the OID says the field.
    """

    one: Mapping[str, str]
    many: Mapping[str, str]

    def written(self, record: Mapping[str, Any]) -> str:
        """Write the coded values of a record in the order of the tables."""
        one = [coded(list_id, record[field]) for field, list_id in self.one.items() if field in record]
        many = [coded(list_id, code) for field, list_id in self.many.items() for code in record.get(field, ())]
        return "".join(one + many)

    def read(self, coded: Iterable[etree._Element]) -> Json:
        """Read the fields off ``codedType`` elements; those of other schemes are not ours."""
        fields = _fields_of(self)
        found: Json = {}
        for element in coded:
            field, code = fields.get(element.get("codingScheme", "")), element.get("code", "")
            if field is None:
                continue
            if field in self.many:
                found.setdefault(field, []).append(code)
            else:
                found[field] = code
        return found


UNIT = CodedFields(
    one={
        "field": "R227",
        "care_mode": "R213",
        "offer_type": "R244",
        "stay_duration": "R240",
        "annual_opening": "R238",
        "region": "R30",
    },
    many={
        "activities": "R211",
        "acts": "R210",
        "specialisations": "R245",
        "competences": "R243",
        "professions": "R356",
        "expertise": "expertise",
        "management": "R236",
        "reception": "R338",
        "publics": "R239",
        "age_classes": "R208",
    },
)
SITE = CodedFields(
    one={"category": "site_category", "public_service": "R73", "orsan_level": "R284"},
    many={"accessibility": "R202", "financial_aid": "R241"},
)
LEGAL_ENTITY = CodedFields(one={"legal_status": "R72", "status_group": "R69"}, many={})
EQUIPMENT, CHANNEL = "R212", "R200"


@cache
def _fields_of(fields: CodedFields) -> Mapping[str, str]:
    """Return the field of each OID."""
    found: dict[str, str] = {}
    for field, list_id in {**fields.one, **fields.many}.items():
        codes = nomenclature()[list_id]
        found |= {part.oid: field for part in codes.parts or (codes,)}
    return found


@cache
def coding(list_id: str, code: str) -> Coding:
    """Return a code of a list with the OID of the national list it belongs to."""
    codes = nomenclature()[list_id]
    return Coding(scheme=codes.part_of(code).oid, code=code, label=codes.label(code))


def coded_type(value: Coding) -> str:
    """Write a coded value with its label."""
    return said("codedType", value.label, code=value.code, codingScheme=value.scheme)


@cache
def coded(list_id: str, code: str) -> str:
    """Write a code of a list with its label, as ``codedType``."""
    return coded_type(coding(list_id, code))


@cache
def coded_head(list_id: str, code: str) -> str:
    """Write the attributes of a code of a list, for an element that holds something else than its label."""
    value = coding(list_id, code)
    return attributes({"code": value.code, "codingScheme": value.scheme})
