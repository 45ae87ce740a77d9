"""Where the transactions of a peer stand below its base address, as the reference implementation lays them out."""

from __future__ import annotations

from urllib.parse import quote

from orientation.peers.register import Peer


def services_path(peer: Peer) -> str:
    """Return where services are asked for (ITI-73); a peer of one directory alone has it at its base."""
    return f"/csr/{quote(peer.document, safe='')}/careServicesRequest" if peer.document else "/careServicesRequest"


def updates_path(peer: Peer) -> str:
    """Return where updates are asked for (ITI-74)."""
    document = quote(peer.document, safe="")
    return f"/getUpdatedServices/{document}/get" if document else "/getUpdatedServices"
