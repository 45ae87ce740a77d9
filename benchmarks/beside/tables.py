"""The units as two tables, of the very documents that the engine stores: one row a unit, one row a place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
import psycopg

from mappings.document import places_of

TABLES = """
CREATE EXTENSION IF NOT EXISTS postgis;
DROP TABLE IF EXISTS places, units;
CREATE TABLE units (
  pk int PRIMARY KEY, id text NOT NULL, field text NOT NULL, activities text[] NOT NULL, care_mode text NOT NULL,
  reception text[] NOT NULL, publics text[] NOT NULL, site_category text, age_min int NOT NULL, age_max int NOT NULL,
  meant_for text[] NOT NULL, closed datemultirange NOT NULL, shown json NOT NULL);
CREATE TABLE places (
  unit int NOT NULL, point geography(Point, 4326), insee text NOT NULL, department text NOT NULL,
  equipment text[] NOT NULL, freshness text NOT NULL, beds int, beds_at timestamptz);
"""

INDEXES = """
CREATE INDEX ON units USING gin (activities);
CREATE INDEX ON units USING gin (publics);
CREATE INDEX ON units (care_mode);
CREATE INDEX ON places (unit);
CREATE INDEX ON places (insee);
CREATE INDEX ON places USING gist (point);
VACUUM ANALYZE units;
VACUUM ANALYZE places;
"""


def load(address: str, documents: Iterable[dict[str, Any]]) -> None:
    """Fill both tables by COPY, side by side so that memory stays flat, then index and analyse them."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(TABLES)
        with (
            psycopg.connect(address, autocommit=True) as other,
            connection.cursor().copy("COPY units FROM STDIN") as units,
            other.cursor().copy("COPY places FROM STDIN") as places,
        ):
            for number, document in enumerate(documents):
                units.write_row(_unit_row(number, document))
                for place in places_of(document):
                    places.write_row(_place_row(number, place))
        # Neighbours on the map are neighbours on disk, as a good administrator would have it.
        connection.execute("CREATE INDEX near ON places USING gist (point)")
        connection.execute("CLUSTER places USING near")
        connection.execute("DROP INDEX near")
        for statement in INDEXES.strip().split(";\n"):
            connection.execute(statement)


def _unit_row(number: int, document: dict[str, Any]) -> tuple[Any, ...]:
    def many(name: str) -> list[str]:
        return list(document.get(name, ()))

    closed = ",".join(f"[{span['gte']},{span.get('lt', '')})" for span in document.get("closed", ()))
    shown = {"unit": document["unit"], "places": places_of(document)}
    return (
        number, document["id"], document["field"], many("activities"), document["care_mode"], many("reception"),
        many("publics"), document.get("site_category"), document["age_min"], document["age_max"], many("meant_for"),
        f"{{{closed}}}", orjson.dumps(shown).decode(),
    )  # fmt: skip


def _place_row(number: int, place: dict[str, Any]) -> tuple[Any, ...]:
    point = place.get("point")
    free = place.get("beds", {}).get("now", {})
    return (
        number, f"SRID=4326;POINT({point['lon']} {point['lat']})" if point else None, place["insee"],
        place["department"], place.get("equipment", []), place["freshness"], free.get("all"), free.get("observed_at"),
    )  # fmt: skip
