"""The register of peers: other directories that are asked, one document each; secrets stay in files of the server."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from beds.indices import make
from beds.service import utc_now
from engine.errors import EngineNotFound
from engine.gateway import Gateway
from mappings.area import Area
from mappings.beds import instant
from mappings.errors import FieldError, InvalidInput, NotFound, shorten
from mappings.territory import departments as known_departments
from mappings.territory import regions as known_regions
from orientation.peers.outline import outline_of, read_area

INDEX = "peers"
NO_PROOF, KEY, BASIC, CERTIFICATE = "none", "key", "basic", "certificate"
PROOFS = (NO_PROOF, KEY, BASIC, CERTIFICATE)
ORIENTATION, FACILITY_SEARCH, COPY = "orientation", "facility-search", "copy"
DIALECTS = (ORIENTATION, FACILITY_SEARCH, COPY)
"""How a peer is asked: by our orientation function, by CSD's own search of facilities, or never: our copy is."""
_MOST = 200
_HELD_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another directory.

    ``url`` is the base of its CSD facade (``https://ror.example/csd``), ``document`` its directory there, empty where
    the base itself is that of the one directory. ``departments`` and ``area`` together are the territory it answers
    for: whatever lies elsewhere is not taken from it. ``secret_file`` holds its key or password, or our certificate
    with its private key (PEM); ``timeout_s`` is below the budget of all.
    """

    code: str
    name: str
    region: str
    url: str
    document: str = "ror"
    dialect: str = ORIENTATION
    departments: tuple[str, ...] = ()
    area: Area | None = field(default=None, compare=False)
    proof: str = NO_PROOF
    user: str | None = None
    secret_file: str | None = None
    authority_file: str | None = None
    timeout_s: float | None = None
    enabled: bool = True

    @property
    def key(self) -> str:
        """Return the code as names of indices take it: in small letters."""
        return self.code.lower()

    @property
    def territory(self) -> frozenset[str]:
        """Return the departments it answers for: those given, else all of its region unless it has an area."""
        if self.departments or self.area is not None:
            return frozenset(self.departments)
        return frozenset(code for code, each in known_departments().items() if each.region == self.region)


def checked(peer: Peer) -> Peer:
    """Return a peer as it may be registered; ``InvalidInput`` names each field that may not be so."""
    parts = urlsplit(peer.url)
    local = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    rules = (
        ("code", peer.code.isascii() and peer.code.replace("-", "").isalnum() and 1 <= len(peer.code) <= 40
         and peer.code not in {"auto", "all", "none"},
         "must be 1 to 40 letters, digits and dashes, and neither auto, all nor none"),
        ("region", peer.region in known_regions(), "must be a region code (INSEE) such as 11"),
        ("url", parts.hostname is not None and (parts.scheme == "https" or (parts.scheme == "http" and local)),
         "must be an https address, or one of http on this machine"),
        ("url", parts.username is None and parts.password is None, "must hold no password: give a file"),
        ("dialect", peer.dialect in DIALECTS, f"must be one of {', '.join(DIALECTS)}"),
        ("proof", peer.proof in PROOFS, f"must be one of {', '.join(PROOFS)}"),
        ("secret_file", (peer.proof == NO_PROOF) == (peer.secret_file is None),
         "goes with a proof, and a proof with it"),
        ("departments", set(peer.departments) <= set(known_departments()), "must be department codes such as 76"),
        ("timeout_s", peer.timeout_s is None or 0.05 <= peer.timeout_s <= 60, "must be 0.05 to 60 seconds"),
    )  # fmt: skip
    errors = [FieldError(name, rule, shorten(getattr(peer, name))) for name, holds, rule in rules if not holds]
    if errors:
        raise InvalidInput(errors)
    return replace(peer, url=peer.url.rstrip("/"))


@dataclass(slots=True)
class Register:
    """Reads and writes the peers; what was read is held for some seconds; safe for threads."""

    gateway: Gateway
    index: str = INDEX
    clock: Callable[[], datetime] = utc_now
    _held: tuple[float, tuple[Peer, ...]] = (float("-inf"), ())
    _lock: Lock = field(default_factory=Lock)

    def add(self, peer: Peer, by: str) -> None:
        """Register a peer, or replace what is registered under its code."""
        made = checked(peer)
        make(self.gateway, self.index, "peers")
        if alike := [each.code for each in self.all() if each.code != made.code and each.key == made.key]:
            raise InvalidInput([FieldError("code", f"differs from {alike[0]} by its case only", made.code)])
        document = _source(made) | {"added_at": instant(self.clock()), "added_by": by}
        self.gateway.store(self.index, made.code, document, refresh="true")
        self._forget()

    def set_enabled(self, code: str, *, enabled: bool) -> Peer:
        """Ask a peer again, or ask it no more."""
        peer = replace(self.get(code), enabled=enabled)
        self.gateway.update(self.index, peer.code, {"enabled": enabled}, refresh="true")
        self._forget()
        return peer

    def get(self, code: str) -> Peer:
        """Return a peer; ``NotFound`` for one that is not registered."""
        found = next((each for each in self.all() if each.code == code), None)
        if found is None:
            raise NotFound(f"no peer is called {shorten(code)!r}")
        return found

    def all(self) -> tuple[Peer, ...]:
        """Return every peer by code, as it is now."""
        body: dict[str, Any] = {"size": _MOST, "sort": ["code"], "track_total_hits": False}
        try:
            hits = self.gateway.search(self.index, body)["hits"]["hits"]
        except EngineNotFound:
            return ()
        return tuple(_peer(hit["_source"]) for hit in hits)

    def enabled(self) -> tuple[Peer, ...]:
        """Return the peers that may be asked, as they were some seconds ago at most."""
        if self._is_old():
            with self._lock:
                if self._is_old():  # who waited finds it read
                    self._held = (time.monotonic(), tuple(each for each in self.all() if each.enabled))
        return self._held[1]

    def _is_old(self) -> bool:
        return time.monotonic() - self._held[0] > _HELD_S

    def _forget(self) -> None:
        self._held = (float("-inf"), ())


_FIELDS = (
    "code", "name", "region", "url", "document", "dialect", "departments", "proof", "user", "secret_file",
    "authority_file", "timeout_s", "enabled",
)  # fmt: skip


def _source(peer: Peer) -> dict[str, Any]:
    said = {name: getattr(peer, name) for name in _FIELDS}
    outline = {"area": outline_of(peer.area)} if peer.area is not None else {}
    return {name: value for name, value in said.items() if value not in (None, ())} | outline


def _peer(source: dict[str, Any]) -> Peer:
    said = {name: source[name] for name in _FIELDS if name in source}
    listed = source.get("departments", ())
    area = read_area(source["area"]) if "area" in source else None
    return Peer(**{**said, "departments": (listed,) if isinstance(listed, str) else tuple(listed)}, area=area)
