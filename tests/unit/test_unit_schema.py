"""A unit written and read again is the same unit, and its fast writer writes what the schema would."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson
import pytest

from indexer.synth import synthesize
from mappings.errors import InvalidInput
from mappings.schema.reading import Irregular, record_reader
from mappings.schema.unit import UnitSchema, unit_from_dict, unit_to_dict
from tests.factory import make_unit
from tests.gazetteer_kit import GAZETTEER
from tests.random_region import random_units

AS_OF = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_the_fast_writer_writes_what_the_schema_writes() -> None:
    schema = UnitSchema()
    units = [*random_units(Random(3), 200), *synthesize(300, seed=2, gazetteer=GAZETTEER, as_of=AS_OF)]
    for unit in units:
        assert orjson.dumps(unit_to_dict(unit)) == orjson.dumps(schema.dump(unit))


def test_a_unit_written_and_read_again_is_the_same() -> None:
    for unit in random_units(Random(4), 200):
        assert unit_from_dict(orjson.loads(orjson.dumps(unit_to_dict(unit)))) == unit


ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2.5, 10**9, "", " ", "01", " 01 ", "a\x07b", "x" * 3000, "a\u200bb", "76540",
    "2026-02-30", "2026-03-01", "2026-03-01T10:00:00", "2026-03-01T10:00:00Z", "24:00", "08:30", [], [None],
    ["01", "01"], ["07", "06"], [[]], {}, {"value": 3, "unit": "mo"}, {"value": 3}, 16, {"lat": 49, "lon": 1.1},
    {"lat": 95.0, "lon": 1.1}, {"odd": 1},
)  # fmt: skip


def places_in(data: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each holder and key within a JSON value."""
    for key, value in list(data.items() if isinstance(data, dict) else enumerate(data)):
        yield data, key
        if isinstance(value, dict | list):
            yield from places_in(value)


def test_the_fast_reader_takes_nothing_that_the_schema_refuses_and_reads_the_same() -> None:
    schema, random = UnitSchema(), Random(6)
    fast = record_reader(schema)
    texts = [orjson.dumps(unit_to_dict(unit)) for unit in random_units(random, 150)]
    taken = refused = 0
    for _ in range(4000):
        data = orjson.loads(random.choice(texts))
        holder, key = random.choice(list(places_in(data)))
        if isinstance(holder, dict) and random.random() < 0.2:
            holder[random.choice(("odd", "id", "count", "comment"))] = random.choice(ODD)
        elif isinstance(holder, dict) and random.random() < 0.2:
            del holder[key]
        else:
            holder[key] = random.choice(ODD)
        try:
            read = fast(orjson.loads(orjson.dumps(data)))
        except Irregular:
            refused += 1
            continue
        assert read == schema.load(data)
        taken += 1
    assert taken > 400
    assert refused > 1000


def test_what_is_written_by_the_source_of_units_is_read_without_asking_the_schema() -> None:
    fast = record_reader(UnitSchema())
    for unit in [*random_units(Random(3), 100), *synthesize(200, seed=2, gazetteer=GAZETTEER, as_of=AS_OF)]:
        assert fast(orjson.loads(orjson.dumps(unit_to_dict(unit)))) == unit


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("site", "siret"), "12345678901234x"),
        (("site", "insee"), "76540 "),
        (("psychiatric_sectors",), ["76G011"]),
        (("places", 0, "insee"), "765401"),
        (("places", 0, "address", "postcode"), "76000-CEDEX"),
    ],
)
def test_a_code_with_something_behind_it_is_none(path: tuple[Any, ...], value: Any) -> None:
    data = unit_to_dict(make_unit())
    data["places"][0].setdefault("address", {})
    holder: Any = data
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    with pytest.raises(InvalidInput) as refused:
        unit_from_dict(data)
    assert ".".join(map(str, path)) in refused.value.errors[0].field


def test_a_contact_that_bears_no_level_is_read_as_the_strictest() -> None:
    data = unit_to_dict(make_unit())
    data["contacts"] = [{"nature": "04", "telecoms": [{"channel": "2", "value": "0235000000"}]}]
    (contact,) = unit_from_dict(data).contacts
    assert (contact.confidentiality, contact.telecoms[0].confidentiality) == ("3", "3")
