"""The asker of peers in CSD, each in its dialect, each answer read as XML of a stranger."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field

from lxml import etree

from csd import safe_xml
from csd.mapping.common import is_active
from csd.mapping.reading import unit_of
from csd.names import tag
from csd.older import modernise
from csd.peers.exchange import Exchanges, Sent
from csd.peers.paths import services_path
from csd.peers.plain import NoUnit, Reader
from csd.peers.question import facility_request, orientation_request
from csd.peers.response import MAX_ANSWER
from mappings.errors import InvalidInput
from mappings.gazetteer import Gazetteer
from orientation.criteria import Criteria
from orientation.peers.asking import PeerAnswer, PeerFailure, Said
from orientation.peers.register import FACILITY_SEARCH, Peer

MOST_FACILITIES = 500
"""Facilities that CSD's own search is asked for: it cannot be asked for the nearest."""
STANDARD = (
    "interrogé par la recherche d’établissements de CSD, qui ne porte pas nos critères : "
    "ils sont jugés ici, sur ce que ses établissements codent."
)


@dataclass(frozen=True, slots=True)
class CsdAsker:
    """Asks peers over CSD; see ``orientation.peers.asking.Asker``."""

    gazetteer: Gazetteer
    exchanges: Exchanges = field(default_factory=Exchanges)

    def ask(self, peer: Peer, criteria: Criteria, most: int, within_s: float) -> Future[Said]:
        """Begin to ask for the first results, or for the facilities among which they are to be found."""
        if peer.dialect != FACILITY_SEARCH:
            return self.ask_orientation(peer, criteria, most, within_s)
        body = facility_request(criteria, MOST_FACILITIES)
        return self.exchanges.send(peer, Sent(services_path(peer), body, within_s))

    def ask_orientation(self, peer: Peer, criteria: Criteria, most: int, within_s: float) -> Future[Said]:
        """Begin to ask our own function, each facility with its site, whatever the dialect of the peer."""
        return self.exchanges.send(peer, Sent(services_path(peer), orientation_request(criteria, most), within_s))

    def read(self, peer: Peer, said: Said) -> PeerAnswer:
        """Read a ``CSD`` document; a facility that is no unit is counted, anything else than CSD is a failure."""
        if peer.dialect == FACILITY_SEARCH:
            return _searched(document_in(said.body), said, self.gazetteer)
        return self.read_orientation(said)

    def read_orientation(self, said: Said) -> PeerAnswer:
        """Read an answer of our own function."""
        return _oriented(document_in(said.body), said)


def document_in(body: bytes) -> etree._Element:
    """Return the ``CSD`` of an answer, bare or wrapped; ``PeerFailure`` where there is none."""
    try:
        root = safe_xml.parse(body, max_bytes=MAX_ANSWER)
    except safe_xml.UnsafeXml as error:
        raise PeerFailure("xml", str(error)) from None
    document = root if root.tag == tag("CSD") else root.find(f".//{tag('CSD')}")
    if document is None:
        raise PeerFailure("xml", "there is no CSD document")
    return document


def _oriented(document: etree._Element, said: Said) -> PeerAnswer:
    """Read an answer of our own function."""
    organizations = {each.get("entityID", ""): each for each in document.iter(tag("organization")) if len(each)}
    units, unread = [], 0
    facilities = _facilities(document)
    for facility in facilities:
        modernise(facility)
        try:
            units.append(unit_of(facility, organizations.get))
        except InvalidInput:
            unread += 1
    total = len(facilities) if said.total is None else max(said.total, len(facilities))
    unreadable = {"unreadable": unread} if unread else {}
    return PeerAnswer(units=tuple(units), total=total, unread=unreadable, warnings=said.warnings)


def _searched(document: etree._Element, said: Said, gazetteer: Gazetteer) -> PeerAnswer:
    """Read an answer of CSD's search of facilities: of those that are still there, the units."""
    reader = Reader(gazetteer)
    units, unread = [], dict[str, int]()
    facilities = _facilities(document)
    for facility in facilities:
        modernise(facility)
        if not is_active(facility):
            continue
        try:
            units.append(reader.unit(facility)[1])
        except NoUnit as no_unit:
            unread[no_unit.reason] = unread.get(no_unit.reason, 0) + 1
    warnings = [STANDARD, *said.warnings]
    if said.total is not None and said.total > len(facilities):
        warnings.append(f"seuls {len(facilities)} de ses {said.total} établissements ont été lus.")
    return PeerAnswer(units=tuple(units), total=len(units), unread=unread, warnings=tuple(warnings))


def _facilities(document: etree._Element) -> list[etree._Element]:
    return document.findall(f"{tag('facilityDirectory')}/{tag('facility')}")
