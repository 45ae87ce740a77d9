"""The synthetic region: exact in number, the same everywhere, valid, plainly fictitious, rare where rare."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest

from indexer.ndjson import unit_to_json, write_ndjson
from indexer.synth import synthesize
from indexer.synth.beds import OCCUPANCY, occupancy
from indexer.synth.catalogue import recipes
from indexer.synth.contacts import FICTION_RANGES
from indexer.synth.kinds import CHU_CITIES, KINDS, of
from mappings.capacity import AVAILABLE, INSTALLED, OCCUPIED
from mappings.errors import InvalidInput
from mappings.gazetteer import Gazetteer
from mappings.gazetteer.model import Commune
from mappings.geo import Point
from mappings.nomenclature import is_critical, nomenclature
from mappings.schema.unit import unit_from_dict, unit_to_dict
from mappings.territory import department_of, departments_of, region_of
from mappings.unit import Telecom, Unit
from tests.gazetteer_kit import GAZETTEER

AS_OF = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
BURNS, STROKE_UNIT, CARDIAC_UNIT = "121", "356", "354"

DIGEST = """
import hashlib, io
from datetime import UTC, datetime
from indexer.ndjson import write_ndjson
from indexer.synth import synthesize
from mappings.gazetteer import Gazetteer
units = synthesize(500, seed=7, gazetteer=Gazetteer.load(None), as_of=datetime(2026, 11, 24, 9, 30, tzinfo=UTC))
stream = io.BytesIO()
write_ndjson(units, stream)
print(hashlib.sha256(stream.getvalue()).hexdigest())
"""


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return GAZETTEER


@pytest.fixture(scope="module")
def region(gazetteer: Gazetteer) -> list[Unit]:
    return list(synthesize(5_000, gazetteer=gazetteer, as_of=AS_OF))


@pytest.fixture(scope="module")
def country(gazetteer: Gazetteer) -> list[Unit]:
    return list(synthesize(20_000, seed=3, gazetteer=gazetteer, as_of=AS_OF))


def ndjson(units: Iterator[Unit]) -> bytes:
    stream = io.BytesIO()
    write_ndjson(units, stream)
    return stream.getvalue()


def telecoms(unit: Unit) -> list[Telecom]:
    contacts = (*unit.contacts, *unit.site.contacts)
    return [*(t for contact in contacts for t in contact.telecoms), *unit.site.telecoms, *unit.mailboxes]


def share(units: list[Unit], activity: str) -> float:
    return sum(activity in unit.activities for unit in units) / len(units)


def test_the_same_seed_gives_the_same_bytes_in_every_process(gazetteer: Gazetteer) -> None:
    here = hashlib.sha256(ndjson(synthesize(500, seed=7, gazetteer=gazetteer, as_of=AS_OF))).hexdigest()
    for hash_seed in ("0", "1234"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        found = subprocess.run(
            [sys.executable, "-c", DIGEST], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert found.stdout.strip() == here


def test_another_seed_gives_another_region(gazetteer: Gazetteer) -> None:
    first = ndjson(synthesize(50, seed=1, gazetteer=gazetteer, as_of=AS_OF))
    assert first != ndjson(synthesize(50, seed=2, gazetteer=gazetteer, as_of=AS_OF))


@pytest.mark.parametrize("count", [0, 1, 37, 500, 8_000, 8_001])
def test_there_are_exactly_as_many_units_as_asked(gazetteer: Gazetteer, count: int) -> None:
    assert sum(1 for _ in synthesize(count, gazetteer=gazetteer, as_of=AS_OF)) == count


def test_every_unit_is_valid_and_reads_back_equal(region: list[Unit]) -> None:
    for unit in region[::2][:2_000]:
        assert unit_from_dict(orjson.loads(orjson.dumps(unit_to_dict(unit)))) == unit


def test_the_fast_writer_writes_what_the_schema_writes(region: list[Unit]) -> None:
    lines = ndjson(iter(region[:1_000])).splitlines()
    assert len(lines) == 1_000
    for unit, line in zip(region, lines, strict=False):
        expected = orjson.dumps(unit_to_dict(unit))
        assert line == expected
        assert unit_to_json(unit) == expected


def test_ids_of_units_places_and_sites_are_unique(country: list[Unit]) -> None:
    assert len({unit.id for unit in country}) == len(country)
    places = defaultdict(set)
    for unit in country:
        for place in unit.places:
            places[place.sync_id].add(place.id)
    assert max(len(ids) for ids in places.values()) == 1
    names = {(unit.site.finess, unit.site.name) for unit in country}
    assert len({finess for finess, _ in names}) == len(names)


def test_everything_says_it_is_fictitious(region: list[Unit]) -> None:
    for unit in region:
        assert unit.fictitious
        assert "fictive" in (unit.comment or "")
        assert "ficti" in unit.site.name
        entity = unit.site.legal_entity
        assert entity is not None
        assert "ficti" in (entity.name or "")


def test_no_finess_number_can_be_a_real_one(country: list[Unit]) -> None:
    for unit in country:
        entity = unit.site.legal_entity
        assert entity is not None
        for number in (unit.site.finess, entity.finess):
            assert re.fullmatch(r"(\d\d|2[AB])[89]\d{6}", number or "")


def test_every_telephone_is_kept_for_fiction_and_every_address_is_reserved(country: list[Unit]) -> None:
    seen = Counter()
    for unit in country:
        for telecom in telecoms(unit):
            if telecom.channel in {"1", "2", "8"}:
                assert re.fullmatch(r"\d\d( \d\d){4}", telecom.value)
                assert telecom.value[:8] in FICTION_RANGES
                seen[telecom.value[:8]] += 1
            else:
                assert telecom.value.endswith(".fictif.example")
    assert set(seen) == set(FICTION_RANGES)


def test_all_three_levels_of_confidentiality_are_met(region: list[Unit]) -> None:
    assert {telecom.confidentiality for unit in region for telecom in telecoms(unit)} == {"1", "2", "3"}


def test_a_region_stays_within_its_departments(region: list[Unit], gazetteer: Gazetteer) -> None:
    assert {department_of(p.insee) for unit in region for p in unit.places} == set(departments_of("28"))
    assert {unit.region for unit in region} == {"28"}
    island = list(synthesize(300, region="94", gazetteer=gazetteer, as_of=AS_OF))
    assert {department_of(p.insee) for unit in island for p in unit.places} == {"2A", "2B"}


def test_the_country_is_filled_by_population(country: list[Unit]) -> None:
    held = Counter(unit.region for unit in country)
    assert {"01", "02", "03", "04", "06", "94"} <= set(held)
    assert held["11"] > 5 * held["94"]
    assert held["11"] / len(country) == pytest.approx(0.18, abs=0.05)
    arrondissements = {p.insee for unit in country for p in unit.places if p.insee.startswith("751")}
    assert len(arrondissements) > 10
    assert not any(p.insee == "75056" for unit in country for p in unit.places)


def test_specialties_are_rare_where_they_are_rare(country: list[Unit]) -> None:
    assert 0 < share(country, BURNS) < 0.0005
    assert share(country, BURNS) < share(country, STROKE_UNIT) < share(country, CARDIAC_UNIT)
    assert share(country, CARDIAC_UNIT) < share(country, "157") < share(country, "511")


def test_burn_intensive_care_is_in_university_hospitals_only(country: list[Unit]) -> None:
    burns = [unit for unit in country if BURNS in unit.activities]
    assert burns
    assert {unit.site.category for unit in burns} == {"101"}


def test_university_hospitals_stand_in_their_cities(country: list[Unit], gazetteer: Gazetteer) -> None:
    for unit in country:
        if unit.site.category == "101":
            commune = gazetteer.get(unit.site.insee or "")
            assert commune is not None
            assert (commune.parent or commune.insee) in CHU_CITIES


def test_a_region_has_town_and_country_and_every_field(region: list[Unit], gazetteer: Gazetteer) -> None:
    sizes = [commune.weight for unit in region if (commune := gazetteer.get(unit.site.insee or ""))]
    assert sum(size < 5_000 for size in sizes) > 500
    assert sum(size > 100_000 for size in sizes) > 500
    assert {unit.field for unit in region} == {"01", "02", "03", "04", "05"}
    assert len({activity for unit in region for activity in unit.activities}) > 120


def test_a_small_region_still_shows_emergencies_beds_and_homes(gazetteer: Gazetteer) -> None:
    units = list(synthesize(300, gazetteer=gazetteer, as_of=AS_OF))
    assert {"157", "511", "229"} <= {activity for unit in units for activity in unit.activities}
    assert {"28", "29", "32", "33", "55"} <= {unit.care_mode for unit in units}


def test_a_maternity_says_its_type_and_a_larger_hospital_has_the_higher(country: list[Unit]) -> None:
    types = defaultdict(set)
    for unit in country:
        if unit.name.startswith("Maternité de type"):
            types[unit.site.category] |= set(unit.expertise)
    assert "04" in types["101"]
    assert "04" not in types["365"]
    assert set().union(*types.values()) == {"01", "02", "03", "04"}


def test_a_shared_zone_is_the_same_in_both_its_units(region: list[Unit]) -> None:
    places = defaultdict(list)
    for unit in region:
        for place in unit.places:
            if place.capacities:
                places[place.id].append(place)
    shared = [zones for zones in places.values() if len(zones) > 1]
    assert 0.06 < len(shared) / len(places) < 0.14
    for zones in shared:
        assert len(zones) == 2
        assert zones[0] == zones[1]


def test_units_have_no_to_three_places_and_some_have_two_communes_or_no_point(region: list[Unit]) -> None:
    assert {len(unit.places) for unit in region} == {0, 1, 2, 3}
    split = sum(len({place.insee for place in unit.places}) > 1 for unit in region) / len(region)
    assert 0.015 < split < 0.05
    places = [place for unit in region for place in unit.places]
    assert 0.03 < sum(place.point is None for place in places) / len(places) < 0.08
    assert all(place.sync_id for place in places)


def test_points_are_near_their_commune(country: list[Unit], gazetteer: Gazetteer) -> None:
    for unit in country:
        for place in unit.places:
            centre = gazetteer.centre(place.insee)
            if place.point is not None and centre is not None:
                assert abs(place.point.lat - centre.lat) < 0.05
                assert abs(place.point.lon - centre.lon) < 0.08


def test_counts_are_fresh_where_care_is_critical_and_some_zones_are_stale_or_silent(region: list[Unit]) -> None:
    ages: dict[bool, list[timedelta]] = {True: [], False: []}
    silent = zones = 0
    for unit in region:
        critical = any(is_critical(activity) for activity in unit.activities)
        for place in unit.places:
            free = [count for count in place.capacities if count.key.status == AVAILABLE]
            zones += bool(place.capacities)
            silent += bool(place.capacities) and not free
            ages[critical] += [AS_OF - count.observed_at for count in free[:1]]
    day = timedelta(days=1)
    assert 0.05 < silent / zones < 0.15
    assert all(age > timedelta(0) for critical in ages for age in ages[critical])
    assert 0.85 < sum(age < day for age in ages[True]) / len(ages[True]) < 1
    assert 0.1 < sum(age > day for age in ages[False]) / len(ages[False]) < 0.6


def test_free_beds_are_not_installed_minus_occupied(region: list[Unit]) -> None:
    agreed = differing = 0
    for unit in region:
        for place in unit.places:
            by_status = {c.key.status: c.count for c in place.capacities if c.key.horizon == "01" and not c.key.gender}
            if {AVAILABLE, INSTALLED, OCCUPIED} <= by_status.keys():
                equal = by_status[AVAILABLE] == by_status[INSTALLED] - by_status[OCCUPIED]
                agreed, differing = agreed + equal, differing + (not equal)
    assert differing > agreed


def test_every_kind_of_count_is_met(region: list[Unit]) -> None:
    keys = {count.key for unit in region for place in unit.places for count in place.capacities}
    assert {key.status for key in keys} == {"01", "02", "03", "04", "05", "06"}
    assert {key.horizon for key in keys} == {"01", "02", "03", "04", "05"}
    assert {key.gender for key in keys} == {None, "01", "02"}
    assert {key.closing_kind for key in keys} == {None, "01", "02"}
    assert {key.extra_kind for key in keys} == {None, "02", "03"}
    assert {key.assignment for key in keys} == {"01", "02"}
    assert {key.kind for key in keys} == {"01", "02"}


def test_without_live_counts_only_what_is_installed_is_told(gazetteer: Gazetteer) -> None:
    units = synthesize(400, gazetteer=gazetteer, as_of=AS_OF, live_counts=False)
    statuses = {count.key.status for unit in units for place in unit.places for count in place.capacities}
    assert statuses == {INSTALLED}


@pytest.mark.parametrize("family", sorted(OCCUPANCY))
def test_occupancy_has_the_quantiles_of_the_family(family: str) -> None:
    draws = [occupancy(family, iter([n / 1000]).__next__) for n in range(1000)]
    assert draws == sorted(draws)
    assert (draws[100], draws[500], draws[900]) == pytest.approx(OCCUPANCY[family])


LISTS = {
    "acts": "R210", "specialisations": "R245", "competences": "R243", "professions": "R356", "publics": "R239",
    "activities": "R211", "reception": "R338", "expertise": "expertise",
}  # fmt: skip


def test_the_catalogue_uses_codes_that_are_still_offered() -> None:
    lists = nomenclature()
    for recipe in recipes():
        for name, list_id in LISTS.items():
            options = getattr(recipe, name)
            for code in (*options.sure, *(code for code, _ in options.maybe)):
                concept = lists[list_id].get(code)
                assert concept is not None, (recipe.name, name, code)
                assert concept.active, (recipe.name, name, code)
        assert recipe.activities.sure, recipe.name
        assert all(lists["R213"].get(mode) for mode, _ in recipe.modes)


def test_the_catalogue_speaks_of_known_kinds_and_traits_only() -> None:
    known = {kind.code for kind in KINDS} | {trait for kind in KINDS for trait, _ in kind.traits} | {"burns"}
    for recipe in recipes():
        assert set(recipe.where) <= known, recipe.name


def test_written_codes_are_still_offered(country: list[Unit]) -> None:
    lists = nomenclature()
    for unit in country[::7]:
        concept = lists["site_category"].get(unit.site.category or "")
        assert concept is not None
        assert concept.active
        for place in unit.places:
            for list_id, code in (("R343", place.function), *(("R212", item.code) for item in place.equipment)):
                found = lists[list_id].get(code or "")
                assert found is not None
                assert found.active


def test_heavy_equipment_bears_what_its_label_says(country: list[Unit]) -> None:
    limits = defaultdict(set)
    for unit in country:
        for place in unit.places:
            for item in place.equipment:
                limits[item.code] |= {limit.value for limit in item.limits if limit.kind == "001"}
    assert limits["054"]
    assert all(150 <= value <= 200 for value in limits["054"])
    assert all(250 <= value <= 350 for value in limits["072"])
    assert max(limits["085"]) >= 250


def test_only_sensitive_units_are_sensitive(country: list[Unit]) -> None:
    sensitive = {unit.name for unit in country if unit.sensitive}
    assert {"Consultation médecine pénitentiaire", "Décontamination NRBC"} <= sensitive
    assert not any(name.startswith("Cardiologie") for name in sensitive)


def test_units_are_made_as_they_are_asked_for(gazetteer: Gazetteer) -> None:
    units = synthesize(4_000_000, gazetteer=gazetteer, as_of=AS_OF)
    assert len(list(islice(units, 10))) == 10


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"count": -1}, "count"),
        ({"count": 5_000_001}, "count"),
        ({"region": "99"}, "region"),
        ({"as_of": datetime(2026, 1, 1)}, "as_of"),
    ],
)
def test_what_cannot_be_made_is_refused_by_name(gazetteer: Gazetteer, arguments: dict[str, object], field: str) -> None:
    given: dict[str, object] = {"count": 10, "as_of": AS_OF, "gazetteer": gazetteer} | arguments
    with pytest.raises(InvalidInput) as refused:
        synthesize(**given)  # type: ignore[arg-type]
    assert [error.field for error in refused.value.errors] == [field]


def test_a_territory_without_people_is_refused_and_a_hamlet_is_enough() -> None:
    point = Point(49.1, 0.6)
    empty = Commune("27056", "Bernay", ("27300",), None, "27", None, point, "own")
    with pytest.raises(InvalidInput, match="no commune"):
        synthesize(5, gazetteer=SimpleNamespace(communes=[empty]), as_of=AS_OF)
    hamlet = Commune("27056", "Bernay", ("27300",), 12, "27", None, point, "own")
    units = list(synthesize(40, gazetteer=SimpleNamespace(communes=[hamlet]), as_of=AS_OF))
    assert len(units) == 40
    assert {region_of(department_of(unit.site.insee or "")) for unit in units} == {"28"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Le Havre", "du Havre"),
        ("Les Andelys", "des Andelys"),
        ("Évreux", "d’Évreux"),
        ("La Ferté-Macé", "de La Ferté-Macé"),
        ("Bernay", "de Bernay"),
        ("Honfleur", "de Honfleur"),
    ],
)
def test_names_are_in_proper_french(name: str, expected: str) -> None:
    assert of(name) == expected
