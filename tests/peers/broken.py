"""Peers that fail, on real sockets: each way that a directory can go wrong, and one that heals."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from threading import Event, Thread

from csd.names import CSD

Behaviour = Callable[[socket.socket, Event], None]
ENDS = (b"</careServicesRequest>", b"<careServicesRequest/>", b"</soap:Envelope>")
"""How a question ends."""
EMPTY = (
    f'<CSD xmlns="{CSD}"><organizationDirectory/><serviceDirectory/><facilityDirectory/><providerDirectory/></CSD>'
).encode()


def answer(body: bytes, kind: str = "text/xml", status: str = "200 OK", more: str = "") -> bytes:
    """Return a whole HTTP answer."""
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def says(whole: bytes) -> Behaviour:
    """Send an answer and close."""
    return lambda peer, end: peer.sendall(whole)


def silent(peer: socket.socket, end: Event) -> None:
    """Take the question and say nothing."""
    end.wait(30)


def hangs_after_headers(peer: socket.socket, end: Event) -> None:
    """Announce a body that never comes."""
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 1000\r\n\r\n")
    end.wait(30)


def drips_headers(peer: socket.socket, end: Event) -> None:
    """Send one letter of a header at a time: no read ever times out."""
    peer.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not end.wait(0.02):
        peer.sendall(b"a")


def drips_body(peer: socket.socket, end: Event) -> None:
    """Send one letter of a body at a time."""
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 100000\r\n\r\n")
    while not end.wait(0.02):
        peer.sendall(b" ")


def huge(peer: socket.socket, end: Event) -> None:
    """Send two gigabytes, of no announced length."""
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"<" * 0x10000 + b"\r\n"
    for _ in range(2**31 // 0x10000):
        if end.is_set():
            return
        peer.sendall(chunk)


@contextmanager
def peer_that(behaves: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Listen on loopback and answer each question so, over TLS if wanted; give the address."""
    end = Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)

    def one(connection: socket.socket) -> None:
        connection.settimeout(10)
        with (
            suppress(OSError),
            connection,
            tls.wrap_socket(connection, server_side=True) if tls else nullcontext(connection) as spoken,
        ):
            asked = b""
            while not asked.endswith(ENDS) and (part := spoken.recv(65536)):
                asked += part
            behaves(spoken, end)

    def accept() -> None:
        while not end.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            Thread(target=one, args=(connection,), daemon=True).start()

    thread = Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        end.set()
        thread.join(5)
        listener.close()
