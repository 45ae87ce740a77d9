"""Ports for the servers of tests and benchmarks."""

from __future__ import annotations

import socket
from pathlib import Path
from random import SystemRandom

_LOWEST = 10_000
"""Below are the usual ports of engines and databases, which may be started later."""
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_USUAL_RANGE = (49_152, 65_535)

_given: set[int] = set()
_random = SystemRandom()  # not seeded by anybody: two processes must not draw the same ports in the same order


def ephemeral() -> range:
    """Return the ports that the system gives to outgoing connections: any may be taken at any moment."""
    try:
        low, high = map(int, _RANGE.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        low, high = _USUAL_RANGE
    return range(low, high + 1)


def free_port() -> int:
    """Return a port that nothing holds now, that no connection will be given, and that this process had not yet."""
    drawn = [port for port in outside() if port not in _given]
    _random.shuffle(drawn)
    for port in drawn:
        if _is_free(port):
            _given.add(port)
            return port
    raise OSError("no port is free outside of those of outgoing connections")


def outside() -> list[int]:
    """Return the ports that are nobody's until somebody listens there."""
    taken = ephemeral()
    return [*range(_LOWEST, taken.start), *range(taken.stop, 65_536)]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
