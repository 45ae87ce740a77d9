"""The clients of this server: one document a key, found by its prefix; never deleted, so that names stay explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from beds.indices import make
from beds.service import utc_now
from engine.errors import EngineNotFound
from engine.gateway import Gateway
from mappings.beds import instant
from mappings.errors import FieldError, InvalidInput, NotFound, shorten
from orientation.identity.caller import CERTIFICATE, KEY, Caller
from orientation.identity.keys import new_key

INDEX = "clients"
_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a client is given: its name, its profile, its scopes, the establishments whose counts it may write.

    ``profession`` is that of those who ask with it (J229), for the log of exchanges.
    """

    client: str
    profile: int
    scopes: tuple[str, ...]
    establishments: tuple[str, ...] = ()
    note: str | None = None
    profession: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A key or a certificate of a client, as stored.

    ``id`` is the prefix of a key, or ``cert-`` and the SHA-256 fingerprint of a certificate, whose ``digest`` is empty.
    """

    id: str
    kind: str
    grant: Grant
    created_at: datetime
    created_by: str
    digest: str = field(default="", repr=False)
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def state(self, now: datetime) -> str:
        """Return ``active``, ``revoked`` or ``expired``."""
        if self.revoked_at is not None and self.revoked_at <= now:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"

    @property
    def caller(self) -> Caller:
        """Return who asks with it."""
        return Caller(
            name=self.grant.client,
            kind=self.kind,
            profile=self.grant.profile,
            scopes=frozenset(self.grant.scopes),
            establishments=frozenset(self.grant.establishments),
            profession=self.grant.profession,
        )


@dataclass(frozen=True, slots=True)
class Clients:
    """Reads and writes the clients."""

    gateway: Gateway
    index: str = INDEX
    clock: Callable[[], datetime] = utc_now

    def add(self, grant: Grant, by: str, lifetime: timedelta | None) -> tuple[Held, str]:
        """Give a client its first key; return it and the text to show once."""
        self._ensure_new(grant.client)
        return self._add_key(grant, by, lifetime)

    def add_certificate(self, grant: Grant, by: str, fingerprint: str, expires_at: datetime) -> Held:
        """Take a certificate for a client; the SHA-256 fingerprint is that of its DER form, in hex."""
        made = Held(
            id=f"cert-{fingerprint}",
            kind=CERTIFICATE,
            grant=grant,
            created_at=self.clock(),
            created_by=by,
            expires_at=expires_at,
        )
        self._ensure()
        known = self.find(made.id)
        if known is not None and known.state(self.clock()) == "active":
            rule = f"is that of {known.grant.client}, whose it stays"
            raise InvalidInput([FieldError("certificate", rule, fingerprint[:16])])
        self._put(made, create=known is None)
        return made

    def rotate(self, client: str, by: str, overlap: timedelta, lifetime: timedelta | None) -> tuple[Held, str]:
        """Give a client another key with the same rights; those it has end after ``overlap``."""
        now = self.clock()
        held = [each for each in self.of(client) if each.kind == KEY and each.state(now) == "active"]
        if not held:
            raise NotFound(f"{shorten(client)!r} has no key in force to rotate")
        newest = max(held, key=lambda each: each.created_at)
        made, text = self._add_key(newest.grant, by, lifetime)
        end = now + overlap
        for each in held:
            self._change(each, "expires_at", min(each.expires_at or end, end))
        return made, text

    def revoke(self, name: str) -> list[Held]:
        """Revoke a client's every key, or one by its id; return those revoked, none of which was before."""
        now = self.clock()
        found = [each for each in self.all() if name in {each.grant.client, each.id}]
        if not found:
            raise NotFound(f"no client and no key is called {shorten(name)!r}")
        ended = [replace(each, revoked_at=now) for each in found if each.revoked_at is None]
        for each in ended:
            self._change(each, "revoked_at", now)
        return ended

    def find(self, held_id: str) -> Held | None:
        """Return a key or certificate as it is now; ``None`` for one that was never given."""
        try:
            hit = self.gateway.get(self.index, held_id)
        except EngineNotFound:
            return None
        return _held(hit["_source"]) if hit else None

    def used(self, held: Held, at: datetime) -> None:
        """Note that it was used."""
        self.gateway.update(self.index, held.id, {"last_used_at": instant(at)})

    def of(self, client: str) -> list[Held]:
        """Return what a client holds."""
        return [each for each in self.all() if each.grant.client == client]

    def any_with(self, scope: str) -> bool:
        """Say whether a key or certificate in force has a scope."""
        in_force = {"bool": {"should": [{"range": {"expires_at": {"gt": instant(self.clock())}}},
                                        {"bool": {"must_not": [{"exists": {"field": "expires_at"}}]}}]}}  # fmt: skip
        query = {
            "bool": {
                "filter": [{"term": {"scopes": scope}}, in_force],
                "must_not": [{"exists": {"field": "revoked_at"}}],
            }
        }
        try:
            return self.gateway.count(self.index, query) > 0
        except EngineNotFound:
            return False

    def all(self) -> list[Held]:
        """Return everything ever given, by client and age."""
        return sorted(self._all(), key=lambda each: (each.grant.client, each.created_at, each.id))

    def _all(self) -> Iterator[Held]:
        after: list[Any] | None = None
        while True:
            body: dict[str, Any] = {"size": _PAGE, "sort": ["id"], "track_total_hits": False}
            if after is not None:
                body["search_after"] = after
            try:
                self.gateway.refresh(self.index)
                hits = self.gateway.search(self.index, body)["hits"]["hits"]
            except EngineNotFound:
                return
            yield from (_held(hit["_source"]) for hit in hits)
            if len(hits) < _PAGE:
                return
            after = hits[-1]["sort"]

    def _ensure_new(self, client: str) -> None:
        now = self.clock()
        if any(each.kind == KEY and each.state(now) == "active" for each in self.of(client)):
            rule = "has a key already: rotate it, or revoke it first"
            raise InvalidInput([FieldError("client", rule, shorten(client))])

    def _add_key(self, grant: Grant, by: str, lifetime: timedelta | None) -> tuple[Held, str]:
        self._ensure()
        now, key = self.clock(), new_key()
        made = Held(
            id=key.prefix,
            kind=KEY,
            grant=grant,
            digest=key.digest,
            created_at=now,
            created_by=by,
            expires_at=now + lifetime if lifetime is not None else None,
        )
        self._put(made, create=True)
        return made, key.text

    def _ensure(self) -> None:
        make(self.gateway, self.index, "clients")

    def _change(self, held: Held, name: str, moment: datetime) -> None:
        """Change one time and nothing else: what another process changed meanwhile stays."""
        self.gateway.update(self.index, held.id, {name: instant(moment)}, refresh="true")

    def _put(self, held: Held, *, create: bool = False) -> None:
        self.gateway.store(self.index, held.id, _source(held), create=create, refresh="true")


