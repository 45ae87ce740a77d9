"""The copy of one peer in the engine: its entities as it wrote them, apart from our own, and the units made of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lxml import etree

from beds.indices import make
from csd.entity import FACILITY, ORGANIZATION, SERVICE, document_id
from csd.mapping.identity import ROR
from csd.names import tag
from engine.bulk import Action
from engine.gateway import Gateway, require_done
from mappings.chunks import in_chunks
from mappings.definitions import mapping_hash
from orientation.peers.copied import copy_alias
from orientation.peers.register import Peer

ENTITIES, UNITS = "peer-entities", "units"
KINDS = (ORGANIZATION, SERVICE, FACILITY)
"""What is copied. Providers are persons, of whom an orientation needs nothing: they are left where they are."""
Json = dict[str, Any]
_CHUNK = 200
_MOST_TERMS = 1_000
_COUNTS = f"{{{ROR}}}capacities"


def entry_of(element: etree._Element, kind: str) -> Json:
    """Return the document of an entity.

    ``content`` is a digest that changes when the entity does, ``written`` one that changes with its bed counts too:
    these move all day without the entity being sent again, and are no drift.
    """
    by_itself = deepcopy(element)
    by_itself.tail = None
    etree.cleanup_namespaces(by_itself)  # those of the envelope that it stood in
    written = content = etree.tostring(by_itself, encoding="utf-8", xml_declaration=False)
    if counts := list(by_itself.iter(_COUNTS)):
        for each in counts:
            parent = each.getparent()
            if parent is not None:
                parent.remove(each)
        content = etree.tostring(by_itself, encoding="utf-8", xml_declaration=False)
    return {
        "kind": kind,
        "entity_id": element.get("entityID", ""),
        "names": sorted(set(_named(element, kind))),
        "content": _digest(content),
        "written": _digest(written),
        "xml": written.decode(),
    }


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _named(element: etree._Element, kind: str) -> Iterator[str]:
    """Yield the ids, as documents have them, of what an entity cannot be read without."""
    if kind == FACILITY:
        for organization in element.iterfind(f"{tag('organizations')}/{tag('organization')}"):
            yield document_id(ORGANIZATION, organization.get("entityID", ""))
            for service in organization.iterfind(tag("service")):
                yield document_id(SERVICE, service.get("entityID", ""))
    elif kind == ORGANIZATION:
        for parent in element.iterfind(tag("parent")):
            yield document_id(ORGANIZATION, parent.get("entityID", ""))


@dataclass(frozen=True, slots=True)
class CopyStore:
    """The indices of one copy. Their names bear the hash of their definition: an older version's are made anew."""

    gateway: Gateway
    peer: Peer

    @property
    def entities(self) -> str:
        """Index of the entities."""
        return f"{copy_alias(self.peer)}.entities-{mapping_hash(ENTITIES)}"

    @property
    def units(self) -> str:
        """Index of the units."""
        return f"{copy_alias(self.peer)}.units-{mapping_hash(UNITS)}"

    def prepare(self) -> None:
        """Make the indices where they are missing."""
        make(self.gateway, self.entities, ENTITIES)
        make(self.gateway, self.units, UNITS)

    def serves(self) -> bool:
        """Say whether these indices, and not older ones or none, are what is searched."""
        alias = copy_alias(self.peer)
        return self.gateway.aliases(alias).get(alias) == [self.units] and bool(self.gateway.indices(self.entities))

    def publish(self) -> None:
        """Let the units be searched, in the place of those of an older version, which go."""
        alias = copy_alias(self.peer)
        before = [each for each in self.gateway.aliases(alias).get(alias, ()) if each != self.units]
        actions: list[Json] = [{"remove": {"index": each, "alias": alias}} for each in before]
        self.gateway.update_aliases([*actions, {"add": {"index": self.units, "alias": alias}}])
        self.gateway.delete_index(*(each for each in self._all() if each not in {self.units, self.entities}))

    def delete(self) -> None:
        """Delete all of the copy."""
        self.gateway.delete_index(*self._all())

    def _all(self) -> list[str]:
        kinds = ("entities", "units")
        return sorted(each for kind in kinds for each in self.gateway.indices(f"{copy_alias(self.peer)}.{kind}-*"))

    def refresh(self) -> None:
        """Make what was written visible to searches."""
        self.gateway.refresh(self.entities)
        self.gateway.refresh(self.units)

    def held(self, ids: Sequence[str], source: str) -> dict[str, Json]:
        """Return the documents of some entities by id, also those just written; ``source`` names the fields."""
        return {hit["_id"]: hit["_source"] for hit in self.gateway.existing(self.entities, ids, source=source)}

    def write(self, actions: Iterable[Action]) -> None:
        """Write all; a write that is refused fails the pull."""
        require_done(self.gateway.stream_bulk(actions))

    def ids(self, index: str, query: Mapping[str, Any] | None = None) -> Iterator[str]:
        """Yield the ids of documents, as they are visible."""
        return (hit["_id"] for hit in self.gateway.scan(index, query, size=5_000, source=False))

    def facilities(self) -> Iterator[str]:
        """Yield the ids of all facilities."""
        return self.ids(self.entities, {"term": {"kind": FACILITY}})

    def naming(self, kind: str, named: Iterable[str]) -> Iterator[str]:
        """Yield the ids of the entities of a kind that name one of some others."""
        for chunk in in_chunks(named, _MOST_TERMS):
            yield from self.ids(
                self.entities, {"bool": {"filter": [{"term": {"kind": kind}}, {"terms": {"names": chunk}}]}}
            )

    def counts(self) -> tuple[int, int, dict[str, int]]:
        """Return how many facilities there are, how many units, and the facilities that are none by reason."""
        unread = {"unread": {"terms": {"field": "unread"}}}
        body = {"size": 0, "track_total_hits": True, "query": {"term": {"kind": FACILITY}}, "aggs": unread}
        said = self.gateway.search(self.entities, body)
        reasons = {each["key"]: each["doc_count"] for each in said["aggregations"]["unread"]["buckets"]}
        return int(said["hits"]["total"]["value"]), self.gateway.count(self.units), reasons
