"""Answers of peers as they come: judged by their head before any of it is read, never longer than allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from mappings.errors import shorten
from orientation.peers.asking import PeerFailure, Said

MAX_ANSWER = 8 * 2**20
"""Largest answer to a question in bytes; a hundred units of ours are about one MiB."""
MOST_WARNINGS = 5
_XML = ("text/xml", "application/xml", "application/soap+xml")


async def said_in(response: httpx.Response) -> Said:
    """Take the whole of a short answer, with what its headers say of it."""
    came = bytearray()
    await take(response, MAX_ANSWER, came.extend)
    return Said(bytes(came), _count(response.headers.get("X-Total-Count")), _warnings(response))


async def take(response: httpx.Response, most: int, put: Callable[[bytes], object]) -> None:
    """Pass on an answer as it comes, ``PeerFailure`` where it is none or too long."""
    _check(response, most)
    came = 0
    async for chunk in response.aiter_raw():
        came += len(chunk)
        if came > most:
            raise PeerFailure("too-large", f"more than {most} bytes")
        put(chunk)


def _check(response: httpx.Response, most: int) -> None:
    """Refuse, before any of it is read, what is no answer."""
    status = response.status_code
    if 300 <= status < 400:
        raise PeerFailure("redirect", f"status {status}")
    if status in {401, 403}:
        raise PeerFailure("refused", f"status {status}")
    if status in {400, 404, 422, 501}:
        raise PeerFailure("unsupported", f"status {status}")
    if status != 200:
        raise PeerFailure("status", f"status {status}")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in _XML:
        raise PeerFailure("type", "the answer is no XML by its type")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise PeerFailure("type", "the answer is packed, which was not asked for")
    length = response.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > most:
        raise PeerFailure("too-large", f"more than {most} bytes")


def _count(text: str | None) -> int | None:
    """Read a number that a peer may say; what is none is as if it said nothing."""
    return int(text) if text is not None and re.fullmatch(r"\d{1,9}", text, re.ASCII) else None


def clock_of(response: httpx.Response) -> datetime | None:
    """Return the time that the clock of a peer showed, where it tells."""
    text = response.headers.get("Date")
    try:
        moment = parsedate_to_datetime(text) if text is not None else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _warnings(response: httpx.Response) -> tuple[str, ...]:
    """Read what a peer warns of: some short lines, else nothing."""
    try:
        said = json.loads(response.headers.get("X-Warnings", "[]"))
    except (ValueError, RecursionError):
        return ()
    lines = [shorten(each, 200) for each in said if isinstance(each, str)] if isinstance(said, list) else []
    return tuple(lines[:MOST_WARNINGS])
