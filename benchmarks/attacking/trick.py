"""One hostile request, what became of it, and the server that it is sent to."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from benchmarks.attacking.stand import Connection, Stand
from tests.identity_kit import Issuer

PROXY = "127.0.0.2"
ME, ASK = "/api/v1/me", "/api/v1/orientations"
QUESTION = f"{ASK}?place=Rouen&radius=50km&size=1&facets=none"
KIND = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trick, the statuses that are right, and the one that came."""

    kind: str
    trick: str
    right: tuple[int, ...]
    got: int
    note: str = ""

    @property
    def good(self) -> bool:
        """Say whether it was refused as it should be."""
        return self.got in self.right and not self.note


@dataclass(slots=True)
class Bench:
    """The server, and what the tricks need."""

    stood: Stand
    port: int
    issuer: Issuer
    key: str
    other: str
    keyed: str
    certificate: Any

    def status(self, path: str, headers: dict[str, str] | None = None, source: str | None = None, **more: Any) -> int:
        """Return the status of one request on a connection of its own."""
        return (
            Connection(self.port, source).ask(more.get("method", "GET"), path, headers or {}, more.get("body")).status
        )

    def get(self, path: str, headers: dict[str, str] | None = None, source: str | None = None) -> Any:
        """Return one answer."""
        return Connection(self.port, source).ask("GET", path, headers or {})

    def raw(self, data: bytes) -> bytes:
        """Send bytes as they are; return what came back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as sock:
            sock.sendall(data)
            sock.settimeout(5)
            parts = []
            with suppress(TimeoutError, ConnectionError):
                while part := sock.recv(65536):
                    parts.append(part)
        return b"".join(parts)

    def raw_status(self, data: bytes) -> int:
        """Return the status of what came back, 0 for a connection closed without a word."""
        head = self.raw(data).split(b" ", 2)
        return int(head[1]) if len(head) > 1 and head[1].isdigit() else 0


def bearer(text: str) -> dict[str, str]:
    """Return the header that bears a key or token."""
    return {"Authorization": f"Bearer {text}"}
