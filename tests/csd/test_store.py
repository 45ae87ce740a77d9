"""Long and deep answers: walked on a frozen view, in a total order, and never a part that looks whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any
from xml.sax.saxutils import escape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from csd import rendering, store, view
from csd.entity import DEFINITION, Entity, directory_alias, fold_text
from csd.functions.query import visible
from csd.safe_xml import UnsafeXml, parse
from csd.store import EntityStore
from csd.view import View
from engine.bulk import Action
from engine.errors import EngineUnavailable
from engine.gateway import Gateway, require_done
from mappings.definitions import index_definition
from mappings.errors import NotFound
from tests.csd.conftest import ids, search, simple

EVERY = [f"f{n:02}" for n in range(23)]
ALL = visible([], sensitive=True)


@pytest.fixture(scope="module")
def document(new_directory: Callable[[list[Entity]], str]) -> str:
    """A directory of some facilities."""
    return new_directory([simple("facility", each) for each in reversed(EVERY)])


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make everything long."""
    for module in (store, view, rendering):
        monkeypatch.setattr(module, "PAGE", 4)
    monkeypatch.setattr(view, "_SKIPPED", 3)
    monkeypatch.setattr(store, "WINDOW", 9)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("start", [1, 2, 4, 5, 6, 9, 10, 13, 22, 23, 24, 1000])
@pytest.mark.parametrize("most", [None, 0, 1, 3, 4, 5, 8, 22, 23, 1000])
def test_any_part_of_an_answer_is_that_part_of_the_order(
    gateway: Gateway, document: str, start: int, most: int | None
) -> None:
    found = EntityStore(gateway).find(document, ALL, start, most)
    end = None if most is None else start - 1 + most
    assert [hit["_source"]["entity_id"] for hit in found.hits] == EVERY[start - 1 : end]
    assert found.total == len(EVERY)


@pytest.mark.usefixtures("small_pages")
def test_a_long_answer_shows_the_directory_as_it_was_when_it_began(
    gateway: Gateway, new_directory: Callable[[list[Entity]], str]
) -> None:
    name = new_directory([simple("facility", each) for each in EVERY])
    alias = directory_alias(name)
    assert alias is not None
    hits = EntityStore(gateway).find(name, ALL).hits
    first = next(hits)
    changes = [Action("delete", alias, simple("facility", each).id) for each in EVERY[5:15]]
    require_done(gateway.bulk([*changes, Action("index", alias, "facility-ff", simple("facility", "f01a").document())],
                              refresh="true"))  # fmt: skip
    assert [hit["_source"]["entity_id"] for hit in (first, *hits)] == EVERY
    assert len(list(EntityStore(gateway).find(name, ALL).hits)) == 14


