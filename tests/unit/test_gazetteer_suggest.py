"""The gazetteer: communes as one types."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gazetteer_kit import (
    GAZETTEER,
)


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


@settings(max_examples=200)
@given(st.text(max_size=100))
def test_suggest_answers_any_text(prefix: str) -> None:
    began = time.thread_time()
    assert len(GAZETTEER.suggest(prefix, 5)) <= 5
    assert time.thread_time() - began < 1, "second of the processor"
