"""The asker of peers in CSD: our orientation function, each answer read as XML of a stranger."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from urllib.parse import quote

from lxml import etree

from csd import safe_xml
from csd.mapping.reading import unit_of
from csd.names import tag
from csd.older import modernise
from csd.peers.exchange import MAX_ANSWER, Exchanges
from csd.peers.question import orientation_request
from mappings.errors import InvalidInput
from orientation.criteria import Criteria
from orientation.peers.asking import PeerAnswer, PeerFailure, Said
from orientation.peers.register import Peer


@dataclass(frozen=True, slots=True)
class CsdAsker:
    """Asks peers over CSD; see ``orientation.peers.asking.Asker``."""

    exchanges: Exchanges = field(default_factory=Exchanges)

    def ask(self, peer: Peer, criteria: Criteria, most: int, within_s: float) -> Future[Said]:
        """Begin to ask for the first results, each facility with its site."""
        body = orientation_request(criteria, most)
        return self.exchanges.send(peer, f"/csr/{quote(peer.document)}/careServicesRequest", body, within_s)

    def read(self, peer: Peer, said: Said) -> PeerAnswer:
        """Read a ``CSD`` document; a facility that is no unit is counted, anything else than CSD is a failure."""
        try:
            root = safe_xml.parse(said.body, max_bytes=MAX_ANSWER)
        except safe_xml.UnsafeXml as error:
            raise PeerFailure("xml", str(error)) from None
        document = root if root.tag == tag("CSD") else root.find(f".//{tag('CSD')}")
        if document is None:
            raise PeerFailure("xml", "there is no CSD document")
        return _answer(document, said)


def _answer(document: etree._Element, said: Said) -> PeerAnswer:
    organizations = {each.get("entityID", ""): each for each in document.iter(tag("organization")) if len(each)}
    units, unread = [], 0
    facilities = document.findall(f"{tag('facilityDirectory')}/{tag('facility')}")
    for facility in facilities:
        modernise(facility)
        try:
            units.append(unit_of(facility, organizations.get))
        except InvalidInput:
            unread += 1
    total = len(facilities) if said.total is None else max(said.total, len(facilities))
    return PeerAnswer(units=tuple(units), total=total, unread=unread, warnings=said.warnings)
