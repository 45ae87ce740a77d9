"""What tests of copies share: a puller with a clock of its own, and what a copy holds beside what its source holds."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from csd.names import CSD, SOAP
from csd.peers.exchange import Exchanges
from csd.peers.pulling import Puller
from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from mappings.schema.unit import unit_to_dict
from mappings.unit import Unit
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


def expected(units: dict[str, Unit]) -> dict[str, Any]:
    return {unit.id: without_counts(unit_to_dict(unit)) for unit in units.values()}


def copied(gateway: Gateway, peer: Peer) -> dict[str, Any]:
    return {name: without_counts(unit) for name, unit in units_of(gateway, peer).items()}


def updated(inner: bytes = b"<CSD xmlns='urn:ihe:iti:csd:2013'/>", element: str = "getModificationsResponse") -> bytes:
    """An answer of ITI-74."""
    head = f'<s:Envelope xmlns:s="{SOAP}"><s:Body><c:{element} xmlns:c="{CSD}">'.encode()
    return head + inner + f"</c:{element}></s:Body></s:Envelope>".encode()
