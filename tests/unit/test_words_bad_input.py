"""Whatever is typed gets a sensible reading, in bounded time, and nothing of a patient goes further."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orientation.words import MAX_TEXT
from orientation.words.tokens import MAX_WORDS, tokens_of
from tests.words_kit import asked, understood


@pytest.mark.parametrize("text", ["le la les", "de", "🚑🔥", "\x00\x07", "-" * MAX_TEXT, "()*+?", "\u202e\u202d", "«»"])
def test_nothing_to_read_asks_for_nothing_and_says_so(text: str) -> None:
    reading = understood(text)
    assert not reading.parameters and reading.text is None
    assert any("Rien" in warning for warning in reading.warnings)


@pytest.mark.parametrize("noise", ["🚑", "\x00", "*", "(", "\\", "/", '"', "~2", "^", "\u202e", ":", "{}", "<b>"])
def test_odd_characters_around_words_change_nothing(noise: str) -> None:
    assert {"activity": {"068"}, "place": {"insee:76540"}}.items() <= asked(
        f"{noise} irm {noise} rouen {noise}"
    ).items()


def test_right_to_left_text_is_searched_in_names() -> None:
    assert asked("مستشفى") == {"text": {"مستشفى"}}


def test_words_beyond_the_limit_are_told_to_be_unread() -> None:
    reading = understood("irm " * 500)
    assert reading.parameters["activity"] == ("068",)
    assert any(str(MAX_WORDS) in warning for warning in reading.warnings)
    assert len(tokens_of("irm " * 500)) == MAX_WORDS


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=300))
def test_any_text_is_read_and_its_parts_are_in_it(text: str) -> None:
    reading = understood(text)
    assert all(text[part.start : part.end] == part.text for part in reading.parts)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from("réa péd irm 76 150 kg ans 16 à près de rouen lit chu type 3 né le m. zz".split())))
def test_any_mix_of_known_words_is_read_and_parts_do_not_overlap(words: list[str]) -> None:
    parts = understood(" ".join(words)).parts
    assert all(one.end <= other.start for one, other in pairwise(parts))


@pytest.mark.parametrize(
    ("text", "secret"),
    [("réa M. Jean DUPONT Rouen", "dupont"), ("Mme Martin USIC caen", "martin"), ("réa Rouen 12/03/1956", "1956"),
     ("née le 3 mars 1956 réa Rouen", "1956"), ("1 56 03 76 540 123 45 dialyse", "540"),
     ("réa 2560376540123", "2560376540123"),
     ("patient : Durand réa", "durand")],
)  # fmt: skip
def test_what_looks_like_a_patient_is_warned_of_and_not_searched(text: str, secret: str) -> None:
    reading = understood(text)
    assert any("aucune donnée de patient" in warning for warning in reading.warnings)
    said = " ".join([*(reading.text or "").split(), *(part.text for part in reading.parts), *reading.warnings])
    assert secret not in said.lower()
    assert "activity" in reading.parameters


def test_a_title_does_not_swallow_what_is_asked() -> None:
    assert asked("Mme Martin USIC caen") == {"activity": {"354"}, "place": {"insee:14118"}}


@pytest.mark.parametrize("text", ["réa M Rouen", "chirurgie 12 ans", "dialyse 76000", "médecine 75015 70 ans"])
def test_an_ordinary_question_is_not_taken_for_a_patient(text: str) -> None:
    assert not any("patient" in warning for warning in understood(text).warnings)


@pytest.mark.parametrize(
    "flood",
    ["zzqx vlork brumpf wxyz " * 100, "a" * MAX_TEXT, "1 " * 1000, "é" * MAX_TEXT,
      "saint " * 300, "réa " * 500, "1/" * 1000],
)  # fmt: skip
def test_of_a_flood_the_first_words_are_read_and_no_more(flood: str) -> None:
    reading = understood(flood[:MAX_TEXT], ["Hôpital Bicêtre"])
    last = max((part.end for part in reading.parts), default=0)
    assert len(flood[:last].replace("/", " ").split()) <= 30 + 1
