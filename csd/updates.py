"""ITI-74, Query for Updated Services: what a directory took since a moment, for those who keep a copy of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from csd.entity import parse_instant
from csd.envelope import Element, elements, local_name
from csd.functions.query import Clause, visible
from csd.names import ANONYMOUS, CSD, SOAP, WSA, tag
from mappings.beds import instant
from mappings.errors import FieldError, InvalidInput, shorten
from orientation.errors import MalformedBody

REQUEST_ACTION = "urn:ihe:iti:csd:2013:GetDirectoryModificationsRequest"
RESPONSE_ACTION = "urn:ihe:iti:csd:2013:GetDirectoryModificationsResponse"


def read_last_modified(payload: Element) -> datetime:
    """Return the moment asked for; a time without zone is taken as UTC."""
    if payload.tag != tag("getModificationsRequest"):
        raise MalformedBody(
            f"getModificationsRequest in the namespace {CSD} is expected, not {shorten(local_name(payload))}"
        )
    found = [child for child in elements(payload) if child.tag == tag("lastModified")]
    if len(found) != 1:
        raise MalformedBody("getModificationsRequest must hold one lastModified")
    return read_moment((found[0].text or "").strip())


def read_moment(text: str) -> datetime:
    """Read a date and time; ``InvalidInput`` for anything else."""
    moment = parse_instant(text)
    if moment is None:
        rule = "must be a date and time such as 2014-12-13T12:00:00Z"
        raise InvalidInput([FieldError("lastModified", rule, shorten(text))])
    return moment


def modified_since(moment: datetime, *, sensitive: bool, overlap: timedelta) -> Clause:
    """Return the query of what was taken at a moment or after, removals included, and of what bears no time at all.

    ``overlap`` looks further back: what is written at a moment is seen a little later, when another poll may have
    been answered already. Sending an entity twice is harmless, missing one is not.
    """
    floor = datetime.min.replace(tzinfo=UTC)
    since = moment - overlap if moment - floor > overlap else floor
    changed: list[Clause] = [
        {"range": {"updated": {"gte": instant(moment)}}},
        {"range": {"modified": {"gte": instant(since)}}},
        {"bool": {"must_not": [{"exists": {"field": "modified"}}]}},
    ]
    return visible([{"bool": {"should": changed, "minimum_should_match": 1}}], sensitive=sensitive, removed=True)


def response(document: Iterable[str]) -> Iterator[str]:
    """Put a document into the body of the answer."""
    yield "<csd:getModificationsResponse>"
    yield from document
    yield "</csd:getModificationsResponse>"


def ready_request(address: str, moment: datetime, message_id: str) -> str:
    """Return a request ready to be sent, as the reference implementation offers one."""
    return (
        f'<soap:Envelope xmlns:soap="{SOAP}" xmlns:wsa="{WSA}" xmlns:csd="{CSD}"><soap:Header>'
        f'<wsa:Action soap:mustUnderstand="1">{REQUEST_ACTION}</wsa:Action>'
        f"<wsa:MessageID>{message_id}</wsa:MessageID>"
        f'<wsa:ReplyTo soap:mustUnderstand="1"><wsa:Address>{ANONYMOUS}</wsa:Address></wsa:ReplyTo>'
        f'<wsa:To soap:mustUnderstand="1">{address}</wsa:To></soap:Header>'
        f"<soap:Body><csd:getModificationsRequest><csd:lastModified>{instant(moment)}</csd:lastModified>"
        "</csd:getModificationsRequest></soap:Body></soap:Envelope>"
    )
