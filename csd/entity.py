"""One entity of a CSD directory as the index holds it: what a question may ask of it, and how to show it.

Every key is written and asked through the functions of this module, so that both sides fold alike: case-insensitive
as Unicode case folding has it, white space collapsed, accents kept (the profile folds case only). ``SEPARATOR`` is a
character that no XML document can hold, so that two different pairs never give one key.

A document of a loaded directory holds the entity's own ``xml``. One of our own directory holds ``unit_id`` (facility)
or ``content`` (organization), of which the XML is made when it is asked for, with the rights of whoever asks.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mappings.beds import instant

DEFINITION = "csd-entities"
ORGANIZATION, SERVICE, FACILITY, PROVIDER = "organization", "service", "facility", "provider"
KINDS = (ORGANIZATION, SERVICE, FACILITY, PROVIDER)
"""In the order of a document's four directories."""
SEPARATOR = "\x1f"
RUN = 3
_BLANK = "B"
"""Stands for a blank inside a word: folded text has no capitals."""
NEEDLE_CHARACTERS = 1000
"""Longest text that "contains" is exact for: the overlap of the pieces of a long name."""
_PIECE = 8000
_KEY_BYTES = 8000
_ALIAS = "csd-"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def directory_alias(name: str) -> str | None:
    """Return the alias of a directory of that name (any case), ``None`` for what is no name of a directory."""
    folded = name.casefold()
    return _ALIAS + folded if _NAME.fullmatch(folded) else None


def directory_name(alias: str) -> str:
    """Return the name of the directory behind an alias."""
    return alias.removeprefix(_ALIAS)


def fold_text(text: str) -> str:
    """Fold case and collapse white space; accents stay."""
    return " ".join(text.split()).casefold()


def key(*parts: str) -> str:
    """Return one key of several folded parts; a very long one keeps its head and a digest of the whole."""
    whole = SEPARATOR.join([fold_text(part) for part in parts])
    if len(whole) <= _KEY_BYTES // 4:
        return whole
    digest = hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()
    return whole[: _KEY_BYTES // 8] + SEPARATOR + digest


def entity_key(entity_id: str) -> str:
    """Return the key of an entity's id: fields ``entity_key``, ``organizations``, ``facilities``, ``parent`` …."""
    return key(entity_id)


def document_id(kind: str, entity_id: str) -> str:
    """Return the ``_id`` of an entity's document: an entity id may be longer than the engine takes."""
    return f"{kind}-{hashlib.blake2b(entity_id.encode(), digest_size=16).hexdigest()}"


def code_key(scheme: str, code: str) -> str:
    """Return the key of a coded value (fields ``codes``, ``languages``)."""
    return key(scheme, code)


def address_key(component: str, value: str) -> str:
    """Return the key of an address line; a line without component has an empty one."""
    return key(component, value)


def other_id_keys(authority: str, code: str, text: str = "") -> list[str]:
    """Return the keys under which an ``otherID`` is found, whichever of its parts are asked, in both readings.

    The schema's reading: ``@code`` is the identifier (``n``: nothing but a code). Later practice: the text is the
    identifier (``i``) and ``@code`` its kind (``c``; ``t`` is both). ``a`` is the authority by itself.
    """
    by = (authority, "") if authority else ("",)
    if text:
        parts = [("i", text), *((("c", code), ("t", code, text)) if code else ())]
    else:
        parts = [("n", code)] if code else []
    found = [key(letter, name, *rest) for letter, *rest in parts for name in by]
    return found + ([key("a", authority)] if authority else [])


def other_id_asked(authority: str, code: str, text: str = "") -> list[str]:
    """Return the keys of which one must be there for what is asked; none when all is blank (no filter)."""
    if text.strip():
        either = ("t", authority, code, text) if code.strip() else ("i", authority, text)
        return [key(*either), key("n", authority, text)]
    if code.strip():
        return [key(letter, authority, code) for letter in ("n", "i", "c")]
    return [key("a", authority)] if authority.strip() else []


def content_hash(content: bytes) -> int:
    """Return a hash that changes when an entity does, as a number that the engine keeps in a column."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big", signed=True)


def name_pieces(name: str) -> list[str]:
    """Return a folded name, in overlapping pieces when it is longer than the engine takes as one term."""
    folded = fold_text(name)
    step = _PIECE - NEEDLE_CHARACTERS
    return [folded[at : at + _PIECE] for at in range(0, max(len(folded) - NEEDLE_CHARACTERS, 1), step)]


def name_runs(name: str) -> str:
    """Return the runs of three characters of a folded name, one after the other, as words.

    A name holds a text of three characters or more exactly where the words of the text follow each other in its own.
    """
    folded = fold_text(name)
    return " ".join([folded[at : at + RUN].replace(" ", _BLANK) for at in range(len(folded) - RUN + 1)])


def parse_instant(text: str | None) -> datetime | None:
    """Return an ``xs:dateTime`` as an aware time (UTC where it names no zone); ``None`` for anything else."""
    stripped = (text or "").strip()
    if not _DATE_TIME.fullmatch(stripped):
        return None
    try:
        moment = datetime.fromisoformat(stripped)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


@dataclass(slots=True, kw_only=True)
class Entity:
    """One entity. Lists hold keys of this module; ``record_*`` times are aware, ``None`` where they are no dateTime.

    ``modified`` is when this directory took the present content, for those who copy it (ITI-74): never before
    ``record/@updated``. A ``removed`` entity is a tombstone: searches do not show it, only those who copy see it.
    """

    kind: str
    entity_id: str
    primary_name: str | None = None
    other_names: tuple[str, ...] = ()
    other_ids: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    address: list[str] = field(default_factory=list)
    organizations: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    facilities: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    parent: str | None = None
    status: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    modified: datetime | None = None
    sensitive: bool = False
    removed: bool = False
    unit_id: str | None = None
    content_hash: int | None = None
    content: dict[str, Any] | None = None
    xml: str | None = None

    @property
    def id(self) -> str:
        """The ``_id`` of its document."""
        return document_id(self.kind, self.entity_id)

    def document(self) -> dict[str, Any]:
        """Write the index document; what is absent is left out."""
        primary = () if self.primary_name is None else (self.primary_name,)
        names = (*primary, *self.other_names)
        times = {name: getattr(self, name) for name in ("created", "updated", "modified")}
        document: dict[str, Any] = {
            "kind": self.kind,
            "entity_id": self.entity_id,
            "entity_key": entity_key(self.entity_id),
            "primary_name": [piece for name in primary for piece in name_pieces(name)],
            "names": [piece for name in names for piece in name_pieces(name)],
            "name_runs": "".join(map(name_runs, primary)) or None,
            "other_name_runs": [runs for runs in map(name_runs, self.other_names) if runs],
            "has_parent": self.parent is not None if self.kind == ORGANIZATION else None,
            "sensitive": self.sensitive or None,
            "removed": self.removed or None,
            **{name: instant(moment) for name, moment in times.items() if moment is not None},
            **{name: getattr(self, name) for name in _AS_THEY_ARE},
        }
        return {name: value for name, value in document.items() if value is not None and value != []}


_AS_THEY_ARE = (
    "other_ids", "codes", "address", "organizations", "services", "facilities", "languages", "parent", "status",
    "unit_id", "content_hash", "content", "xml",
)  # fmt: skip
"""Fields whose value is written unchanged."""
