"""The gazetteer: French communes by name, code, postcode and point."""

from __future__ import annotations

import csv
import gzip
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mappings.errors import InvalidInput
from mappings.gazetteer import BUILT_IN, Ambiguous, Commune, Found, Gazetteer, Origin, Unknown
from mappings.geo import Point, distance_m

OFFICIAL = "data/communes_fr_2026.csv.gz"
HEADER = "insee,name,postcodes,population,department,parent,lat,lon"
ROUEN = "76540,Rouen,76000 76100,117662,76,,49.4431,1.0993"
GAZETTEER = Gazetteer.load()


def official_file() -> Path:
    """Return the official file beside the checkout, or skip."""
    path = Path(__file__).parents[3] / "shared" / OFFICIAL
    if not path.exists():
        pytest.skip(f"needs ../shared/{OFFICIAL}")
    return path


def origin(text: str) -> Origin:
    """Return the origin of a text that must mean one place."""
    answer = GAZETTEER.resolve(text)
    assert isinstance(answer, Found), answer
    return answer.origin


def codes(text: str) -> list[str]:
    """Return the codes of the candidates of a text that must be ambiguous."""
    answer = GAZETTEER.resolve(text)
    assert isinstance(answer, Ambiguous), answer
    return [commune.insee for commune in answer.candidates]


def unknown(text: str) -> Unknown:
    """Return the answer to a text that must mean nothing."""
    answer = GAZETTEER.resolve(text)
    assert isinstance(answer, Unknown), answer
    return answer


