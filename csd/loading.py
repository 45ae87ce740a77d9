"""Loading of any CSD document as a directory: streamed, judged entity by entity, then put in place at once."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from csd import entity as e
from csd import safe_xml
from csd.directories import discard, new_index, publish, serving
from csd.extracting import document_of, later, refusal
from csd.held import Held
from csd.names import tag
from csd.older import modernise
from csd.tombstones import tombstones
from csd.validation import faults
from engine.bulk import Action
from engine.gateway import Gateway
from mappings.beds import instant
from mappings.definitions import index_definition
from mappings.errors import FieldError, InvalidInput, shorten

Json = dict[str, Any]
Tell = Callable[[str, str, str], None]
"""Given what is wrong: ``refused`` or ``invalid``, the entity, the reason."""

_DIRECTORIES = {tag(f"{kind}Directory"): kind for kind in e.KINDS}
_LOADING = {"refresh_interval": "-1", "auto_expand_replicas": "false", "number_of_replicas": "0"}
_EACH = 200
"""Actions in one request: entities of a CSD document are large."""


@dataclass(slots=True)
class LoadReport:
    """What a load did. ``invalid`` entities were kept as they are, ``older`` ones written anew in today's spelling."""

    name: str
    kept: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    invalid: int = 0
    older: int = 0
    removed: int = 0
    refusal: str | None = None

    @property
    def read(self) -> int:
        """Entities of the document."""
        return self.kept.total() + self.refused


@dataclass(slots=True)
class Loading:
    """One load of one document."""

    gateway: Gateway
    alias: str
    tell: Tell
    now: datetime
    report: LoadReport
    held: Held
    previous: str | None
    _kind: str = ""

    def documents(self, chunks: Iterable[bytes]) -> Iterator[tuple[str, Json]]:
        """Yield (id, document) for each entity that can be kept; ``UnsafeXml`` ends it."""
        for element in safe_xml.stream(chunks, 3, above=self._above):
            self.report.older += modernise(element)
            identifier = element.get("entityID", "")
            reason = refusal(element, self._kind)
            if reason is not None:
                self._refuse(identifier or f"a {self._kind}", reason)
                continue
            wrong = faults(element)
            if wrong:
                self.report.invalid += 1
                self.tell("invalid", identifier, wrong[0])
            self.report.kept[self._kind] += 1
            yield self._stamped(document_of(element, self._kind))

    def _above(self, depth: int, element: etree._Element) -> None:
        """Judge the root and the directories as they begin."""
        if depth == 1 and element.tag != tag("CSD"):
            raise safe_xml.UnsafeXml(f"the document is a {shorten(element.tag)}, not a {tag('CSD')}")
        if depth == 2:
            kind = _DIRECTORIES.get(str(element.tag))
            if kind is None:
                raise safe_xml.UnsafeXml(f"a CSD document has no {shorten(element.tag)}")
            self._kind = kind

    def _stamped(self, document: Json) -> tuple[str, Json]:
        """Return an entry; what was not here when the directory was last copied changed now at the earliest."""
        identifier = e.document_id(document["kind"], document["entity_id"])
        before = self.held.take(identifier)
        if self.previous is None:
            return identifier, document
        if before is None or before.removed or before.content_hash != document["content_hash"]:
            return identifier, later(document, instant(self.now))
        return identifier, document | ({"modified": before.modified} if before.modified else {})

    def _refuse(self, identifier: str, reason: str) -> None:
        self.report.refused += 1
        self.tell("refused", identifier, reason)

    def fill(self, index: str, chunks: Iterable[bytes]) -> None:
        """Write every entity, then what is left of those that are no more."""
        sent: deque[tuple[str, str]] = deque()

        def actions() -> Iterator[Action]:
            for identifier, document in self.documents(chunks):
                sent.append((document["kind"], document["entity_id"]))
                yield Action("create", index, identifier, document)

        for outcome in self.gateway.stream_bulk(actions(), max_actions=_EACH):
            kind, entity_id = sent.popleft()
            if not outcome.ok:
                self.report.kept[kind] -= 1
                self._refuse(entity_id, "its entityID stands twice" if outcome.conflict else outcome.reason)
        gone = tombstones(self.gateway, self.previous, self.held, self.now)
        for outcome in self.gateway.stream_bulk(Action("create", index, *each) for each in gone):
            self.report.removed += outcome.ok


def load(
    gateway: Gateway,
    name: str,
    chunks: Iterable[bytes],
    *,
    own: str,
    source: str,
    max_rejects: float = 0.05,
    tell: Tell = lambda how, entity, reason: None,
) -> LoadReport:
    """Put a document in the place of the directory of a name, in one step, and return the report.

    Memory holds some entities and, where a directory is replaced, the hashes of the one before. Raises ``InvalidInput``
    for a bad name or that of our ``own`` directory, ``UnsafeXml`` for what is no CSD document to its end; then, and
    where more than ``max_rejects`` of the entities are refused, what served before serves on.
    """
    alias = e.directory_alias(name)
    if alias is None:
        raise InvalidInput([FieldError("name", "is letters, digits and dashes, 40 at most", shorten(name))])
    if alias == e.directory_alias(own):
        raise InvalidInput([FieldError("name", "is that of our own directory: `ror index load` makes it", name)])
    now = datetime.now(UTC)
    report = LoadReport(e.directory_name(alias))
    previous = serving(gateway, alias)
    loading = Loading(gateway, alias, tell, now, report, Held.read(gateway, previous), previous)
    index = new_index(alias, now)
    definition = index_definition(e.DEFINITION)
    definition["settings"]["index"] |= _LOADING
    gateway.create_index(index, definition)
    try:
        loading.fill(index, chunks)
        _open(gateway, index)
        report.refusal = _wrong(gateway, index, report, max_rejects)
        if report.refusal is None:
            publish(gateway, alias, index, previous, {"source": source, "loaded_at": now.isoformat(timespec="seconds")})
    finally:
        discard(gateway, alias, index)
    return report


def _open(gateway: Gateway, index: str) -> None:
    """Give the index the settings it serves with, and make all of it visible."""
    settings = index_definition(e.DEFINITION)["settings"]["index"]
    chosen = {name: settings.get(name) for name in ("refresh_interval", "auto_expand_replicas")}
    gateway.put_settings(index, {"index": chosen})
    gateway.refresh(index)


def _wrong(gateway: Gateway, index: str, report: LoadReport, max_rejects: float) -> str | None:
    """Return why a directory may not serve, ``None`` when it may."""
    if report.refused > report.read * max_rejects:
        return f"{report.refused} of {report.read} entities were refused, at most {max_rejects:.1%} may be"
    counted, wanted = gateway.count(index), report.kept.total() + report.removed
    return None if counted == wanted else f"the index holds {counted} entities, {wanted} were written"
