"""The store and the directory of units kept in step: while an index is built, swapped, rolled back or changed.

The directory says which places exist and what their units are; the store says what was counted. A place that
leaves the directory keeps its counts, but no units: writers get 404 and the board leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from beds.directory import fact_chunks, leave_directory, places_with, read_facts, stamps_of, write_facts
from beds.facts import Facts, merge_facts
from beds.projection import project
from beds.seeding import Seeding
from beds.service import BedService
from beds.store import CHUNK, BedStore
from beds.told import Said, Told, digest_of
from mappings.beds import instant
from mappings.chunks import in_chunks
from mappings.document import Beds
from mappings.unit import Unit

IN_FLIGHT = timedelta(minutes=2)
"""How long a writer may take from a zone to the documents that show it, with time to spare."""


@dataclass(frozen=True, slots=True)
class Copied:
    """When an index was copied, and how far the store and that index were written then, by sequence number."""

    store: int
    units: int
    moment: datetime


@dataclass(slots=True)
class Replay:
    """What an indexer calls, in this order: ``seed``, ``before_swap``, ``after_swap``; where it copies what serves,
    ``before_copy``, ``seed``, ``before_copied_swap``, ``after_swap``.

    A rollback, which has no units to pass through ``seed``, calls the other two.
    """

    service: BedService
    _leaving: set[str] = field(default_factory=set)
    """Places that ``before_swap`` left with units of the directory before, for ``after_swap`` to take away."""
    _gone: set[str] | None = None
    """Places that no unit of a copied index has any more; ``None`` where all places are to be looked through."""
    _copied: Copied | None = None
    _told: tuple[str, Told] | None = None
    """What ``seed`` heard of the places of the units of an index, for the other two."""

    def __post_init__(self) -> None:
        """Make the indices of beds where they are missing."""
        self.service.ensure()

    @property
    def store(self) -> BedStore:
        """The store of record."""
        return self.service.store

    def seed(self, units: Iterable[Unit], index: str | None = None) -> Iterator[tuple[Unit, Beds]]:
        """Merge the counts that units carry into the store, the newer of two standing; yield each unit with what the
        store then says of its places.

        Memory holds two chunks: the zones of one are read while the other is used. Places that are new and counted are
        made, without units until ``before_swap``, which makes the others. A count that replaces another is a movement
        and goes to the history; the first one of a key is the state of departure and does not. Places whose counts
        changed are shown by the index that serves at once, so that a build that is given up leaves nothing behind.
        With the ``index`` that these units are all the units of, ``before_swap`` and ``after_swap`` need not read it.
        """
        self._forget()
        if index is not None:
            self._told = (index, Told())
        return Seeding(self.service, self._told[1] if self._told else None).pass_on(units)

    def before_swap(self, index: str) -> None:
        """Show the whole store in the index about to serve, and tell the store of the places it brings.

        From its first line on, whoever writes a count shows it in this index too: what is written before is in
        the store when it is read here, what is written after is shown by its writer, so that nothing is left to
        do at the swap, which may be cut anywhere. Units of the index that still serves are kept beside the new
        ones.
        """
        store = self.store
        set_incoming(store, index)
        store.gateway.refresh(index)
        self._leaving, self._gone = set(), None
        if (told := self._told_of(index)) is not None:
            for part in told.parts():
                self._settle(index, part)
            return
        for facts in fact_chunks(store, index):
            self._leaving |= write_facts(store, facts, keep_units=True).left
        for chunk in _ids(store, index):
            project(store, chunk, index=index)

    def _settle(self, index: str, part: dict[str, list[Said]]) -> None:
        """Write the facts of places where they differ from those held, and show anew the zones written since ``seed``.

        In this order: whoever writes a count after the facts are written shows it in the new units too, and whoever
        wrote before changed the zone's stamp.
        """
        differing: dict[str, Facts] = {}
        for place, every in part.items():
            facts: dict[str, Facts] = {}
            for said in every:
                merge_facts(facts, said.document)
            told = digest_of({"id": place, **facts[place].to_dict()})
            if any(said.facts != told for said in every):
                differing[place] = facts[place]
        done = write_facts(self.store, differing, keep_units=True)
        self._leaving |= done.left
        now = stamps_of(self.store, part)
        stale = []
        for place, every in part.items():
            before, after = done.written.get(place, (None, None))
            for said in every:
                known = after if after is not None and said.stamp == before else said.stamp
                if now.get(place) != known:
                    stale.append(said.document["id"])
        project(self.store, stale, index=index)

    def identity(self) -> str:
        """Return what tells the store of record from another one that took its name."""
        [body] = self.store.gateway.indices(self.store.indices.store).values()
        return str(body["settings"]["index"]["uuid"])

    def before_copy(self) -> bool:
        """Remember how far the store is, before an index is copied that shows it; return whether that one shows it all.

        It may not where a swap was cut before ``after_swap`` was done.
        """
        store = self.store
        self._copied = Copied(
            store=store.gateway.written_up_to(store.indices.store),
            units=store.gateway.written_up_to(store.indices.units),
            moment=self.service.clock(),
        )
        return not store.gateway.aliases(store.indices.incoming)

    def before_copied_swap(self, index: str, units: Sequence[str]) -> None:
        """Do what ``before_swap`` does for an index that was copied from the one that serves, after ``before_copy``.

        It shows what that one showed, and the ``units`` that differ, by id, what the store held when they passed. Left
        to be told to the store are their places, and left to be shown is whatever was written since: zones of the
        store, and documents of the index that serves, for whoever wrote a zone before may have shown it after. So may
        who wrote it before and has not shown it at all yet: zones that were written shortly before are shown, too.
        """
        store = self.store
        set_incoming(store, index)
        store.gateway.refresh(index)
        self._leaving, self._gone = set(), set()
        for chunk, facts in self._places_of(index, units):
            self._leaving |= write_facts(store, facts, keep_units=True).left
            self._gone |= set(chunk) - facts.keys()
        for each in in_chunks(self._shown_since(), CHUNK):
            project(store, each, index=index)

    def _shown_since(self) -> Iterator[str]:
        """Yield the units whose beds an index that was copied may not show as they are, some of them twice."""
        store, copied = self.store, self._copied
        if copied is None:
            raise RuntimeError("before_copy was not called")
        for name in (store.indices.store, store.indices.units):
            store.gateway.refresh(name)
        since: dict[str, Any] = {"range": {"_seq_no": {"gt": copied.store}}}
        lately: dict[str, Any] = {"range": {"changed_at": {"gte": instant(copied.moment - IN_FLIGHT)}}}
        either = {"bool": {"should": [since, lately]}}
        for hit in store.gateway.scan(store.indices.store, either, source=["units"]):
            yield from hit["_source"].get("units", ())
        written = {"range": {"_seq_no": {"gt": copied.units}}}
        yield from (hit["_id"] for hit in store.gateway.scan(store.indices.units, written, source=False))

    def _places_of(self, index: str, units: Sequence[str]) -> Iterator[tuple[list[str], dict[str, Facts]]]:
        """Yield the places that units have in an index or had, some at a time, with what the index says of them."""
        store = self.store
        places: dict[str, None] = {}
        for hit in store.gateway.existing(index, units, source="place_ids"):
            places |= dict.fromkeys(hit["_source"].get("place_ids", ()))
        store.gateway.refresh(store.indices.store)
        places |= dict.fromkeys(places_with(store, units))
        for chunk in in_chunks(places, CHUNK):
            facts = read_facts(store, index, {"terms": {"place_ids": chunk}})
            yield chunk, {place: fact for place, fact in facts.items() if place in places}

    def after_swap(self, index: str) -> None:
        """Take away the units that are no more, now that the index serves."""
        store = self.store
        for chunk in in_chunks(sorted(self._leaving), CHUNK):
            facts = read_facts(store, index, {"terms": {"place_ids": chunk}})
            write_facts(store, {place: facts[place] for place in chunk if place in facts}, keep_units=False)
        if self._gone is not None:
            write_facts(store, {place: Facts() for place in self._gone}, keep_units=False)
        elif (told := self._told_of(index)) is not None:
            leave_directory(store, index, told.has)
        else:
            leave_directory(store, index)
        set_incoming(store, None)
        self._forget()

    def _told_of(self, index: str) -> Told | None:
        return self._told[1] if self._told is not None and self._told[0] == index else None

    def _forget(self) -> None:
        if self._told is not None:
            self._told[1].close()
        self._told = None

    def after_delta(self, units: Iterable[str]) -> None:
        """Bring the places of units, by id, up to date after those were written or removed where they serve.

        The index that serves was refreshed.
        """
        self._forget()
        store = self.store
        for chunk, facts in self._places_of(store.indices.units, list(dict.fromkeys(units))):
            write_facts(store, facts, keep_units=False)
            write_facts(store, {place: Facts() for place in chunk if place not in facts}, keep_units=False)
            project(store, dict.fromkeys(unit for fact in facts.values() for unit in fact.units))


def set_incoming(store: BedStore, index: str | None) -> None:
    """Make the alias of what is about to serve stand for one index, or for none."""
    alias = store.indices.incoming
    behind = store.gateway.aliases(alias).get(alias, [])
    actions = [{"remove": {"index": each, "alias": alias}} for each in behind if each != index]
    if index is not None and index not in behind:
        actions.append({"add": {"index": index, "alias": alias}})
    if actions:
        store.gateway.update_aliases(actions)


def _ids(store: BedStore, index: str) -> Iterator[list[str]]:
    rest = (str(hit["_id"]) for hit in store.gateway.scan(index, source=False))
    yield from in_chunks(rest, CHUNK)
