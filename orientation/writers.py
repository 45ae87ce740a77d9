"""Who may write bed counts and declare tension: the holders of the keys in ``ROR_WRITE_KEYS``."""

from __future__ import annotations

import hmac

from orientation.errors import Forbidden, Unauthorized

WriteKeys = tuple[tuple[str, str], ...]
"""Name and key of each writer."""


def writer(keys: WriteKeys, authorization: str | None) -> str:
    """Return the name of the writer whose key an ``Authorization: Bearer`` header bears.

    Raises ``Forbidden`` when this server takes no writes or no key is given, ``Unauthorized`` for a key that is
    none of its own. Every key is compared, each in constant time.
    """
    if not keys:
        raise Forbidden("This server takes no writes: its operator has given no write key (ROR_WRITE_KEYS).")
    if authorization is None:
        raise Forbidden("Writing needs a write key, sent as Authorization: Bearer KEY.")
    scheme, _, given = authorization.partition(" ")
    sent = given.strip().encode("utf-8", "replace")
    found = [name for name, key in keys if hmac.compare_digest(key.encode(), sent)]
    if scheme.lower() != "bearer" or not found:
        raise Unauthorized("The write key given is not known to this server.")
    return found[0]
