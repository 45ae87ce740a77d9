"""Two directories that tell of one unit: it stands once, as whoever knows it best tells it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mappings.gazetteer import Gazetteer
from mappings.schema.unit import unit_to_dict
from mappings.unit import Unit
from orientation.access import Access
from orientation.answer import Answer, Result, Source
from orientation.criteria import Criteria, Page
from orientation.peers.judging import judge
from orientation.peers.merging import ANSWERED, DEPTH, Asked, merged
from orientation.peers.register import Peer
from tests.factory import NOW, make_place, make_site, make_unit
from tests.gazetteer_kit import GAZETTEER

CRITERIA = Criteria(as_of=NOW, access=Access(1), activities=("127",))
PEER = Peer(code="n", name="Voisin", region="28", url="https://n.example/csd", departments=("76",))


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return GAZETTEER


def results(units: list[Unit], gazetteer: Gazetteer) -> tuple[Result, ...]:
    """Units as results of our own search."""
    judged = judge([unit_to_dict(unit) for unit in units], CRITERIA, PEER, gazetteer)
    assert judged.unfit == {}
    return tuple(sorted(judged.results, key=lambda each: each.unit["id"]))


def both(home: tuple[Result, ...], theirs: tuple[Result, ...], page: Page, total: int | None = None) -> Answer:
    """The one answer of ours and of a peer of the region where all these units lie."""
    found = Answer(
        criteria=CRITERIA, radius_m=None, widened=False, total=len(home), results=home, facets={}, next_after=None,
        warnings=(), engine_ms=0,
    )  # fmt: skip
    source = Source(PEER.code, PEER.name, PEER.region)
    marked = tuple(replace(each, source=source) for each in theirs)
    asked = Asked(peer=PEER, status=ANSWERED, took_ms=1, total=total or len(marked), results=marked)
    return merged(found, [asked], CRITERIA, page)


def shown(answer: Answer) -> list[tuple[str, bool]]:
    return [(each.unit["id"], each.source is not None) for each in answer.results]


def test_a_unit_that_two_tell_of_stands_once_as_the_directory_of_its_region_tells_it(gazetteer: Gazetteer) -> None:
    site = make_site(finess=None)
    same, ours = make_unit(id="A", region="11", site=site), make_unit(id="B", region="28", site=site)
    answer = both(results([same, ours], gazetteer), results([same, ours], gazetteer), Page())
    assert shown(answer) == [("A", True), ("B", False)]
    assert answer.total == 2
    assert [each.rank for each in answer.results] == [1, 2]


def test_the_same_site_activity_and_mode_under_two_ids_is_one_unit_and_within_one_directory_two(
    gazetteer: Gazetteer,
) -> None:
    site = make_site(finess="760780239")
    first, second = make_unit(id="A", site=site, region="28"), make_unit(id="B", site=site, region="28")
    other = make_unit(id="C", site=site, region="28", care_mode="29")
    alone = both(results([first, second], gazetteer), (), Page())
    assert shown(alone) == [("A", False), ("B", False)]
    answer = both(results([first], gazetteer), results([second, other], gazetteer), Page())
    assert shown(answer) == [("A", False), ("C", True)]
    assert answer.total == 2


def test_a_page_ends_where_it_does_and_says_that_a_peer_has_more_than_can_be_shown(gazetteer: Gazetteer) -> None:
    units = [make_unit(id=name, region="28", places=(make_place(id=f"P{name}"),), site=make_site(finess=None))
             for name in "ABC"]  # fmt: skip
    found = results(units, gazetteer)
    answer = both(found[:1], found[1:], Page(size=2), total=DEPTH + 1)
    assert shown(answer) == [("A", False), ("B", True)]
    assert answer.next_after == found[1].sort
    assert [line for line in answer.warnings if f"{DEPTH} premières" in line]
    last = both(found[:1], found[1:], Page(size=2, after=found[1].sort, first_rank=3))
    assert shown(last) == [("C", True)]
    assert last.results[0].rank == 3
