"""The rules of quality, one by one; and how their counts are shown."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mappings.age import Age, AgeRange
from mappings.definitions import index_definition
from mappings.geo import Point
from mappings.quality import RULES, THEMES, judged
from mappings.unit import Address, Contact, OpeningHours, Telecom
from orientation.pages.bars import bars
from orientation.pages.french import percent
from orientation.quality.reading import is_recent
from tests.factory import NOW, make_contact, make_place, make_site, make_unit

NO_STREET = Address(postcode="76000", commune="Rouen")
ADULT = AgeRange(Age(18), Age(120))
CHILD = AgeRange(Age(0), Age(17))
SOCIAL: dict[str, Any] = {"field": "04", "care_mode": "46"}

BROKEN: dict[str, dict[str, Any]] = {
    "place": {"places": (make_place(id="UNIT-1@site"),)},
    "address": {"places": (make_place(address=NO_STREET),)},
    "coordinates": {"places": (make_place(geo_precision="commune"),)},
    "contact": {"contacts": (Contact(name="Accueil", telecoms=(Telecom(channel="2", value="0235"),)),)},
    "phone": {"contacts": (Contact(function="22", telecoms=(Telecom(channel="3", value="a@b.fr"),)),)},
    "public": {"publics": ()},
    "hours": {"care_mode": "32"},
    "offer_type": SOCIAL,
    "stay_duration": SOCIAL,
    "finess": {"site": make_site(finess=None)},
    "category": {"site": make_site(category=None)},
    "legal_entity": {"site": make_site(legal_entity=None)},
    "open_place": {"places": (make_place(status="2"),)},
    "emergency_name": {"activities": ("157",), "care_mode": "33", "name": "Accueil"},
    "sensitive": {"name": "UHSI de Rouen"},
    "children_age": {"activities": ("130",), "age": ADULT},
    "dates": {"created_at": NOW},
    "codes": {"care_mode": "22"},
    "point": {"places": (make_place(geo_precision="commune", rejected_point=Point(45.0, 5.0)),)},
    "finess_department": {"site": make_site(finess="140000100")},
}
KEPT: dict[str, dict[str, Any]] = {
    "contact": {"contacts": (make_contact("1", function="22"),)},
    "phone": {"contacts": (), "site": make_site(telecoms=(Telecom(channel="8", value="15"),))},
    "hours": {"care_mode": "32", "hours": (OpeningHours(days=(1,)),)},
    "offer_type": {**SOCIAL, "offer_type": "01"},
    "stay_duration": {**SOCIAL, "stay_duration": "01"},
    "emergency_name": {"activities": ("157",), "care_mode": "33", "name": "Urgences adultes"},
    "sensitive": {"name": "UHSI de Rouen", "sensitive": True},
    "children_age": {"activities": ("130",), "age": CHILD},
    "dates": {"created_at": NOW - timedelta(days=300)},
    "finess_department": {"site": make_site(finess="980000100"), "places": (make_place(insee="97608"),)},
}
FREE: dict[str, dict[str, Any]] = {
    "hours": {"care_mode": "28"},
    "offer_type": {"field": "01"},
    "stay_duration": {"field": "04", "care_mode": "32"},
    "finess": {"field": "05", "site": make_site(finess=None)},
    "legal_entity": {"field": "05", "site": make_site(legal_entity=None)},
    "open_place": {"places": ()},
    "emergency_name": {"activities": ("157",), "care_mode": "28", "name": "Lits"},
    "sensitive": {"name": "Réanimation"},
    "children_age": {"activities": ("130", "127"), "age": ADULT},
    "dates": {"created_at": None},
    "point": {"places": (make_place(geo_precision="commune"),)},
    "finess_department": {"site": make_site(finess=None)},
}
"""Units that a rule is not for."""


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_broken_by_what_it_says_is_wrong(rule: str) -> None:
    assert rule in judged(make_unit(**BROKEN[rule]))["broken"]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_kept_by_a_record_that_is_right(rule: str) -> None:
    told = judged(make_unit(**KEPT.get(rule, {})))
    assert rule in told["kept"]
    assert rule not in told.get("broken", ())


@pytest.mark.parametrize("rule", FREE)
def test_a_rule_says_nothing_of_those_it_is_not_for(rule: str) -> None:
    told = judged(make_unit(**FREE[rule]))
    assert rule not in [*told["kept"], *told.get("broken", ())]


def test_every_rule_has_a_theme_and_words() -> None:
    assert {rule.theme for rule in RULES.values()} <= set(THEMES)
    assert all((rule.label and rule.label[0].islower()) or rule.label.startswith("FINESS") for rule in RULES.values())
    assert len({rule.label for rule in RULES.values()}) == len(RULES)


def test_a_unit_counts_where_its_first_place_is_even_closed_and_else_where_its_site_is() -> None:
    places = (make_place(insee="14118", status="1"), make_place(id="P2"))
    assert (judged(make_unit(places=places))["department"], judged(make_unit(places=places))["region"]) == ("14", "28")
    of_site = judged(make_unit(places=(), site=make_site(insee="97411")))
    assert (of_site["department"], of_site["region"]) == ("974", "04")
    nowhere = judged(make_unit(places=()))
    assert "department" not in nowhere
    assert "place" in nowhere["broken"]


def test_the_index_holds_every_part_of_it() -> None:
    fields = index_definition("units")["mappings"]["properties"]["quality"]["properties"]
    assert set(judged(make_unit(publics=()))) == set(fields)


@pytest.mark.parametrize(
    ("units", "recent", "holds"),
    [(1, 0, False), (1, 1, True), (7, 1, True), (8, 1, False), (8, 2, True), (9, 2, False), (100, 25, True)],
)
def test_a_site_is_recent_by_a_quarter_of_its_units_or_one_of_a_few(units: int, recent: int, holds: bool) -> None:
    assert is_recent(units, recent) is holds


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (None, ""),
        (0.0, "0 %"),
        (0.0004, "moins de 0,1 %"),
        (0.129, "12,9 %"),
        (0.5, "50,0 %"),
        (0.99996, "99,9 %"),
        (1.0, "100 %"),
    ],
)
def test_a_share_is_whole_only_when_all_is(share: float | None, words: str) -> None:
    assert percent(share).replace("\u202f", " ") == words


def test_the_bars_of_a_plot_share_the_whole_width() -> None:
    drawn = bars(("a", "b", "c"), (1, 3, 0), "fiche")
    assert [each["width"] for each in drawn] == [25.0, 75.0, 0.0]
    assert [each["count"] for each in drawn] == ["1 fiche", "3 fiches", "0 fiche"]
    assert [each["width"] for each in bars(("a",), (0,), "fiche")] == [0.0]


def test_every_rule_is_documented_with_its_words() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "pages.md").read_text(encoding="utf-8")
    missing = [
        rule.id for rule in RULES.values() if f"| `{rule.id}` | {THEMES[rule.theme]} | {rule.label} |" not in page
    ]
    assert missing == []
