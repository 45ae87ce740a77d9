"""From a request to who asks: one credential at most, refused when it is wrong rather than ignored."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from cachetools import TTLCache
from werkzeug.wrappers import Request

from engine.errors import EngineError
from orientation.errors import Unauthorized
from orientation.identity.addresses import Proxies
from orientation.identity.caller import ANONYMOUS, OPERATOR, TOKEN, Caller, anybody
from orientation.identity.certificates import HEADER, passed_on
from orientation.identity.clients import Clients, Held
from orientation.identity.keys import MARK, NO_DIGEST, digest_of, parts_of, same
from orientation.identity.profession import HEADER as HEADER_OF_PROFESSION
from orientation.identity.profession import profession_of
from orientation.identity.scopes import BEDS_WRITE, EVERYWHERE, READING, STEERING
from orientation.identity.tokens import Tokens

log = logging.getLogger(__name__)

REMEMBERED_S = 5.0
"""Seconds for which a key is taken to be as it was read: what revoking one takes at most."""
NOTED_S = 60.0
"""Seconds at least between two notes of the last use of a key."""
_MOST = 10_000
_WRITERS = "*"
UNKNOWN = "The key given is not known to this server."

WriteKeys = tuple[tuple[str, str], ...]
"""Name and key of each writer that the settings name."""


@dataclass(slots=True)
class Identity:
    """Knows who asks. Safe for threads."""

    clients: Clients
    tokens: Tokens | None
    proxies: Proxies
    operators: WriteKeys
    anonymous_profile: int
    clock: Callable[[], datetime]
    _held: TTLCache[str, Held | None] = field(default_factory=lambda: TTLCache(_MOST, REMEMBERED_S))
    _noted: TTLCache[str, bool] = field(default_factory=lambda: TTLCache(_MOST, NOTED_S))
    _lock: Lock = field(default_factory=Lock)

    def of(self, asking: Request) -> Caller:
        """Return who asks; ``Unauthorized`` for a credential that is none, or several at once.

        A client may say the profession of whom it asks for; whoever is not known may say nothing of themselves.
        """
        found = self._of_credential(asking)
        said = profession_of(asking.headers.get(HEADER_OF_PROFESSION))
        if said is None or found.kind in {ANONYMOUS, TOKEN}:
            return found
        return replace(found, profession=said)

    def _of_credential(self, asking: Request) -> Caller:
        headers = asking.headers
        given = [name for name in ("Authorization", "X-Api-Key", HEADER) if name in headers]
        if len(given) > 1:
            raise Unauthorized(f"One credential is enough: {' and '.join(given)} were sent.")
        if not given:
            return anybody(self.anonymous_profile)
        if given[0] == HEADER:
            return self._of_certificate(headers[HEADER], asking.remote_addr)
        if given[0] == "X-Api-Key":
            return self.of_secret(headers["X-Api-Key"].strip())
        scheme, _, credential = headers["Authorization"].partition(" ")
        if scheme.lower() == "basic":
            # Clients of the CSD facade know no other way: the key stands where the password does.
            sent = asking.authorization
            return self.of_secret((sent.password if sent is not None else None) or "")
        if scheme.lower() != "bearer":
            raise Unauthorized("Send the key as Authorization: Bearer KEY, or as X-Api-Key.")
        return self.of_secret(credential.strip())

    def takes_writes(self) -> bool:
        """Say whether there is anybody who may write bed counts; known a minute late."""
        if self.operators or self.tokens is not None:
            return True
        with self._lock:
            known = self._noted.get(_WRITERS)
        if known is None:
            known = self.clients.any_with(BEDS_WRITE)
            with self._lock:
                self._noted[_WRITERS] = known
        return known

    def address(self, asking: Request) -> str:
        """Return where a request comes from, as limits count it."""
        return self.proxies.origin(asking.remote_addr, asking.headers.get("X-Forwarded-For"))

    def of_secret(self, text: str) -> Caller:
        """Return whose key or token it is; ``Unauthorized`` when it is nobody's."""
        if text.startswith(MARK):
            return self._of_key(text)
        if operator := self._operator(text):
            return operator
        if self.tokens is not None and text.count(".") == 2:
            return self.tokens.caller(text)
        raise Unauthorized(UNKNOWN)

    def _of_key(self, text: str) -> Caller:
        prefix, secret = parts_of(text) or ("", "")
        held = self._remembered(prefix) if prefix else None
        # Compared even where there is no such key: the time taken does not tell which prefixes exist.
        if not same(secret, held.digest if held is not None and held.digest else NO_DIGEST) or held is None:
            raise Unauthorized(UNKNOWN)
        return self._in_force(held, "key")

    def _of_certificate(self, header: str, peer: str | None) -> Caller:
        if not self.proxies.trusts(peer):
            raise Unauthorized(f"{HEADER} is taken from the proxies of this server only.")
        shown = passed_on(header)
        if not shown.starts_at <= self.clock() < shown.ends_at:
            raise Unauthorized("The client certificate is not valid now.")
        held = self._remembered(f"cert-{shown.fingerprint}")
        if held is None:
            raise Unauthorized("The client certificate is not known to this server.")
        return self._in_force(held, "certificate")

    def _in_force(self, held: Held, what: str) -> Caller:
        state = held.state(self.clock())
        if state != "active":
            raise Unauthorized(f"The {what} is {state}.")
        self._note_use(held)
        return held.caller

    def _operator(self, text: str) -> Caller | None:
        """Return the writer of the settings whose key it is; every key is compared, each in constant time."""
        found = [name for name, key in self.operators if same(text, digest_of(key))]
        if not found:
            return None
        return Caller(
            name=found[0],
            kind=OPERATOR,
            profile=self.anonymous_profile,
            scopes=READING | {BEDS_WRITE, STEERING},
            establishments=frozenset({EVERYWHERE}),
        )

    def _remembered(self, held_id: str) -> Held | None:
        """Return what is stored, read at most ``REMEMBERED_S`` ago; the engine's errors pass through."""
        with self._lock:
            if held_id in self._held:
                return self._held[held_id]
        held = self.clients.find(held_id)
        with self._lock:
            self._held[held_id] = held
        return held

    def _note_use(self, held: Held) -> None:
        """Note the last use, to the minute; an engine that takes no writes now does not keep anybody out."""
        with self._lock:
            if held.id in self._noted:
                return
            self._noted[held.id] = True
        now = self.clock()
        if held.last_used_at is not None and now - held.last_used_at < timedelta(seconds=NOTED_S):
            return
        try:
            self.clients.used(held, now)
        except EngineError as error:
            log.warning("last use of key %s not noted: %s", held.id, error)