def _source(held: Held) -> dict[str, Any]:
    """Return a document, empty things left out."""
    grant = held.grant
    said: dict[str, Any] = {
        "id": held.id,
        "kind": held.kind,
        "digest": held.digest,
        "client": grant.client,
        "profile": grant.profile,
        "scopes": list(grant.scopes),
        "establishments": list(grant.establishments),
        "note": grant.note,
        "profession": grant.profession,
        "created_by": held.created_by,
        **{name: _written(getattr(held, name)) for name in _TIMES},
    }
    return {name: value for name, value in said.items() if value not in (None, "", [])}


_TIMES = ("created_at", "expires_at", "revoked_at", "last_used_at")


def _written(moment: datetime | None) -> str | None:
    return instant(moment) if moment is not None else None


def _held(source: dict[str, Any]) -> Held:
    """Read a document."""
    times = {name: datetime.fromisoformat(source[name]) for name in _TIMES if name in source}
    grant = Grant(
        client=source["client"],
        profile=source["profile"],
        scopes=_many(source.get("scopes")),
        establishments=_many(source.get("establishments")),
        note=source.get("note"),
        profession=source.get("profession"),
    )
    return Held(
        id=source["id"],
        kind=source["kind"],
        grant=grant,
        digest=source.get("digest", ""),
        created_by=source["created_by"],
        **times,
    )


def _many(values: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(values or ())
