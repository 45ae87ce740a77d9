"""What a directory held before a load: the hash and the times of each entity, in little memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from struct import Struct
from typing import Any

from csd.entity import KINDS
from engine.gateway import Gateway
from engine.reading import KEEP_ALIVE
from mappings.beds import instant

_PAGE = 5_000
_FORM = Struct(">qqq?")
"""Hash, milliseconds of ``modified`` and of ``created``, whether it was removed."""
_NEVER = -(2**63)


@dataclass(frozen=True, slots=True)
class Before:
    """What was known of one entity; a time is ``None`` where its record bears none."""

    content_hash: int
    modified: str | None
    created: str | None
    removed: bool


@dataclass(slots=True)
class Held:
    """The entities of an index that no new document took the place of so far: about 200 bytes each."""

    _kept: dict[bytes, bytes] = field(default_factory=dict)

    @classmethod
    def read(cls, gateway: Gateway, index: str | None) -> Held:
        """Read an index; nothing is held where there was none."""
        held = cls()
        if index is not None:
            for hit in _hits(gateway, index):
                held._kept[_packed(hit["_id"])] = _form(hit["fields"])
        return held

    def __len__(self) -> int:
        """Count what is left."""
        return len(self._kept)

    def take(self, identifier: str) -> Before | None:
        """Return what was known of a document, and let it go; ``None`` for one that is new."""
        form = self._kept.pop(_packed(identifier), None)
        return None if form is None else _before(form)

    def left(self) -> Iterator[str]:
        """Yield the ids of documents that were not taken."""
        for packed in self._kept:
            yield f"{KINDS[packed[0]]}-{packed[1:].hex()}"


def _packed(identifier: str) -> bytes:
    kind, _, digest = identifier.partition("-")
    return bytes((KINDS.index(kind),)) + bytes.fromhex(digest)


def _form(fields: Mapping[str, list[Any]]) -> bytes:
    modified, created = (int(fields[name][0]) if name in fields else _NEVER for name in ("modified", "created"))
    removed = bool(fields.get("removed", (False,))[0])
    digest = fields.get("content_hash", (0,))[0]
    # An index of an older definition may hold hashes of another kind: then everything counts as changed.
    return _FORM.pack(digest if isinstance(digest, int) else 0, modified, created, removed)


def _before(form: bytes) -> Before:
    digest, modified, created, removed = _FORM.unpack(form)
    return Before(digest, _moment(modified), _moment(created), removed)


def _moment(milliseconds: int) -> str | None:
    return None if milliseconds == _NEVER else instant(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _hits(gateway: Gateway, index: str) -> Iterator[dict[str, Any]]:
    """Yield every document with those fields, read from columns: the documents themselves are not opened."""
    body: dict[str, Any] = {
        "size": _PAGE,
        "_source": False,
        "docvalue_fields": [
            "content_hash",
            "removed",
            {"field": "modified", "format": "epoch_millis"},
            {"field": "created", "format": "epoch_millis"},
        ],
        "sort": ["_shard_doc"],
        "track_total_hits": False,
    }
    with gateway.pit(index) as pit_id:
        while True:
            hits = gateway.search(None, {**body, "pit": {"id": pit_id, "keep_alive": KEEP_ALIVE}})["hits"]["hits"]
            yield from hits
            if len(hits) < _PAGE:
                return
            body["search_after"] = hits[-1]["sort"]
