"""A line to a server that can be cut: it passes bytes on, says nothing, or hangs up."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread

OPEN, SILENT, DOWN = "open", "silent", "down"


@dataclass(slots=True)
class Relay:
    """A line whose state a test changes; ``calls`` counts the connections made to it."""

    address: str
    state: str = OPEN
    calls: int = 0
    _end: Event = field(default_factory=Event)

    def serve(self, connection: socket.socket, target: tuple[str, int]) -> None:
        """Carry one connection."""
        self.calls += 1
        with suppress(OSError), connection:
            if self.state == DOWN:
                return
            if self.state == SILENT:
                self._end.wait(30)
                return
            with socket.create_connection(target, 10) as far:
                back = Thread(target=_pass_on, args=(far, connection), daemon=True)
                back.start()
                _pass_on(connection, far)
                back.join(30)


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            sink.sendall(part)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def relay_to(address: str) -> Iterator[Relay]:
    """Listen on loopback for a server at an address ``http://host:port``."""
    host, _, port = address.removeprefix("http://").partition(":")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    relay = Relay(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def accept() -> None:
        while not relay._end.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            Thread(target=relay.serve, args=(connection, (host, int(port))), daemon=True).start()

    thread = Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay._end.set()
        thread.join(5)
        listener.close()
