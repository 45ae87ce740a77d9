"""API keys as text: made at random, looked up by a prefix, kept as a digest.

The secret part has 256 random bits: it cannot be guessed, so that a plain SHA-256 of it tells nothing. A slow digest
(argon2, scrypt) protects what people choose; here it would only let anybody who sends keys take our processor.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

MARK = "ror_"
"""What every key begins with, so that scanners of leaked secrets know it."""
_SHAPE = re.compile(r"ror_([a-z2-7]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
NO_DIGEST = "0" * 64
"""Compared with when there is no such key, so that this takes as long."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: its prefix, its digest, and the text that is shown once."""

    prefix: str
    digest: str
    text: str = field(repr=False)


def new_key() -> NewKey:
    """Make a key."""
    prefix = base64.b32encode(secrets.token_bytes(8)).decode("ascii").lower()[:12]
    secret = secrets.token_urlsafe(32)
    return NewKey(prefix, digest_of(secret), f"{MARK}{prefix}_{secret}")


def parts_of(text: str) -> tuple[str, str] | None:
    """Return the prefix and the secret of a key; ``None`` for what is no key."""
    match = _SHAPE.fullmatch(text)
    return (match[1], match[2]) if match else None


def digest_of(secret: str) -> str:
    """Return the digest that is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def same(secret: str, digest: str) -> bool:
    """Say whether a secret is the one of a digest, in a time that tells nothing."""
    return hmac.compare_digest(digest_of(secret), digest)
