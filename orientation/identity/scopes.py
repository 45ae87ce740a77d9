"""What a client may do at all; its access profile says what it sees while doing it."""

from __future__ import annotations

SEARCH = "search"
BEDS_READ = "beds:read"
BEDS_WRITE = "beds:write"
PEERS = "peers"
STEERING = "steering"
ADMIN = "admin"

SCOPES = {
    SEARCH: "ask for units and read them",
    BEDS_READ: "see bed counts, as far as the access profile does",
    BEDS_WRITE: "write bed counts of the establishments named, and of no other",
    PEERS: "ask as another directory does: exchanges between directories, changes since a date",
    STEERING: "declare and lift tension; read quality and exchange indicators",
    ADMIN: "read the audit log",
}
"""Scope → what it allows."""

READING = frozenset({SEARCH, BEDS_READ})
"""Scopes of whoever gives no key, and of a client that is given none."""
OPEN = READING | {PEERS, STEERING}
"""Scopes of whoever gives no key to a server whose operator shows everything to everybody (a demonstration)."""

EVERYWHERE = "*"
"""In the establishments of a writer: all of them."""
