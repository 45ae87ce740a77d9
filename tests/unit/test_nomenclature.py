"""The code lists: as published, complete, readable when retired, and what we add to them."""

from __future__ import annotations

import csv
import json
import re
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mappings.errors import NotFound
from mappings.fold import fold
from mappings.nomenclature import (
    CRITERIA,
    activity_groups,
    codes_for,
    freshness_class,
    freshness_policies,
    freshness_policy,
    groups_of,
    is_critical,
    nomenclature,
    related,
    search_words,
    words_of,
)
from mappings.nomenclature.reading import TABLES, read_catalogue
from mappings.nomenclature.registry import merge

ROOT = Path(__file__).resolve().parents[2]
NATIONAL = tuple(read_catalogue())


def published(shared: Path, list_id: str) -> list[dict[str, str]]:
    """Read the published rows of a list."""
    (path,) = (shared / "data" / "nomenclature").glob(f"*_{list_id}_*.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


# the lists


@pytest.mark.parametrize("list_id", NATIONAL)
def test_a_list_holds_every_published_code_with_its_label_link_and_dates(shared: Path, list_id: str) -> None:
    rows = published(shared, list_id)
    columns = ("code", "display", "parent", "valid_from", "valid_to")
    expected = {tuple(row.get(column, "") for column in columns) for row in rows}
    ours = {(c.code, c.label, c.parent, c.valid_from, c.valid_to) for c in nomenclature()[list_id]}
    assert ours == expected
    assert len(nomenclature()[list_id]) == len(rows)


def test_short_labels_are_the_published_ones_but_the_four_that_are_wrong(shared: Path) -> None:
    differing = {
        (list_id, row["code"])
        for list_id in NATIONAL
        for row in published(shared, list_id)
        if row.get("short_display", "") != nomenclature()[list_id].concepts[row["code"]].short_label
    }
    assert differing == {("R210", "0148"), ("R210", "0167"), ("R210", "0439"), ("R212", "148")}


def test_the_manifest_facts_are_carried(shared: Path) -> None:
    manifest = json.loads((shared / "data" / "nomenclature" / "manifest.json").read_text(encoding="utf-8"))
    by_id = {entry["file"].split("_")[1]: entry for entry in manifest}
    checked = 0
    for code_list in map(nomenclature().__getitem__, NATIONAL):
        if code_list.id not in by_id:
            continue
        entry = by_id[code_list.id]
        checked += 1
        assert (code_list.oid, code_list.value_set) == (entry["oid"], entry["value_set"])
        assert code_list.version in entry["version"]
        assert len(code_list) == entry["codes"]
        assert len(code_list.active()) == entry["active"]
    assert checked == len(NATIONAL) - 5


@pytest.mark.parametrize("list_id", NATIONAL)
def test_a_list_says_what_it_is(list_id: str) -> None:
    code_list = nomenclature()[list_id]
    facts = read_catalogue()[list_id]
    assert (facts["count"], facts["active"]) == (len(code_list), len(code_list.active()))
    assert re.fullmatch(r"https://mos\.esante\.gouv\.fr/NOS/TRE_([A-Z]\d+-\w+)/FHIR/TRE-\1", code_list.system)
    assert re.fullmatch(r"\d{14}", code_list.version)
    assert all((code_list.title, code_list.attribute, code_list.source))
    codes = [concept.code for concept in code_list]
    assert codes == sorted(set(codes))


def test_a_retired_code_is_still_readable_and_no_longer_offered() -> None:
    activities = nomenclature()["R211"]
    burns = activities.get("012")
    assert burns is not None
    assert (burns.label, burns.active) == ("Brûlés", False)
    assert "012" in activities
    assert burns not in activities.active()


def test_leading_zeros_count() -> None:
    activities = nomenclature()["R211"]
    assert "013" in activities
    assert "13" not in activities
    assert activities.get("13") is None


def test_an_unknown_code_is_its_own_label() -> None:
    assert nomenclature().label("R211", "354") == "Soins intensifs spécialisés cardiologie (USIC)"
    assert nomenclature().label("R211", "999") == "999"


def test_a_short_label_is_preferred_for_display_where_there_is_one() -> None:
    modes = nomenclature()["R213"]
    assert modes.concepts["28"].display == "HC"
    assert modes.concepts["47"].display == modes.concepts["47"].label


@pytest.mark.parametrize("ask", [nomenclature().__getitem__, nomenclature().criterion])
def test_an_unknown_list_or_criterion_is_refused_by_name(ask: object) -> None:
    assert callable(ask)
    with pytest.raises(NotFound, match="R999"):
        ask("R999")


def test_every_coded_criterion_has_its_list() -> None:
    assert len(CRITERIA) == 12
    assert all(len(nomenclature().criterion(name).active()) > 0 for name in CRITERIA)


def test_the_developer_script_writes_the_same_tables(shared: Path, tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import carry_nomenclature
    finally:
        sys.path.remove(str(ROOT / "tools"))
    carry_nomenclature.carry(shared / "data" / "nomenclature", tmp_path)
    written = sorted(path.name for path in tmp_path.iterdir())
    assert len(written) == len(NATIONAL) + 1
    assert all((tmp_path / name).read_bytes() == (TABLES / name).read_bytes() for name in written)


# site categories and expertise


def test_a_hospital_is_under_its_aggregates() -> None:
    categories = nomenclature().criterion("site_category")
    assert categories.ancestors("355") == ("1102", "1100", "1000")
    assert "355" in categories.descendants("1000")
    assert "1102" in categories.descendants("1100")
    assert categories.descendants("355") == ()
    assert categories.ancestors("nothing") == categories.descendants("nothing") == ()


def test_ancestors_and_descendants_say_the_same() -> None:
    categories = nomenclature()["site_category"]
    for concept in categories:
        assert all(concept.code in categories.descendants(above) for above in categories.ancestors(concept.code))
        assert len(categories.ancestors(concept.code)) <= 3


@pytest.mark.parametrize(("criterion", "lists"), [("site_category", 6), ("expertise", 2)])
def test_the_codes_of_a_virtual_list_never_collide(criterion: str, lists: int) -> None:
    virtual = nomenclature().criterion(criterion)
    assert len(virtual.parts) == lists
    assert len(virtual) == sum(len(part) for part in virtual.parts)
    for concept in virtual:
        assert sum(concept.code in part for part in virtual.parts) == 1


def test_two_lists_with_one_code_are_refused() -> None:
    levels = nomenclature()["R344"]
    with pytest.raises(ValueError, match=r"R999: codes 10"):
        merge((levels, replace(levels, id="R999")))


def test_a_code_of_a_virtual_list_knows_its_own_list() -> None:
    expertise = nomenclature()["expertise"]
    assert expertise.part_of("04").id == "R253"
    assert expertise.part_of("10").id == "R344"
    assert nomenclature()["R211"].part_of("354").id == "R211"


# groups of activities


def test_the_groups_hold_every_critical_activity_of_the_national_list(shared: Path) -> None:
    with (shared / "data/nomenclature/groupes_soins_critiques_derive.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 80
    for row in rows:
        group = "brules" if row["groupe"] == "brules_hors_soins_critiques" else row["groupe"]
        assert group in groups_of(row["code"]), row
    critical = {row["code"] for row in rows if row["groupe"] not in {"urgences", "brules_hors_soins_critiques"}}
    assert {concept.code for concept in nomenclature()["R211"] if is_critical(concept.code)} == critical | {"358"}


def test_every_activity_of_a_group_exists_once_and_says_why() -> None:
    activities = nomenclature()["R211"]
    for group in activity_groups().values():
        codes = [member.activity for member in group.members]
        assert len(codes) == len(set(codes)) > 0
        for member in group.members:
            concept = activities.get(member.activity)
            assert concept is not None
            assert member.reason
            assert ("retiré" in member.reason) == (not concept.active), member


def test_the_national_view_of_burns_is_five_activities_and_a_retired_one() -> None:
    assert activity_groups()["brules"].activities == ("012", "121", "175", "239", "359", "379")
    assert groups_of("121") == ("reanimation", "brules")
    assert is_critical("121")
    assert not is_critical("175")


def test_smur_and_unknown_activities_have_their_groups_or_none() -> None:
    assert groups_of("136") == ("smur",)
    assert groups_of("270") == ("smur", "pediatrique")
    assert groups_of("013") == groups_of("nothing") == ()


@pytest.mark.parametrize(
    ("activity", "yes", "no"),
    [
        ("130", {"128"}, {"127", "121", "391", "370"}),
        ("127", {"122", "123", "126", "129"}, {"130", "128", "121", "351", "373"}),
        ("123", {"127", "126"}, {"124", "129"}),
        ("354", {"351", "353", "362"}, {"356", "357", "370", "355", "376"}),
        ("356", {"351", "372"}, {"354", "388"}),
        ("121", {"359", "379"}, {"127", "175", "239"}),
    ],
)
def test_related_activities_take_the_same_patients_at_the_same_level(
    activity: str, yes: set[str], no: set[str]
) -> None:
    assert yes <= related(activity)
    assert not no & related(activity)


@pytest.mark.parametrize("activity", ["355", "157", "136", "239", "013", "nothing"])
def test_what_no_other_activity_replaces_is_related_to_nothing(activity: str) -> None:
    assert related(activity) == frozenset()


def test_the_relation_goes_both_ways_and_never_to_itself() -> None:
    for concept in nomenclature()["R211"]:
        assert concept.code not in related(concept.code)
        assert all(concept.code in related(other) for other in related(concept.code))


# freshness


@pytest.mark.parametrize(
    ("activities", "expected"),
    [
        (("127",), "critical_care"),
        (("013", "354"), "critical_care"),
        (("157", "373"), "critical_care"),
        (("157",), "emergency"),
        (("136",), "emergency"),
        (("013",), "other"),
        ((), "other"),
    ],
)
def test_the_strictest_activity_decides_the_freshness(activities: tuple[str, ...], expected: str) -> None:
    assert freshness_class(activities) == expected
    assert freshness_class(iter(activities)) == expected


def test_freshness_is_a_day_for_critical_care_and_half_in_tension() -> None:
    ages = {code: (policy.max_age(), policy.max_age(tension=True)) for code, policy in freshness_policies().items()}
    day, half, three = timedelta(days=1), timedelta(hours=12), timedelta(days=3)
    assert ages == {"critical_care": (day, half), "emergency": (day, half), "other": (three, day)}
    with pytest.raises(NotFound, match="nothing"):
        freshness_policy("nothing")


# search words


def test_every_search_word_names_an_active_code() -> None:
    assert len(search_words()) >= 250
    for kind, code in search_words():
        concept = nomenclature().criterion(kind).get(code)
        assert concept is not None, (kind, code)
        assert concept.active, (kind, code)
    kinds = {kind for kind, _ in search_words()}
    assert kinds == set(CRITERIA) - {"expertise", "reception", "offer_type"}


def test_search_words_are_clean_and_given_once_a_code() -> None:
    for key, words in search_words().items():
        assert all(word == word.strip() and fold(word) for word in words), key
        assert len({fold(word) for word in words}) == len(words), key


@pytest.mark.parametrize(
    ("typed", "kind", "code"),
    [
        ("usic", "activity", "354"),
        ("UNV", "activity", "356"),
        ("USINV", "activity", "356"),
        ("USC", "activity", "373"),
        ("rea", "activity", "127"),
        ("Réa néonat", "activity", "128"),
        ("SMR", "field", "02"),
        ("ssr", "field", "02"),
        ("uhcd", "mode", "13"),
        ("HAD", "mode", "31"),
        ("smur", "activity", "136"),
        ("samu", "activity", "273"),
        ("SAU", "activity", "157"),
        ("usi", "activity", "351"),
        ("USLD", "activity", "333"),
        ("ehpad", "site_category", "500"),
        ("IVG", "activity", "105"),
        ("dialyse", "activity", "059"),
        ("coro", "act", "0145"),
        ("thrombectomie", "act", "0459"),
        ("grands brules", "activity", "121"),
        ("kine", "activity", "339"),
        ("addicto", "activity", "404"),
        ("gériatrie", "activity", "050"),
        ("pediatrie", "activity", "088"),
        ("maternité", "activity", "100"),
        ("irm", "activity", "068"),
        ("scanner", "activity", "070"),
        ("PET-scan", "act", "0549"),
    ],
)
def test_everyday_words_reach_their_code(typed: str, kind: str, code: str) -> None:
    assert (kind, code) in codes_for(typed)
    assert fold(typed) in {fold(word) for word in words_of(kind, code)}


def test_a_word_with_two_meanings_reaches_both_and_a_strange_one_none() -> None:
    assert set(codes_for("PMA")) == {("activity", "080"), ("equipment", "141")}
    assert codes_for("zzz") == ()
    assert words_of("activity", "zzz") == ()


# documentation


def test_the_page_lists_every_list_with_its_version_and_counts() -> None:
    page = (ROOT / "docs" / "nomenclature.md").read_text(encoding="utf-8")
    for list_id in NATIONAL:
        one = nomenclature()[list_id]
        row = (
            f"| {one.id} | {one.title} | `{one.attribute}` | {one.value_set or '—'} "
            f"| {len(one)} ({len(one.active())}) | {one.version} |"
        )
        assert row in page, row
