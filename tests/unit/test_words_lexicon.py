"""The tables behind free text: every code is real, every word is found."""

from __future__ import annotations

import pytest

from mappings.fold import fold
from mappings.nomenclature import nomenclature, search_words
from mappings.nomenclature.word_groups import word_forms, word_groups, word_limits
from orientation.words import lexicon
from orientation.words.tokens import phrase_keys, root, stem, tokens_of
from orientation.words.typos import Typos
from orientation.words.vocabulary import Vocabulary


def test_every_group_names_active_activities_and_says_why() -> None:
    activities = nomenclature()["R211"]
    assert len(word_groups()) >= 30
    for group in word_groups():
        assert all(activities.concepts[code].active for code in group.activities), group.words
        assert len(group.reason) > 10
        assert not set(group.main) & set(group.near + group.covers)


def test_no_word_is_in_two_groups() -> None:
    words = [fold(word) for group in word_groups() for word in group.words]
    assert len(words) == len(set(words))


def test_equipment_of_weights_is_active() -> None:
    assert all(nomenclature()["R212"].concepts[code].active for codes in word_limits().values() for code in codes)


def test_no_form_has_two_roots() -> None:
    stems = [(stem(fold(form)), canonical) for canonical, forms in word_forms().items() for form in forms]
    assert len(dict(stems)) == len(set(stems))


def test_every_search_word_is_found_with_its_code_first_or_as_an_alternative() -> None:
    groups = {phrase_keys(word)[0] for group in word_groups() for word in group.words}
    lost = []
    for (kind, code), words in search_words().items():
        for word in words:
            key = phrase_keys(word)[0]
            found = {(each.kind, one) for each in lexicon().find(key) for one in each.all}
            if key not in groups and (kind, code) not in found:
                lost.append((kind, code, word))
    assert not lost


def test_every_active_label_is_found() -> None:
    lost = [
        concept.label
        for kind in ("activity", "mode", "equipment")
        for concept in nomenclature().criterion(kind).active()
        if len(phrase_keys(concept.label)[0]) <= 8
        and not any(concept.code in each.all for each in lexicon().find(phrase_keys(concept.label)[0]))
    ]
    assert not lost


@pytest.mark.parametrize(
    ("one", "other"),
    [("brûlé", "brûlées"), ("chirurgical", "chirurgicaux"), ("infirmier", "infirmières"), ("pédiatrique", "péd"),
     ("réa", "réanimation"), ("néonatale", "néonataux"), ("rhumatologie", "rumatologie"), ("kiné", "kinés")],
)  # fmt: skip
def test_forms_of_one_word_have_one_root(one: str, other: str) -> None:
    assert root(fold(one)) == root(fold(other))


@pytest.mark.parametrize(("one", "other"), [("usic", "usip"), ("neuro", "neurochir"), ("foie", "oeil"), ("irm", "ivg")])
def test_different_words_have_different_roots(one: str, other: str) -> None:
    assert root(one) != root(other)


def test_numbers_stuck_to_their_unit_are_two_words() -> None:
    assert [token.folded for token in tokens_of("150kg 16ans 2A P4")] == ["150", "kg", "16", "ans", "2a", "p4"]


def test_a_slip_is_one_edit_and_two_in_long_words() -> None:
    known = Typos({"urgence": 1.0, "rouen": 1.0, "reanimation": 1.0, "usi": 1.0})
    assert known.nearest("urgnce") == "urgence"
    assert known.nearest("roeun") == "rouen"
    assert known.nearest("renimationn") == "reanimation"
    assert known.nearest("usc") is None
    assert known.nearest("ruen") == "rouen"
    assert known.nearest("rxxen") is None


def test_a_vocabulary_knows_words_starts_and_slips() -> None:
    names = Vocabulary(["Hôpital Bicêtre", "Clinique Mathilde"])
    assert "bicetre" in names and "bice" not in names
    assert names.begins("bice") and not names.begins("zz")
    assert names.nearest("matilde") == "mathilde"
    assert "necker" in names.also(["necker"]) and "necker" not in names
