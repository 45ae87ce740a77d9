"""The public keys of the identity provider (JWKS), from an address or a file, read again as they are rotated."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

import requests
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from orientation.errors import IdentityUnavailable

log = logging.getLogger(__name__)

FRESH_S = 600.0
"""Seconds after which the keys are read again."""
PAUSE_S = 10.0
"""Seconds at least between two readings, so that tokens with made-up key ids do not make us ask all the time."""
TIMEOUT_S = 3.0
_MOST = 256 * 1024
"""Longest set of keys in bytes."""


class Jwks:
    """Keeps the keys; when they cannot be read again, those known go on to serve, and the log says so."""

    def __init__(self, source: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Read nothing yet; ``source`` is an http(s) address or a file."""
        self._source, self._clock = source, clock
        self._keys: KeySet | None = None
        self._read_at = self._tried_at = float("-inf")
        self._lock = Lock()

    def keys(self, *, again: bool = False) -> KeySet:
        """Return the keys; ``again`` reads them anew, for a key id that is not among them.

        ``IdentityUnavailable`` while they never could be read.
        """
        with self._lock:
            now = self._clock()
            due = again or self._keys is None or now - self._read_at > FRESH_S
            if due and now - self._tried_at >= PAUSE_S:
                self._tried_at = now
                self._read()
            if self._keys is None:
                raise IdentityUnavailable("The keys of the identity provider cannot be read: no token can be checked.")
            return self._keys

    def _read(self) -> None:
        try:
            self._keys = KeySet.import_key_set(self._document())
            self._read_at = self._clock()
        except (requests.RequestException, OSError, ValueError, KeyError, TypeError, JoseError) as error:
            log.warning("keys of the identity provider not read: %s: %s", type(error).__name__, error)

    def _document(self) -> Any:
        if not self._source.startswith(("https://", "http://")):
            return json.loads(Path(self._source).read_bytes())
        headers = {"Accept": "application/jwk-set+json, application/json"}
        with requests.get(
            self._source, timeout=TIMEOUT_S, stream=True, allow_redirects=False, headers=headers
        ) as answer:
            answer.raise_for_status()
            body = answer.raw.read(_MOST + 1, decode_content=True)
        if len(body) > _MOST:
            raise ValueError("the set of keys is too long")
        return json.loads(body)
