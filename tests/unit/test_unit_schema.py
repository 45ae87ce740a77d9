"""A unit written and read again is the same unit, and its fast writer writes what the schema would."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import orjson

from indexer.synth import synthesize
from mappings.gazetteer import Gazetteer
from mappings.schema.unit import UnitSchema, unit_from_dict, unit_to_dict
from tests.random_region import random_units

AS_OF = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_the_fast_writer_writes_what_the_schema_writes() -> None:
    schema = UnitSchema()
    units = [*random_units(Random(3), 200), *synthesize(300, seed=2, gazetteer=Gazetteer.load(), as_of=AS_OF)]
    for unit in units:
        assert orjson.dumps(unit_to_dict(unit)) == orjson.dumps(schema.dump(unit))


def test_a_unit_written_and_read_again_is_the_same() -> None:
    for unit in random_units(Random(4), 200):
        assert unit_from_dict(orjson.loads(orjson.dumps(unit_to_dict(unit)))) == unit
