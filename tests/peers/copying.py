"""What tests of copies share: a puller with a clock of its own, and what a copy holds beside what its source holds."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from csd.peers.exchange import Exchanges
from csd.peers.pulling import Puller
from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from orientation.peers.copied import CopyStates, copy_alias
from orientation.peers.register import Peer

Json = dict[str, Any]


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_peer(address: str, **changes: Any) -> Peer:
    """A peer of a code that no other test uses."""
    plain = Peer(code=f"c{uuid.uuid4().hex[:10]}", name="Voisin", region="28", url=f"{address}/csd")
    return replace(plain, **changes)


@contextmanager
def pulling(gateway: Gateway, gazetteer: Gazetteer, folder: Path, peer: Peer, **changes: Any) -> Iterator[Puller]:
    """Give a puller of one peer; its copy is deleted afterwards."""
    exchanges, states = Exchanges(), CopyStates(gateway, index=f"{copy_alias(peer)}.states")
    puller = Puller(gateway, states, exchanges, gazetteer, folder, utc_now)
    try:
        yield replace(puller, **changes)
    finally:
        exchanges.close()
        gateway.delete_index(*gateway.indices(f"{copy_alias(peer)}.*"))


def units_of(gateway: Gateway, peer: Peer) -> dict[str, Json]:
    """Return the units that a copy would answer with, by id."""
    alias = copy_alias(peer)
    gateway.refresh(alias)
    return {hit["_source"]["unit"]["id"]: hit["_source"]["unit"] for hit in gateway.scan(alias, source=["unit"])}


def without_counts(unit: Json) -> Json:
    """Return a unit without its bed counts, which move without it."""
    places = [{name: value for name, value in place.items() if name != "capacities"} for place in unit["places"]]
    return unit | {"places": places}
