"""The folding of text: two spellings of one name meet, and meet again when folded twice."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.fold import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("L'Hôpital Saint-Cœur", "hopital saint coeur"),
        ("CENTRE HOSPITALIER D’ÉVREUX", "centre hospitalier evreux"),
        ("aujourd'hui", "aujourd hui"),
        ("presqu’île", "presqu ile"),
        ("qu'il n'est pas", "il est pas"),
        ("l´eau et l`air", "eau et air"),
        ("Réanimation\t médico–chirurgicale", "reanimation medico chirurgicale"),
        ("Æther ﬁn ß", "aether fin ss"),
        ("grands\u00a0brûle\u0301s", "grands brules"),
        ("zéro\u200blargeur\u0000 et césu\u00adre", "zerolargeur et cesure"),
        ("5' et vitamine d'", "5 et vitamine d"),
        ("C.H.R. (Lille)", "c.h.r. (lille)"),
        ("", ""),
        (" - ' ", ""),
    ],
)
def test_spellings_of_one_name_fold_to_one_text(text: str, folded: str) -> None:
    assert text == "" or text != folded
    assert fold(text) == folded


_FRENCH = st.text(alphabet=st.sampled_from("aàâçéèêëîïôœùûæzLDJqu'’´`- ‑\u0301\u00ad\t.5"))


@given(st.one_of(st.text(), _FRENCH))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@given(st.one_of(st.text(), _FRENCH))
def test_folded_text_has_no_mark_apostrophe_hyphen_control_or_double_space(text: str) -> None:
    folded = fold(text)
    assert folded == folded.strip()
    assert "  " not in folded
    assert not set("'’-\t\n\u00ad") & set(folded)
    assert not {unicodedata.category(character) for character in folded} & {"Mn", "Me", "Cc", "Cf"}


@given(_FRENCH)
def test_case_and_composed_accents_do_not_matter(text: str) -> None:
    assert fold(text.upper()) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize("piece", ["\u0301\u0323", "l'", "- ", "é", "'", "qu'a"])
def test_hostile_repetition_is_folded_in_linear_time(piece: str) -> None:
    began = time.thread_time()
    fold(piece * 200_000)
    assert time.thread_time() - began < 5, "a quadratic pass would take minutes"
