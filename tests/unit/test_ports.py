"""Ports for servers: none that the system may give away between the choice and the start."""

from __future__ import annotations

import socket

import pytest

from tests import ports


def test_no_port_is_one_that_a_connection_may_be_given_and_none_comes_twice() -> None:
    with socket.socket() as connection:
        connection.bind(("127.0.0.1", 0))
        assert connection.getsockname()[1] in ports.ephemeral(), "that is whence the system takes them"
    drawn = [ports.free_port() for _ in range(40)]
    assert not set(drawn) & set(ports.ephemeral())
    assert len(set(drawn)) == 40


def test_a_port_that_is_held_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as released:
        released.bind(("127.0.0.1", 0))
        held, free = listening.getsockname()[1], released.getsockname()[1]
        monkeypatch.setattr(ports, "outside", lambda: [held, free])
        released.close()
        assert ports.free_port() == free
        with pytest.raises(OSError, match="no port is free"):
            ports.free_port()
