"""What a delta or a rollback changes in our own directory, in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from csd import entity as e
from csd.companion import makers, organization_content, utc
from csd.held import Held
from csd.mapping import keys
from csd.mapping.identity import facility_id
from csd.tombstones import again, told_long_enough, tombstone, tombstones
from engine.bulk import Action
from engine.gateway import Gateway
from mappings.beds import instant
from mappings.chunks import in_chunks

Json = dict[str, Any]
Write = Callable[[Iterable[Action]], None]

_Make = Callable[[str, Json | None, bool], Json | None]
"""Makes the document of an entity id, given the stored one and whether only sensitive units name it."""

_CHUNK = 500


@dataclass(slots=True)
class Change:
    """One delta. Facilities are written first; then structures and kinds of care follow from the facilities left."""

    gateway: Gateway
    alias: str
    write: Write
    now: datetime
    _links: dict[str, set[str]] = field(default_factory=lambda: {"organizations": set(), "services": set()})
    """Entity ids that a facility named before or names now, by the field that names them."""
    _said: dict[str, tuple[bool, Callable[[], Json]]] = field(default_factory=dict)
    """Organization → whether a sensitive unit says so, and what makes its document."""
    _care: dict[str, tuple[str, str]] = field(default_factory=dict)

    def put(self, units: Iterable[Mapping[str, Any]]) -> None:
        """Write the facilities of new and changed units."""
        for chunk in in_chunks(units, _CHUNK):
            documents = [self._facility(unit) for unit in chunk]
            for stored in self._stored(e.FACILITY, [each["entity_id"] for each in documents]).values():
                self._note(stored)
            self.write(self._index(documents))

    def _facility(self, unit: Mapping[str, Any]) -> Json:
        sensitive = unit.get("sensitive", False)
        for entity_id, make in makers(unit["site"]):
            if entity_id not in self._said or (self._said[entity_id][0] and not sensitive):
                self._said[entity_id] = (sensitive, make)
        document = keys.facility_keys(unit)
        for service, activity in zip(document["services"], unit["activities"], strict=True):
            self._care[service] = (activity, unit["care_mode"])
        self._note(document)
        created = utc(unit.get("created_at", unit["updated_at"]))
        return keys.stamped(document, keys.content_hash(unit), created, instant(self.now))

    def _note(self, document: Mapping[str, Any]) -> None:
        for name, ids in self._links.items():
            ids.update(document.get(name, ()))

    def remove(self, units: Sequence[str]) -> None:
        """Leave a tombstone for each unit that goes."""
        for chunk in in_chunks(units, _CHUNK):
            stored = self._stored(e.FACILITY, map(facility_id, chunk))
            for document in stored.values():
                self._note(document)
            self.write(self._index(tombstone(each, self.now) for each in stored.values() if not each.get("removed")))

    def settle(self) -> None:
        """Bring kinds of care, sites and then legal entities to what the facilities now name."""
        self._settle("services", e.SERVICE, self._links["services"], self._service)
        sites = self._links["organizations"]
        above: set[str] = set()
        for chunk in in_chunks(sites, _CHUNK):
            stored = self._stored(e.ORGANIZATION, chunk)
            above.update(each["parent"] for each in stored.values() if "parent" in each)
        self._settle("organizations", e.ORGANIZATION, sites, self._organization)
        self._settle("parent", e.ORGANIZATION, above | (self._said.keys() - sites), self._organization)

    def _settle(
        self, link: str, kind: str, ids: Iterable[str], make: Callable[[str, Json | None, bool], Json | None]
    ) -> None:
        for chunk in in_chunks(sorted(ids), _CHUNK):
            stored = self._stored(kind, chunk)
            named, seen = self._named(link, chunk), self._named(link, chunk, sensitive=False)
            documents = (
                self._settled(stored.get(each), make(each, stored.get(each), not seen[each]) if named[each] else None)
                for each in chunk
            )
            self.write(self._index(documents))

    def _named(self, link: str, ids: Sequence[str], *, sensitive: bool = True) -> dict[str, int]:
        """Count the entities that name each id, all of them or those that everybody may see."""
        hidden = [{"term": {"removed": True}}] + ([] if sensitive else [{"term": {"sensitive": True}}])
        bodies = [
            {
                "size": 0,
                "track_total_hits": 1,
                "query": {"bool": {"filter": [{"term": {link: each}}], "must_not": hidden}},
            }
            for each in ids
        ]
        answers = self.gateway.msearch(self.alias, bodies)
        return {each: answer["hits"]["total"]["value"] for each, answer in zip(ids, answers, strict=True)}

    def _settled(self, stored: Json | None, wanted: Json | None) -> Json | None:
        """Return what is to be written: what is wanted if it is new, a tombstone for what nobody names, or nothing."""
        if wanted is None:
            return None if stored is None or stored.get("removed") else tombstone(stored, self.now)
        if stored is None or stored.get("removed") or stored["content_hash"] != wanted["content_hash"]:
            return wanted
        return wanted if stored.get("sensitive", False) != wanted.get("sensitive", False) else None

    def _service(self, entity_id: str, stored: Json | None, sensitive: bool) -> Json | None:
        """Return a kind of care; one that only sensitive units provide is as they are."""
        care = self._care.get(entity_id)
        document = stored if care is None else keys.service_document(*care, self.now)
        return document and document | {"sensitive": sensitive}

    def _organization(self, entity_id: str, stored: Json | None, sensitive: bool) -> Json:
        """Return an organization as units say it; what a sensitive unit says never replaces what others said."""
        from_sensitive, make = self._said.get(entity_id, (True, None))
        kept = stored is not None and not stored.get("removed") and from_sensitive and not stored.get("sensitive")
        document = make() if make is not None and not kept else dict(stored or {})
        document["sensitive"] = sensitive
        first = stored["created"] if stored is not None else instant(self.now)
        digest = keys.content_hash(organization_content(document))
        return keys.stamped(document, digest, first, instant(self.now))

    def _stored(self, kind: str, entity_ids: Iterable[str]) -> dict[str, Json]:
        ids = iter([e.document_id(kind, each) for each in entity_ids])
        found: dict[str, Json] = {}
        for chunk in in_chunks(ids, _CHUNK):
            hits = self.gateway.mget(self.alias, chunk)
            found |= {hit["_source"]["entity_id"]: hit["_source"] for hit in hits if hit is not None}
        return found

    def _index(self, documents: Iterable[Json | None]) -> Iterator[Action]:
        for document in documents:
            if document is not None:
                yield Action("index", self.alias, e.document_id(document["kind"], document["entity_id"]), document)


def change(
    gateway: Gateway, alias: str, units: Iterable[Mapping[str, Any]], removed: Sequence[str], write: Write
) -> None:
    """Bring a directory to what a delta does; done again after a fault, it changes nothing more."""
    step = Change(gateway, alias, write, datetime.now(UTC))
    step.put(units)
    step.remove(removed)
    step.settle()
    write(Action("delete", alias, each) for each in told_long_enough(gateway, alias, step.now))


def go_back(gateway: Gateway, left: str, back: str, write: Write) -> None:
    """Tell those who copy the directory what a rollback changed: all that is not as it was in the one that is left."""
    now = datetime.now(UTC)
    held = Held.read(gateway, left)

    def actions() -> Iterator[Action]:
        for hit in gateway.scan(back):
            source, before = hit["_source"], held.take(hit["_id"])
            same = before is not None and (before.content_hash, before.removed) == (
                source["content_hash"],
                source.get("removed", False),
            )
            if not same:
                yield Action("index", back, hit["_id"], again(source, now))
        for identifier, document in tombstones(gateway, left, held, now):
            yield Action("index", back, identifier, document)

    write(actions())
