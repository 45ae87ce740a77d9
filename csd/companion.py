"""Our own directory, made beside the index of units: what a load gives it and what a delta changes in it.

Facilities hold keys only, and are made of their units when they are asked for; organizations hold what their units
say of them. An entity whose content did not change keeps the time of its last change, so that those who copy the
directory are sent what changed and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from csd import entity as e
from csd.held import Held
from csd.mapping import keys
from csd.mapping.identity import legal_entity_id, site_id
from csd.tombstones import tombstones
from engine.gateway import Gateway
from mappings.beds import instant

Json = dict[str, Any]
Entry = tuple[str, Json]


@dataclass(slots=True)
class OwnDirectory:
    """The documents of our directory during one whole load; memory holds the structures and what was held before.

    The first directory of all takes the times that the units bear: nobody has copied anything yet.
    """

    gateway: Gateway
    previous: str | None
    now: datetime
    held: Held = field(init=False)
    _organizations: dict[str, bool] = field(default_factory=dict)
    """Entity id → whether only sensitive units named it so far."""
    _waiting: dict[str, Json] = field(default_factory=dict)
    """Documents of organizations that so far only sensitive units name."""
    _services: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Activity and care mode → whether only sensitive units provide it: then the kind of care tells of them."""
    _now: str = ""
    _known: Mapping[str, Any] | None = None
    """The site of the last unit, if everybody may see that one: the next units mostly share it."""

    def __post_init__(self) -> None:
        """Read what is held."""
        self.held = Held.read(self.gateway, self.previous)
        self._now = instant(self.now)

    def of_unit(self, unit: Mapping[str, Any], text: bytes) -> Iterator[Entry]:
        """Yield (id, document) for the facility of a unit, and for what it is the first to name.

        ``unit`` is in its JSON shape and ``text`` its JSON.
        """
        document = keys.facility_keys(unit)
        updated = utc(unit["updated_at"])
        created = utc(unit["created_at"]) if "created_at" in unit else updated
        yield self._stamped(document, e.content_hash(text), created, updated)
        yield from self._organizations_of(unit["site"], unit.get("sensitive", False))
        for activity in unit["activities"]:
            service = (activity, unit["care_mode"])
            self._services[service] = self._services.get(service, True) and bool(unit.get("sensitive", False))

    def _organizations_of(self, site: Mapping[str, Any], sensitive: bool) -> Iterator[Entry]:
        """Yield the organizations of a site, each once: when a unit names it that everybody may see, else at the end.

        Where two units say different things of one site, the first holds; the other's facility carries its own.
        """
        if site is self._known:
            return
        self._known = None if sensitive else site
        for entity_id, make in makers(site):
            if not self._organizations.get(entity_id, True):
                continue
            self._organizations[entity_id] = sensitive
            if sensitive:
                self._waiting.setdefault(entity_id, make())
            else:
                self._waiting.pop(entity_id, None)
                yield self._organization(make(), sensitive)

    def _organization(self, document: Json, sensitive: bool) -> Entry:
        document["sensitive"] = sensitive
        return self._stamped(document, keys.content_hash(organization_content(document)))

    def rest(self) -> Iterator[Entry]:
        """Yield what is known only at the end: structures of sensitive units, kinds of care, and what is no more."""
        for document in self._waiting.values():
            yield self._organization(document, sensitive=True)
        for (activity, care_mode), sensitive in sorted(self._services.items()):
            yield self._service(activity, care_mode, sensitive=sensitive)
        yield from tombstones(self.gateway, self.previous, self.held, self.now)

    def _service(self, activity: str, care_mode: str, *, sensitive: bool) -> Entry:
        document = keys.service_document(activity, care_mode, self.now)
        identifier = e.document_id(e.SERVICE, document["entity_id"])
        before = self.held.take(identifier)
        if before is not None and not before.removed and before.modified is not None:
            document = keys.service_document(activity, care_mode, datetime.fromisoformat(before.modified))
        return identifier, document | {"sensitive": sensitive}

    def _stamped(self, document: Json, digest: int, created: str | None = None, updated: str | None = None) -> Entry:
        """Return an entry with its times: those of before where its hash is the same, else now."""
        identifier = e.document_id(document["kind"], document["entity_id"])
        before = self.held.take(identifier)
        if before is not None and not before.removed and before.content_hash == digest and before.modified:
            changed = before.modified
        else:
            changed = self._now if self.previous is not None else min(updated or self._now, self._now)
        first = created or (before.created if before is not None else None) or changed
        return identifier, keys.stamped(document, digest, first, changed)


def makers(site: Mapping[str, Any]) -> list[tuple[str, Callable[[], Json]]]:
    """Return the entity ids of a site and of its legal entity, with what makes the document of each."""
    found: list[tuple[str, Callable[[], Json]]] = [(site_id(site), partial(keys.site_keys, site))]
    entity = site.get("legal_entity")
    above = None if entity is None else legal_entity_id(entity)
    if entity is not None and above is not None:
        found.append((above, partial(keys.legal_entity_keys, entity)))
    return found


def organization_content(document: Mapping[str, Any]) -> Json:
    """Return what of an organization is a change when it changes: also that everybody may see it now."""
    return {"content": document["content"], "sensitive": document["sensitive"]}


@lru_cache(maxsize=4_096)
def utc(text: str) -> str:
    """Write an aware time as every index does."""
    return instant(datetime.fromisoformat(text))
