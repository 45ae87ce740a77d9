"""Cursors: where the next page starts, signed, and of no use for another question, profile or server."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from mappings.errors import FieldError, InvalidInput

_SALT = "ror.cursor.2"
"""Changed whenever what a cursor holds changes, so that older ones are refused and not misread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place in an answer.

    ``as_of``, ``radius_m`` and ``tension`` (departments, regions) are those of the first page; ``after`` holds the
    sort values of the last result seen, ``first_rank`` the rank of the next one; ``digest`` identifies the
    question, the profile in it.
    """

    digest: str
    as_of: datetime
    radius_m: int | None
    widened: bool
    tension: tuple[tuple[str, ...], tuple[str, ...]]
    first_rank: int
    after: tuple[object, ...]

    def check(self, question: str) -> None:
        """Refuse to go on with another question than the one that the cursor is of."""
        if digest(question) != self.digest:
            raise _refused("is of another question: only size, facets and format may change between pages")


def digest(question: str) -> str:
    """Return 16 bytes in hex that stand for a question."""
    return hashlib.blake2b(question.encode(), digest_size=16).hexdigest()


class Cursors:
    """Makes and opens cursors with the server's key."""

    def __init__(self, key: str, deepest: int = 100_000) -> None:
        """Keep the key, and how many results of one question may be paged through."""
        self._deepest = deepest
        self._serializer = URLSafeSerializer(key, salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256})

    def make(self, cursor: Cursor) -> str:
        """Return a cursor as text for a URL."""
        held = [
            cursor.digest,
            cursor.as_of.isoformat(),
            cursor.radius_m,
            cursor.widened,
            cursor.tension,
            cursor.first_rank,
            list(cursor.after),
        ]
        text = self._serializer.dumps(held)
        return text if isinstance(text, str) else text.decode("ascii")

    def open(self, text: str) -> Cursor:
        """Return what a cursor holds; ``InvalidInput`` naming ``cursor`` unless this server signed it."""
        try:
            held: list[Any] = self._serializer.loads(text)
        except BadData:
            raise _refused("is not a cursor of this server: take it whole from next of the previous answer") from None
        question, as_of, radius_m, widened, tension, first_rank, after = held
        if first_rank > self._deepest:
            raise _refused(f"goes no further than {self._deepest} results: narrow the question, by department say")
        return Cursor(
            digest=question,
            as_of=datetime.fromisoformat(as_of),
            radius_m=radius_m,
            widened=widened,
            tension=(tuple(tension[0]), tuple(tension[1])),
            first_rank=first_rank,
            after=tuple(after),
        )


def _refused(rule: str) -> InvalidInput:
    return InvalidInput([FieldError("cursor", rule)])
