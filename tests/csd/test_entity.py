"""Keys of entities: what is written and what is asked meet, in every reading of the profile."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csd import entity as e
from mappings.definitions import known_fields

PARTS = ("", "A", "b", "1 2")


def matches(stored: tuple[str, str, str], asked: tuple[str, str, str]) -> bool:
    """Say by the words of the profile whether an otherID answers what is asked: blank parts ask nothing."""
    authority, code, text = (part.casefold() for part in stored)
    wanted = tuple(part.casefold() for part in asked)
    if wanted[0] and wanted[0] != authority:
        return False
    as_written = all(not want or want == have for want, have in zip(wanted[1:], (code, text), strict=True))
    as_identifier = bool(wanted[1]) != bool(wanted[2]) and (wanted[1] or wanted[2]) == (text or code)
    kind_and_identifier = bool(wanted[1] and wanted[2]) and not text and wanted[2] == code
    return as_written or as_identifier or kind_and_identifier


@pytest.mark.parametrize("asked", [each for each in product(PARTS, repeat=3) if any(each)])
def test_an_identifier_is_found_in_both_readings_and_never_otherwise(asked: tuple[str, str, str]) -> None:
    for stored in product(PARTS, repeat=3):
        if stored[1]:
            found = bool(set(e.other_id_keys(*stored)) & set(e.other_id_asked(*asked)))
            assert found == matches(stored, asked), (stored, asked)


def test_nothing_asked_of_an_identifier_is_no_filter() -> None:
    assert e.other_id_asked("", " ", "\n") == []


def test_case_and_space_are_folded_and_accents_are_not() -> None:
    assert e.fold_text("  CHU \n de  ROUEN ") == "chu de rouen"
    assert e.code_key("Scheme", "ABC") == e.code_key("scheme", "abc")
    assert e.fold_text("Émile") == e.fold_text("émile") != e.fold_text("emile")


def test_two_pairs_never_share_a_key() -> None:
    assert e.code_key("a|b", "c") != e.code_key("a", "b|c")


def test_a_very_long_key_is_one_term_and_still_says_the_whole() -> None:
    one, other = e.address_key("city", "x" * 50_000), e.address_key("city", "x" * 50_000 + "y")
    assert len(one.encode()) < 32_766
    assert one != other
    assert one == e.address_key("CITY", "X" * 50_000)


@given(st.text(max_size=40) | st.text("ab ", max_size=9), st.text(min_size=3, max_size=6) | st.text("ab ", max_size=4))
def test_a_name_holds_a_text_exactly_where_its_runs_follow_each_other(name: str, text: str) -> None:
    words, wanted = e.name_runs(name).split(), e.name_runs(text).split()
    assert all(len(word) == e.RUN for word in (*words, *wanted)), "no blank parts a word"
    if wanted:
        found = any(words[at : at + len(wanted)] == wanted for at in range(len(words)))
        assert found == (e.fold_text(text) in e.fold_text(name))
    else:
        assert len(e.fold_text(text)) < e.RUN


@given(st.integers(0, 40_000), st.integers(1, e.NEEDLE_CHARACTERS))
def test_every_text_within_a_long_name_lies_within_one_of_its_pieces(start: int, length: int) -> None:
    name = "".join(chr(0x4E00 + number % 9973) for number in range(41_000))
    pieces = e.name_pieces(name)
    assert any(name[start : start + length] in piece for piece in pieces)
    assert all(len(piece.encode()) < 32_766 for piece in pieces)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2014-12-13T12:00:00+01:00", "2014-12-13T11:00:00+00:00"),
        ("2014-12-13T12:00:00", "2014-12-13T12:00:00+00:00"),
        (" 2014-12-13T12:00:00.5Z ", "2014-12-13T12:00:00.500000+00:00"),
        ("2014-12-13", None),
        ("2014-13-13T12:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_date_with_its_time_is_a_moment(text: str | None, written: str | None) -> None:
    moment = e.parse_instant(text)
    assert (None if moment is None else moment.isoformat()) == written


@pytest.mark.parametrize("name", ["", "-a", "a b", "a/b", "é", "x" * 41, "csd*"])
def test_what_is_no_name_of_a_directory_has_no_alias(name: str) -> None:
    assert e.directory_alias(name) is None


def test_names_of_directories_have_no_case() -> None:
    assert e.directory_alias("ROR-76") == e.directory_alias("ror-76") == "csd-ror-76"
    assert e.directory_name("csd-ror-76") == "ror-76"


def test_a_document_holds_only_fields_that_the_index_knows() -> None:
    moments = dict.fromkeys(("created", "updated", "modified"), e.parse_instant("2014-12-13T12:00:00"))
    lists = ("other_ids", "codes", "address", "organizations", "services", "facilities", "languages")
    every: dict[str, Any] = {
        "kind": e.ORGANIZATION, "entity_id": "x", "primary_name": "name", "other_names": ("other",), "parent": "p",
        "status": "s", "sensitive": True, "removed": True, "unit_id": "u", "content_hash": 7, "content": {"a": 1},
        "xml": "<x/>", **moments, **{name: ["k"] for name in lists},
    }  # fmt: skip
    known = known_fields(e.DEFINITION)
    assert set(e.Entity(**every).document()) == known