@pytest.mark.usefixtures("small_pages")
def test_a_view_is_closed_when_its_answer_is_read_or_dropped(
    gateway: Gateway, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    close = View.close
    monkeypatch.setattr(View, "close", lambda self: (closed.append(self.pit_id), close(self)))
    assert len(list(EntityStore(gateway).find(document, ALL).hits)) == 23
    dropped = EntityStore(gateway).find(document, ALL).hits
    next(dropped)
    assert len(closed) == 1
    dropped.close()  # type: ignore[attr-defined]
    assert len(closed) == 2


@pytest.mark.usefixtures("small_pages")
def test_a_fault_in_the_middle_breaks_off_so_that_a_part_never_looks_whole(
    client: FlaskClient, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages, asked = View._search, 0

    def fails_later(self: View, *given: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked > 3:
            raise EngineUnavailable("away")
        return pages(self, *given)

    monkeypatch.setattr(View, "_search", fails_later)
    monkeypatch.setattr("csd.document._BLOCK", 10)
    came: list[bytes] = []
    with pytest.raises(EngineUnavailable):
        came.extend(client.get(f"/csd/directory/{document}/get", buffered=False).iter_encoded())
    assert b"<facility" in b"".join(came)
    with pytest.raises(UnsafeXml):
        parse(b"".join(came))


def test_what_fails_at_first_is_told_as_an_error(
    client: FlaskClient, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*given: Any, **more: Any) -> Any:
        raise EngineUnavailable("away")

    monkeypatch.setattr(Gateway, "search", away)
    response = search(client, document, "facility")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert b'<csd:error code="503">' in response.get_data()


def test_a_removed_entity_is_shown_to_those_who_copy_only(
    client: FlaskClient, new_directory: Callable[[list[Entity]], str]
) -> None:
    name = new_directory([simple("facility", "here"), simple("facility", "gone", removed=True)])
    assert ids(search(client, name, "facility")) == ["here"]
    assert ids(client.get(f"/csd/directory/{name}/get")) == ["here"]
    assert client.get(f"/csd/directory/{name}/get/facility/gone").status_code == 404


def test_an_unknown_directory_is_not_found(gateway: Gateway) -> None:
    with pytest.raises(NotFound):
        EntityStore(gateway).find("nowhere", ALL)
    with pytest.raises(NotFound):
        EntityStore(gateway).view("nowhere")


def rules(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("csd."):
            yield re.sub(r"<(?:path:)?(\w+)>", r"{\1}", rule.rule).replace("entity_id", "entityID")


def test_every_route_is_documented_and_served_under_both_prefixes(client: FlaskClient) -> None:
    app = client.application
    page = (Path(__file__).resolve().parents[2] / "docs/csd.md").read_text(encoding="utf-8")
    every = sorted(set(rules(app)))
    assert len(every) > 8
    assert [rule for rule in every if f" {rule}" not in page] == []
    upper = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("csd_upper.")}
    assert {rule.replace("/CSD/", "/csd/") for rule in upper} == {
        rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("csd.")
    }


def test_a_name_that_holds_a_text_is_found_and_no_other(
    client: FlaskClient, new_directory: Callable[[list[Entity]], str]
) -> None:
    random = Random(11)
    letters = [
        "a",
        "b",
        "ab",
        " ",
        "  ",
        "é",
        "É",
        "ß",
        "œ",
        "B",
        "*",
        "?",
        "\\",
        "%",
        "'",
        "-",
        "\u00a0",
        "\U0001f3e5",
    ]

    def text(most: int) -> str:
        return "".join(random.choices(letters, k=random.randint(1, most)))

    names = {f"o{n:03}": [text(30) for _ in range(random.randint(1, 3))] for n in range(120)}
    names |= {"long": ["x" * 30_000 + "end", "y"], "apart": ["abc", "def"], "few": ["é"]}
    document = new_directory(
        [
            simple("organization", each, primary_name=every[0], other_names=tuple(every[1:]))
            for each, every in names.items()
        ]
    )
    needles = [text(4) for _ in range(60)] + [
        name[at : at + 9] for every in names.values() for name in every for at in (0, 5)
    ]
    needles += ["xend", "x" * 1000, "bc d", "cde", "ABC"]
    found = 0
    for needle in filter(str.strip, needles):
        for parameter, most in (("primaryName", 1), ("name", None)):
            wanted = sorted(
                each
                for each, every in names.items()
                if any(fold_text(needle) in fold_text(one) for one in every[:most])
            )
            inner = f"<{parameter}>{escape(needle)}</{parameter}>"
            assert ids(search(client, document, "organization", inner)) == wanted, (parameter, needle)
            found += len(wanted)
    assert found > 1_000


def test_a_name_is_found_in_a_directory_that_an_older_version_made(
    client: FlaskClient, gateway: Gateway, new_name: Callable[[], str]
) -> None:
    """That version knew no runs of characters."""
    name = new_name()
    alias = directory_alias(name)
    assert alias is not None
    held = simple("organization", "o1", primary_name="Clinique du Bois", other_names=("Maison Blanche",))
    runs = {"name_runs", "other_name_runs"}
    definition = index_definition(DEFINITION)
    for field in runs:
        del definition["mappings"]["properties"][field]
    index = f"{alias}-20250101000000-0123abcd"
    gateway.create_index(index, {**definition, "aliases": {alias: {}}})
    try:
        older = {field: value for field, value in held.document().items() if field not in runs}
        require_done(gateway.bulk([Action("index", index, held.id, older)], refresh="true"))
        for inner in ("<primaryName>que du</primaryName>", "<name>blanche</name>", "<name>du</name>"):
            assert ids(search(client, name, "organization", inner)) == ["o1"], inner
        assert ids(search(client, name, "organization", "<primaryName>blanche</primaryName>")) == []
    finally:
        gateway.delete_index(index)
