"""Write units as ROR NDJSON, one a line, as fast as a load test needs.

Each line equals ``orjson.dumps(unit_to_dict(unit))``; the site of a hospital is written once for all its units.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

import orjson

from mappings.schema.unit import SiteSchema, UnitSchema
from mappings.schema.writing import record_parts, record_writer
from mappings.unit import Site, Unit

LINES_A_WRITE = 256


def write_ndjson(units: Iterable[Unit], stream: IO[bytes]) -> int:
    """Write units to a binary stream, one JSON object a line; return how many."""
    count = 0
    lines: list[bytes] = []
    site: Site | None = None
    fragment = orjson.Fragment(b"")
    for unit in units:
        if unit.site is not site:
            site, fragment = unit.site, orjson.Fragment(orjson.dumps(_write_site(unit.site)))
        lines.append(orjson.dumps(_write_unit(unit, fragment), option=orjson.OPT_APPEND_NEWLINE))
        count += 1
        if len(lines) == LINES_A_WRITE:
            stream.write(b"".join(lines))
            lines.clear()
    stream.write(b"".join(lines))
    return count


def unit_to_json(unit: Unit) -> bytes:
    """Return one unit as the bytes of a line, without its end."""
    return orjson.dumps(_write_unit(unit, _write_site(unit.site)))


def _write_unit(unit: Unit, site: Any) -> dict[str, Any]:
    """Return the JSON shape of a unit whose site is already written."""
    written: dict[str, Any] = {}
    for name, value, write in zip(_UNIT_NAMES, _UNIT_VALUES(unit), _UNIT_WRITERS, strict=True):
        if name == "site":
            written[name] = site
        elif value is not None and value != ():
            written[name] = value if write is None else write(value)
    return written


_UNIT_NAMES, _UNIT_VALUES, _UNIT_WRITERS = record_parts(UnitSchema())
_write_site = record_writer(SiteSchema())
