"""HTTP to peers: bounded in time and size whatever the other side does, never redirected, never unpacked.

One event loop in a thread of its own carries all exchanges of a process: a deadline there cuts an exchange off in any
state, headers that come letter by letter included, which no time-out on single reads does.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock, Thread
from typing import IO, TypeVar

import httpx

from csd.peers.response import clock_of, said_in, take
from orientation.peers.asking import PeerFailure, Said
from orientation.peers.register import BASIC, CERTIFICATE, KEY, Peer

AT_ONCE = 16
"""Exchanges of a process with one peer at a time; more are not begun."""
_ACCEPTED = "text/xml, application/soap+xml"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sent:
    """What is to be sent to a peer: below its base address, a body of a type, and how long all of it may take."""

    path: str
    body: bytes
    within_s: float
    content_type: str = "text/xml;charset=UTF-8"


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

    def send(self, peer: Peer, sent: Sent) -> Future[Said]:
        """Begin to post to a peer; the future fails with ``PeerFailure``."""
        return asyncio.run_coroutine_threadsafe(self._within(peer, sent, said_in), self._running())

    def fetch(self, peer: Peer, sent: Sent, into: IO[bytes], most: int) -> Future[datetime | None]:
        """Begin to post to a peer and write its answer, of at most so many bytes, to a file; give the peer's time.

        Fails with ``PeerFailure``; the file then holds a part.
        """

        async def written(response: httpx.Response) -> datetime | None:
            await take(response, most, into.write)
            return clock_of(response)

        return asyncio.run_coroutine_threadsafe(self._within(peer, sent, written), self._running())

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

    async def _within(self, peer: Peer, sent: Sent, read: Callable[[httpx.Response], Awaitable[T]]) -> T:
        line = self._line(peer)
        if line.under_way >= AT_ONCE:
            raise PeerFailure("busy", f"{AT_ONCE} exchanges are under way")
        line.under_way += 1
        try:
            async with asyncio.timeout(sent.within_s):
                headers = {"Content-Type": sent.content_type}
                url = f"{peer.url}{sent.path}"
                async with line.client.stream("POST", url, content=sent.body, headers=headers) as response:
                    return await read(response)
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
    headers, auth = {"Accept": _ACCEPTED, "Accept-Encoding": "identity", "User-Agent": "ror-orientation"}, None
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


def _failure_of(error: httpx.HTTPError) -> PeerFailure:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return PeerFailure("certificate", "TLS failed")
        cause = cause.__cause__ or cause.__context__
    return PeerFailure("unreachable", type(error).__name__)
