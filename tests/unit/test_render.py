"""Cells of CSV, and addresses, on their own."""

from __future__ import annotations

import pytest

from orientation.render.csv import harmless


@pytest.mark.parametrize("text", ["=1+1", "+33 2 35", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_begins_like_a_formula_is_quoted(text: str) -> None:
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("value", ["a=1", "", "Réa", -1.5, 3, None, True])
def test_any_other_cell_is_left_as_it_is(value: object) -> None:
    assert harmless(value) is value