def write(folder: Path, *lines: str) -> Path:
    """Write a table of communes."""
    path = folder / "communes.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    """Return the message with which a file is refused."""
    with pytest.raises(InvalidInput) as refused:
        Gazetteer.load(path)
    return str(refused.value)


# --- points and distances


@pytest.mark.parametrize("lat", [90.1, -91, float("nan"), float("inf")])
def test_a_latitude_off_the_globe_is_refused_by_name(lat: float) -> None:
    with pytest.raises(ValueError, match=r"^lat: "):
        Point(lat, 0)


@pytest.mark.parametrize("lon", [180.1, -200, float("nan"), float("-inf")])
def test_a_longitude_off_the_globe_is_refused_by_name(lon: float) -> None:
    with pytest.raises(ValueError, match=r"^lon: "):
        Point(0, lon)


def test_a_quarter_of_a_meridian_measures_a_quarter_of_the_sphere() -> None:
    assert distance_m(Point(0, 0), Point(90, 0)) == pytest.approx(10_007_557.176, abs=0.001)
    assert distance_m(Point(0, 0), Point(0, 180)) == pytest.approx(20_015_114.352, abs=0.001)


def test_paris_to_lyon_is_392_km() -> None:
    assert distance_m(Point(48.8534, 2.3488), Point(45.7485, 4.8467)) == pytest.approx(392_300, abs=1_500)


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_distance_is_symmetric_finite_and_at_most_half_the_globe(a: float, b: float, c: float, d: float) -> None:
    one, other = Point(a, b), Point(c, d)
    assert 0 <= distance_m(one, other) == pytest.approx(distance_m(other, one), abs=1e-6)
    assert distance_m(one, other) <= 20_015_115
    assert distance_m(one, one) == 0


# --- the built-in table


def test_the_built_in_table_is_sorted_and_has_every_present_commune() -> None:
    with BUILT_IN.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["insee"] for row in rows] == sorted(row["insee"] for row in rows)
    assert len(rows) == len(GAZETTEER) == 34_969 + 45
    uninhabited = {row["insee"] for row in rows if not row["lat"]}
    assert uninhabited == {"98411", "98412", "98413", "98414", "98415", "98901"}


def test_the_built_in_table_loads_fast_in_little_memory() -> None:
    start = time.process_time()
    Gazetteer.load()
    assert time.process_time() - start < 2  # 0.55 s measured; wide for a busy machine
    tracemalloc.start()
    try:
        loaded = Gazetteer.load()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(loaded) > 30_000
    assert 1_000_000 < peak < 60_000_000


@pytest.mark.parametrize(
    ("city", "parts"),
    [
        ("75056", [f"75{n}" for n in range(101, 121)]),
        ("69123", [f"69{n}" for n in range(381, 390)]),
        ("13055", [f"13{n}" for n in range(201, 217)]),
    ],
)
def test_a_city_covers_its_arrondissements_and_each_has_a_point_of_its_own(city: str, parts: list[str]) -> None:
    assert GAZETTEER.codes_within(city) == {city, *parts} | set(_commune(city).former_codes)
    assert all(_commune(part).parent == city for part in parts)
    points = {GAZETTEER.centre(part) for part in parts}
    assert None not in points
    assert len(points) == len(parts)
    assert GAZETTEER.codes_within(parts[0]) == {parts[0]}


def _commune(code: str) -> Commune:
    commune = GAZETTEER.get(code)
    assert commune is not None, code
    return commune


@pytest.mark.parametrize(
    ("code", "name", "lat", "lon"),
    [
        ("97411", "Saint-Denis", -20.88, 55.45),
        ("97302", "Cayenne", 4.94, -52.33),
        ("97611", "Mamoudzou", -12.78, 45.23),
        ("97209", "Fort-de-France", 14.61, -61.07),
        ("97701", "Saint-Barthélemy", 17.90, -62.85),
        ("97801", "Saint-Martin", 18.07, -63.08),
        ("97502", "Saint-Pierre", 46.78, -56.18),
        ("98818", "Nouméa", -22.27, 166.45),
        ("2A004", "Ajaccio", 41.92, 8.74),
        ("2B033", "Bastia", 42.70, 9.45),
    ],
)
def test_overseas_and_corsica_are_where_they_are(code: str, name: str, lat: float, lon: float) -> None:
    point = GAZETTEER.centre(code)
    assert _commune(code).name == name
    assert point is not None
    assert distance_m(point, Point(lat, lon)) < 5_000


def test_the_code_of_a_merged_commune_is_found_and_belongs_to_its_successor() -> None:
    octeville = GAZETTEER.get("50383")
    assert octeville is not None
    assert octeville.name == "Cherbourg-en-Cotentin"
    assert {"50383", octeville.insee} <= GAZETTEER.codes_within(octeville.insee)
    assert octeville.insee in GAZETTEER.codes_within("50383")


def test_an_unknown_code_has_no_commune_no_centre_and_covers_only_itself() -> None:
    assert GAZETTEER.get("99999") is None
    assert GAZETTEER.centre("99999") is None
    assert GAZETTEER.codes_within("99999") == {"99999"}


# --- resolve


@pytest.mark.parametrize("name", ["Paris", "Lyon", "Marseille", "Nice", "Rouen", "Toulouse", "Lille", "Tours"])
def test_a_famous_town_resolves_by_its_name_alone(name: str) -> None:
    assert origin(name).label.startswith(f"{name} (")


def test_an_origin_by_name_is_the_whole_commune() -> None:
    paris = origin("Paris")
    assert (paris.precision, paris.insee, paris.note) == ("commune", "75056", None)
    assert {"75056", "75101", "75120"} <= paris.communes


@pytest.mark.parametrize(
    ("text", "insee"),
    [
        ("SAINT ETIENNE", "42218"),
        ("St-Étienne", "42218"),
        ("st. etienne", "42218"),
        ("L'Haÿ-les-Roses", "94038"),
        ("l hay les roses", "94038"),
        ("Villeneuve d’Ascq", "59009"),
        ("havre", "76351"),
        ("  Rouen  ", "76540"),
        ("Rouen (76)", "76540"),
        ("Rouen 76", "76540"),
        ("Rouen, 76", "76540"),
        ("76000 Rouen", "76540"),
        ("76031 ROUEN CEDEX 1", "76540"),
        ("Rouen 76000", "76540"),
        ("76540 Valmont", "76719"),
        ("insee:76540", "76540"),
        ("INSEE 2a004", "2A004"),
        ("2A004", "2A004"),
        ("75056", "75056"),
        ("Ajaccio (20)", "2A004"),
        ("Saint-Denis (974)", "97411"),
        ("Saint-Denis 93", "93066"),
        ("75015 Paris", "75115"),
        ("Paris 15e", "75115"),
        ("Paris 15", "75115"),
        ("Lyon 3ème", "69383"),
        ("Marseille 1er", "13201"),
        ("Marseille (13)", "13055"),
        ("Paris 75", "75056"),
    ],
)
def test_a_commune_is_found_however_it_is_written(text: str, insee: str) -> None:
    assert origin(text).insee == insee


def test_homonyms_are_answered_with_all_of_them_most_populous_first() -> None:
    found = codes("Sainte-Colombe")
    assert len(found) == 12
    assert found[0] == "69189"
    populations = [_commune(code).weight for code in found]
    assert populations == sorted(populations, reverse=True)
    assert origin("Sainte-Colombe (76)").insee == "76569"
    assert origin("ste colombe 76").insee == "76569"


def test_a_large_town_does_not_hide_its_small_homonym() -> None:
    assert codes("La Rochelle") == ["17300", "70450"]
    assert {"97411", "93066"} <= set(codes("Saint-Denis"))


def test_every_exact_homonym_is_ambiguous_and_settled_by_its_department() -> None:
    by_name: dict[str, list[Commune]] = {}
    with BUILT_IN.open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if not row["parent"]:
                by_name.setdefault(row["name"], []).append(_commune(row["insee"]))
    shared = {name: same for name, same in by_name.items() if len(same) > 1}
    assert len(shared) > 1_300
    for name, same in shared.items():
        assert set(codes(name)) >= {commune.insee for commune in same}
        alone = [c for c in same if sum(other.department == c.department for other in same) == 1]
        for commune in alone[:2]:
            assert origin(commune.label).insee == commune.insee


def test_a_number_that_is_both_an_arrondissement_and_a_department_is_ambiguous() -> None:
    assert codes("Marseille 13") == ["13055", "13213"]


def test_a_department_without_that_commune_suggests_where_it_is() -> None:
    answer = unknown("Rouen (14)")
    assert [commune.insee for commune in answer.suggestions] == ["76540"]
    assert "14" in answer.reason


def test_a_postcode_that_contradicts_the_name_is_not_guessed() -> None:
    assert "76351" in [commune.insee for commune in unknown("76000 Le Havre").suggestions]


def test_a_postcode_of_one_commune_is_that_commune() -> None:
    rouen = origin("76000")
    assert (rouen.label, rouen.precision, rouen.insee) == ("76000 (Rouen)", "commune", "76540")


def test_a_postcode_of_an_arrondissement_is_the_arrondissement() -> None:
    assert origin("75001").insee == "75101"
    assert origin("75116").insee == origin("75016").insee == "75116"


def test_a_shared_postcode_is_the_middle_of_its_inhabitants() -> None:
    shared = origin("27400")
    members = [_commune(code) for code in shared.communes if _commune(code).insee == code]
    assert shared.precision == "postcode"
    assert shared.insee is None
    assert len(members) > 10
    assert shared.label.startswith("27400 (Louviers et ")
    louviers = GAZETTEER.centre("27375")
    assert louviers is not None
    assert distance_m(shared.point, louviers) < 5_000


def test_five_digits_are_a_postcode_first_and_the_answer_says_so() -> None:
    valmont = origin("76540")
    assert "76719" in valmont.communes
    assert "76540" not in valmont.communes
    assert valmont.note is not None
    assert "insee:76540" in valmont.note
    assert "Rouen (76)" in valmont.note


def test_an_approximate_point_is_said_to_be_so() -> None:
    approximate = origin("Sainte-Colombe (76)")
    assert _commune("76569").point_source == "postcode"
    assert approximate.note is not None
    assert "approchée" in approximate.note
    assert origin("Rouen").note is None


@pytest.mark.parametrize("text", ["49.44,1.1", "49.44, 1.1", " +49.44 ,1.10 "])
def test_coordinates_are_a_point_and_no_commune(text: str) -> None:
    there = origin(text)
    assert (there.point, there.precision, there.insee) == (Point(49.44, 1.1), "point", None)
    assert there.communes == frozenset()


@pytest.mark.parametrize("text", ["91,0", "0,181", "49,44,1,1", "nan,nan", "٤٩.٤٤,١.١", "1e5,2"])
def test_coordinates_off_the_globe_or_ill_written_are_unknown(text: str) -> None:
    unknown(text)


def test_a_commune_without_a_point_is_unknown_with_the_reason() -> None:
    assert "coordonnées" in unknown("98411").reason


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Rouenn", "76540"), ("Marseile", "13055"), ("Strabsourg", "67482"), ("Nantez", "44109")],
)
def test_a_misspelt_name_suggests_the_town(typed: str, meant: str) -> None:
    assert meant in [commune.insee for commune in unknown(typed).suggestions]


@pytest.mark.parametrize("text", ["", "   ", "()", "(76)", "76", ",", "d'", "🙂", "\x00", "00000"])
def test_what_is_no_place_is_unknown(text: str) -> None:
    unknown(text)


@settings(max_examples=300, deadline=2_000)
@given(st.one_of(st.text(), st.from_regex(r"[A-Za-zÀ-ÿ' -]{0,60}[ (]*[0-9AB]{0,5}\)?", fullmatch=True)))
@example("a" * 10_000)
@example("(" * 199)
@example("saint " * 33)
@example("1 " * 100)
@example("\u0301" * 200)
@example("76000 " + "x" * 190)
def test_resolve_answers_any_text_without_raising(text: str) -> None:
    assert isinstance(GAZETTEER.resolve(text), Found | Ambiguous | Unknown)


def test_ten_kilobytes_are_refused_at_once() -> None:
    start = time.perf_counter()
    for _ in range(100):
        assert unknown("Rouen " * 1_700).suggestions == ()
    assert time.perf_counter() - start < 0.1


# --- suggest


def test_suggestions_put_the_exact_name_first_then_the_start_then_an_inner_word() -> None:
    names = [commune.name for commune in GAZETTEER.suggest("colombe", 50)]
    assert names[0] == "Colombe"  # 2 000 inhabitants, before Colombes and its 90 000
    assert names.index("Colombes") < names.index("La Garenne-Colombes") < names.index("Sainte-Colombe")


def test_suggestions_are_by_population_among_equals_and_without_repeats() -> None:
    found = GAZETTEER.suggest("saint-d", 20)
    assert [commune.insee for commune in found][:3] == ["97411", "93066", "52448"]
    assert len({commune.insee for commune in found}) == 20
    assert [c.weight for c in found] == sorted((c.weight for c in found), reverse=True)


def test_st_may_begin_saint_or_strasbourg() -> None:
    names = [commune.name for commune in GAZETTEER.suggest("st")]
    assert "Strasbourg" in names
    assert "Saint-Étienne" in names
    assert all(commune.name.startswith("Saint") for commune in GAZETTEER.suggest("st "))


def test_an_elided_word_may_be_typed_up_to_its_apostrophe() -> None:
    for typed in ("villeneuve d'", "villeneuve d’a", "Villeneuve d'Ascq", "villeneuve d ascq"):
        assert "59009" in [commune.insee for commune in GAZETTEER.suggest(typed, 20)], typed


def test_suggestions_keep_to_a_department() -> None:
    found = GAZETTEER.suggest("sainte-c", 10, department="76")
    assert found
    assert {commune.department for commune in found} == {"76"}
    assert GAZETTEER.suggest("ajac", department="2a")[0].insee == "2A004"


def test_a_postcode_is_suggested_from_its_first_digits() -> None:
    assert GAZETTEER.suggest("7600")[0].insee == "76540"
    assert GAZETTEER.suggest("76100")[0].insee == "76540"


@pytest.mark.parametrize(("prefix", "limit"), [("", 10), ("  ", 10), ("x" * 81, 10), ("paris", 0), ("paris", -1)])
def test_nothing_is_suggested_for_nothing(prefix: str, limit: int) -> None:
    assert GAZETTEER.suggest(prefix, limit) == []


def test_suggestions_come_in_under_a_millisecond() -> None:
    with BUILT_IN.open(encoding="utf-8") as stream:
        names = [row["name"] for row in csv.DictReader(stream)][::70]
    prefixes = [name[:length] for name in names for length in (1, 2, 3, 5, 8)]
    taken = []
    for prefix in prefixes:
        start = time.process_time()
        GAZETTEER.suggest(prefix)
        taken.append(time.process_time() - start)
    assert len(taken) > 2_000
    assert sorted(taken)[int(len(taken) * 0.99)] < 0.003  # 0.5 ms measured; wide for a busy machine


@settings(max_examples=200, deadline=1_000)
@given(st.text(max_size=100))
def test_suggest_answers_any_text(prefix: str) -> None:
    assert len(GAZETTEER.suggest(prefix, 5)) <= 5


# --- an operator's file


def test_an_operators_file_replaces_the_built_in_one(tmp_path: Path) -> None:
    own = Gazetteer.load(write(tmp_path, HEADER, ROUEN))
    assert len(own) == 1
    assert isinstance(own.resolve("Rouen"), Found)
    assert isinstance(own.resolve("Paris"), Unknown)


def test_the_fewest_columns_are_enough_in_any_order_and_with_semicolons(tmp_path: Path) -> None:
    own = Gazetteer.load(write(tmp_path, "\ufefflat;lon;nom;code_insee;extra", "41.92;8.74;Ajaccio;2A004;x"))
    ajaccio = own.get("2A004")
    assert ajaccio is not None
    assert (ajaccio.department, ajaccio.postcodes, ajaccio.population) == ("2A", (), None)


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("7654,Rouen,76000,1,76,,49,1", "insee", "7654"),
        ("76540,,76000,1,76,,49,1", "name", ""),
        ("76540,Rouen,7600,1,76,,49,1", "postcodes", "7600"),
        ("76540,Rouen,76000,-1,76,,49,1", "population", "-1"),
        ("76540,Rouen,76000,1,76,Seine,49,1", "parent", "Seine"),
        ("76540,Rouen,76000,1,76,,95,1", "lat", "95"),
        ("76540,Rouen,76000,1,76,,49,1°", "lon", "1°"),
        ("76540,Rouen,76000,1,76,,49,", "lon", ""),
        ("76540,Rouen,76000,1,76,,nan,1", "lat", "nan"),
        ("76540,Rouen,76000,1,76", "lat", None),
        (ROUEN, "insee", "76540"),
    ],
)
def test_a_bad_cell_is_named_by_line_column_and_value(tmp_path: Path, row: str, column: str, value: str | None) -> None:
    path = write(tmp_path, HEADER, ROUEN, row)
    if value is None:  # a short line: no coordinates, and a second commune of this code
        column, value = "insee", "76540"
    assert f"communes.csv line 3, column {column}: " in refusal(path)
    assert f"(got {value!r})" in refusal(path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    assert "columns missing: lat, lon" in refusal(write(tmp_path, "insee,name", "76540,Rouen"))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "columns missing" in refusal(write(tmp_path, ""))
    assert "holds no commune" in refusal(write(tmp_path, HEADER))


def test_a_file_that_is_not_utf8_or_a_broken_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "communes.csv.gz"
    path.write_bytes(f"{HEADER}\n76540,Évreux,,,,,49,1\n".encode("cp1252"))
    assert "UTF-8" in refusal(path)
    path.write_bytes(gzip.compress(b"x" * 1_000)[:-5])
    assert "gzip" in refusal(path)


def test_a_part_of_a_commune_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "parent of 75101" in refusal(
        write(tmp_path, HEADER, "75101,Paris 1er Arrondissement,75001,1,75,75056,48.8,2.3")
    )


def test_many_bad_lines_are_reported_together_but_not_all(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        Gazetteer.load(write(tmp_path, HEADER, *["x,y,,,,,49,1"] * 1_000))
    assert len(refused.value.errors) == 20


def test_a_present_commune_beats_a_former_one_of_its_code_in_either_order(tmp_path: Path) -> None:
    present, former = "01015,Arboys en Bugey,01300,600,01,,45.7,5.6", "01015,Arbignieu,,,01,01015,45.8,5.7"
    for rows in ((present, former), (former, present)):
        found = Gazetteer.load(write(tmp_path, HEADER, *rows)).get("01015")
        assert found is not None
        assert found.name == "Arboys en Bugey"


def test_the_official_file_loads_and_knows_former_communes() -> None:
    official = Gazetteer.load(official_file())
    assert len(official) > 37_000
    assert official.centre("75056") is not None
    assert {"75101", "75056"} <= official.codes_within("75056")
    former = official.get("50173")
    assert former is not None
    assert former.parent == "50129"  # Cherbourg-en-Cotentin, in 2016
    assert "50173" in official.codes_within("50129")
    answer = official.resolve("Sainte-Colombe (76)")
    assert isinstance(answer, Found)
    assert answer.origin.note is None


def test_the_built_in_points_are_as_near_the_official_ones_as_source_md_says() -> None:
    official = Gazetteer.load(official_file())
    errors: dict[str, list[float]] = {}
    with BUILT_IN.open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            ours, theirs = GAZETTEER.centre(row["insee"]), official.centre(row["insee"])
            if ours is not None and theirs is not None:
                errors.setdefault(row["point_source"], []).append(distance_m(ours, theirs))
    median = {source: sorted(values)[len(values) // 2] for source, values in errors.items()}
    p95 = {source: sorted(values)[int(len(values) * 0.95)] for source, values in errors.items()}
    assert len(errors["geonames"]) > 14_500
    assert median["geonames"] < 250
    assert p95["geonames"] < 1_500
    assert median["postcode"] < 6_500
    assert median["epci"] < 16_000
    assert sum(error > 10_000 for error in errors["geonames"]) <= 20
