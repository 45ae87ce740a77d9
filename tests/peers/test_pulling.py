"""Copies of other directories are equal to their source, whatever changes, breaks off or is killed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

import csd.peers.pulling as pulling_module
from csd.peers.applying import ADDED, CHANGED, REMOVED
from csd.peers.copy_store import CopyStore
from csd.peers.pulling import OVERLAP, Puller, Shrunk
from csd.routes import updates as route
from engine.bulk import Action
from engine.gateway import Gateway, require_done
from mappings.gazetteer import Gazetteer
from orientation.peers.register import Peer
from orientation.settings import Settings
from tests.csd.own import Own, own_directory
from tests.csd.test_polling import Source, first_units
from tests.factory import NOW
from tests.peers import broken
from tests.peers.conftest import served
from tests.peers.copying import copied, expected, new_peer, pulling, units_of, updated, utc_now


def test_after_two_hundred_random_changes_the_copy_is_the_source(
    gateway: Gateway, source: Own, peer: Peer, puller: Puller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "OVERLAP", timedelta())  # so that nothing is right by being sent twice
    monkeypatch.setattr(pulling_module, "OVERLAP", timedelta())
    changing = Source(source, Random(5))
    first = puller.pull(peer)
    assert first.is_first and first.news.counts[ADDED] > 30
    assert copied(gateway, peer) == expected(changing.units)
    removed = 0
    for _ in range(20):
        changing.change(10)
        done = puller.pull(peer)
        assert not done.is_first and done.drift is None
        removed += done.news.counts[REMOVED]
    assert removed > 20
    assert copied(gateway, peer) == expected(changing.units)
    compared = puller.pull(peer, whole=True)
    assert compared.drift is not None and not compared.drift, compared.drift.shown
    assert compared.state.units == len(changing.units)


def test_a_whole_comparison_says_what_had_drifted_and_mends_it(gateway: Gateway, peer: Peer, puller: Puller) -> None:
    assert puller.pull(peer).state.units == 30
    store = CopyStore(gateway, peer)
    facilities = sorted(store.facilities())
    altered = store.held(facilities[:3], "kind,entity_id,names,content,written,xml")
    lost, changed, foreign = (altered[each] for each in facilities[:3])
    other = foreign | {"entity_id": "urn:uuid:never-there", "content": "x", "written": "x"}
    require_done(
        gateway.bulk(
            [
                Action("delete", store.entities, facilities[0]),
                Action("delete", store.units, facilities[0]),
                Action("index", store.entities, facilities[1], changed | {"content": "?", "written": "?"}),
                Action("index", store.entities, f"facility-{'0' * 32}", other),
                Action("delete", store.units, facilities[4]),
            ],
            refresh="true",
        )
    )
    assert len(units_of(gateway, peer)) == 28
    found = puller.pull(peer, whole=True)
    assert found.drift is not None
    # What the overlap asks for once more is mended by the pull before; the comparison says the rest.
    mended = found.news.counts + found.drift.counts
    assert (mended[ADDED], mended[CHANGED], mended[REMOVED]) == (1, 1, 1)
    assert any(lost["entity_id"] in line for line in [*found.news.shown, *found.drift.shown])
    assert f"{REMOVED} facility urn:uuid:never-there" in found.drift.shown
    assert len(units_of(gateway, peer)) == 30
    assert not puller.pull(peer, whole=True).drift


def test_a_whole_comparison_is_due_after_some_days(peer: Peer, puller: Puller) -> None:
    puller.pull(peer)
    assert puller.pull(peer).drift is None
    later = replace(puller, clock=lambda: utc_now() + timedelta(days=8))
    assert later.pull(peer).drift is not None
    assert later.pull(peer).drift is None


def test_each_pull_asks_once_more_for_what_the_slower_clock_may_have_missed(
    peer: Peer, puller: Puller, gateway: Gateway, gazetteer: Gazetteer, tmp_path: Path
) -> None:
    state = puller.pull(peer).state
    assert state.since is not None and state.copied_at is not None
    assert OVERLAP <= state.copied_at - state.since <= OVERLAP + timedelta(seconds=1)
    slow = "Date: Tue, 24 Nov 2026 09:00:00 GMT\r\n"
    with broken.peer_that(broken.says(broken.answer(updated(), more=slow))) as address:
        behind = new_peer(address)
        with pulling(gateway, gazetteer, tmp_path, behind) as other:
            found = other.pull(behind).state
    assert found.since == datetime(2026, 11, 24, 9, tzinfo=UTC) - OVERLAP


def test_a_directory_that_lost_half_of_itself_is_not_believed_without_a_word(
    settings: Settings, gateway: Gateway, gazetteer: Gazetteer, peer: Peer, puller: Puller
) -> None:
    before = puller.pull(peer).state
    with own_directory(settings, gateway, gazetteer, first_units()[:5], NOW) as small:
        small.client()
        with served(small.apps[1]) as address:
            shrunk = replace(peer, url=f"{address}/csd", document=small.name)
            puller.states.put(replace(before, address=f"{shrunk.url}#{shrunk.document}"))
            with pytest.raises(Shrunk, match="25 of 30 facilities"):
                puller.pull(shrunk, whole=True)
            assert len(units_of(gateway, peer)) == 30
            done = puller.pull(shrunk, whole=True, smaller=True)
    assert done.drift is not None and done.drift.counts[REMOVED] >= 25
    assert len(units_of(gateway, peer)) == 5
