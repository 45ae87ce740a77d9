"""HTTP to peers: bounded in time and size whatever the other side does, never redirected, never unpacked.

One event loop in a thread of its own carries all exchanges of a process: a deadline there cuts an exchange off in any
state, headers that come letter by letter included, which no time-out on single reads does.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread

import httpx

from mappings.errors import shorten
from orientation.peers.asking import PeerFailure, Said
from orientation.peers.register import BASIC, CERTIFICATE, KEY, Peer

MAX_ANSWER = 8 * 2**20
"""Largest answer in bytes; a hundred units of ours are about one MiB."""
AT_ONCE = 16
"""Exchanges of a process with one peer at a time; more are not begun."""
MOST_WARNINGS = 5
_XML = ("text/xml", "application/xml", "application/soap+xml")


@dataclass(slots=True)
class Line:
    """The connections to one peer, as it is registered now, and how many exchanges are under way."""

    client: httpx.AsyncClient
    under_way: int = 0


@dataclass(slots=True)
class Exchanges:
    """Sends to peers; safe for threads; its loop begins with the first exchange, hence after any fork."""

    _loop: asyncio.AbstractEventLoop | None = None
    _thread: Thread | None = None
    _lines: dict[Peer, Line] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def send(
        self, peer: Peer, path: str, body: bytes, within_s: float, content_type: str = "text/xml;charset=UTF-8"
    ) -> Future[Said]:
        """Begin to post a body below the base address of a peer; fails with ``PeerFailure``."""
        return asyncio.run_coroutine_threadsafe(self._within(peer, path, body, content_type, within_s), self._running())

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = Thread(target=self._loop.run_forever, name="peers", daemon=True)
                self._thread.start()
            return self._loop

    def close(self) -> None:
        """End every exchange and the loop."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._end(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()

    async def _end(self) -> None:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        for line in self._lines.values():
            await line.client.aclose()
        self._lines.clear()

    async def _within(self, peer: Peer, path: str, body: bytes, content_type: str, within_s: float) -> Said:
        line = self._line(peer)
        if line.under_way >= AT_ONCE:
            raise PeerFailure("busy", f"{AT_ONCE} exchanges are under way")
        line.under_way += 1
        try:
            async with asyncio.timeout(within_s):
                return await _exchange(line.client, f"{peer.url}{path}", body, content_type)
        except (TimeoutError, httpx.TimeoutException):
            raise PeerFailure("late", "no whole answer in time") from None
        except httpx.HTTPError as error:
            raise _failure_of(error) from error
        finally:
            line.under_way -= 1

    def _line(self, peer: Peer) -> Line:
        """Return the connections to a peer; a peer registered anew gets new ones."""
        if peer not in self._lines:
            self._lines[peer] = Line(_client(peer))
        return self._lines[peer]


def _client(peer: Peer) -> httpx.AsyncClient:
    """Return what connects to a peer and says who we are; ``PeerFailure`` where our secret cannot be read."""
    headers, auth = {"Accept": "text/xml", "Accept-Encoding": "identity", "User-Agent": "ror-orientation"}, None
    try:
        context = ssl.create_default_context(cafile=peer.authority_file)
        if peer.proof == CERTIFICATE:
            context.load_cert_chain(str(peer.secret_file))
        elif peer.proof in {KEY, BASIC}:
            secret = Path(str(peer.secret_file)).read_text(encoding="utf-8").strip()
            if peer.proof == KEY:
                headers["Authorization"] = f"Bearer {secret}"
            else:
                auth = httpx.BasicAuth(peer.user or "", secret)
    except (OSError, ValueError) as error:
        raise PeerFailure("secret", f"a file of this peer cannot be read: {type(error).__name__}") from None
    return httpx.AsyncClient(
        headers=headers,
        auth=auth,
        verify=context,
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(60.0),
        limits=httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=4, keepalive_expiry=30.0),
    )


async def _exchange(client: httpx.AsyncClient, url: str, body: bytes, content_type: str) -> Said:
    async with client.stream("POST", url, content=body, headers={"Content-Type": content_type}) as response:
        _check(response)
        came = bytearray()
        async for chunk in response.aiter_raw():
            came += chunk
            if len(came) > MAX_ANSWER:
                raise PeerFailure("too-large", f"more than {MAX_ANSWER} bytes")
        return Said(bytes(came), _count(response.headers.get("X-Total-Count")), _warnings(response))


def _check(response: httpx.Response) -> None:
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
    if length.isascii() and length.isdigit() and int(length[:20]) > MAX_ANSWER:
        raise PeerFailure("too-large", f"more than {MAX_ANSWER} bytes")


def _count(text: str | None) -> int | None:
    """Read a number that a peer may say; what is none is as if it said nothing."""
    return int(text) if text is not None and re.fullmatch(r"\d{1,9}", text, re.ASCII) else None


def _warnings(response: httpx.Response) -> tuple[str, ...]:
    """Read what a peer warns of: some short lines, else nothing."""
    try:
        said = json.loads(response.headers.get("X-Warnings", "[]"))
    except (ValueError, RecursionError):
        return ()
    lines = [shorten(each, 200) for each in said if isinstance(each, str)] if isinstance(said, list) else []
    return tuple(lines[:MOST_WARNINGS])


def _failure_of(error: httpx.HTTPError) -> PeerFailure:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return PeerFailure("certificate", "TLS failed")
        cause = cause.__cause__ or cause.__context__
    return PeerFailure("unreachable", type(error).__name__)
