"""``/beds/changes``: accepted counts as server-sent events."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import orjson
from flask import Response, request
from flask_smorest import Blueprint

from beds.changes import Changes, Event, EventId
from engine.errors import EngineUnavailable
from orientation.api.board import asked, filter_parameters
from orientation.api.context import services
from orientation.api.doc import route
from orientation.criteria import Criteria
from orientation.ending import told_to_end
from orientation.problems import problem
from orientation.visible import may_see, seen_entries
from orientation.zones import zones_of

blueprint = Blueprint("changes", __name__, description="Bed counts as they come.")
log = logging.getLogger(__name__)

POLL_S = 0.5
"""Seconds between readings of the history, which itself shows what came within a second."""
HEARTBEAT_S = 15.0
ZONES_S = 60.0
"""Seconds for which the zones that answer the filters are taken to stay the same."""
LIFE_S = 900.0
"""Seconds after which a stream ends and the client comes back by itself: a thread is not held for ever."""


@route(
    blueprint,
    "/beds/changes",
    answers={
        200: {
            "description": "Events `count` without end: `id`, and `data` with the entry of the history in JSON.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
    problems=("forbidden", "invalid-input", "engine-unavailable", "no-data", "geocoder-unavailable"),
    parameters=[
        *filter_parameters(),
        {
            "name": "Last-Event-ID",
            "in": "header",
            "required": False,
            "description": "Id of the last event seen: the stream goes on after it.",
            "schema": {"type": "string"},
            "example": "20261124-41",
        },
    ],
)
def beds_changes() -> Response:
    """Follow accepted counts.

    Every process tells the same events in the same order. With `Last-Event-ID` nothing is missed, as long as the
    history is kept; an event `lost` comes first when it is not. The stream ends now and then: come back with the
    last id, as browsers do by themselves. Filters are those of `/orientations`.
    """
    known = services()
    criteria, _ = asked(request.args.to_dict(flat=False))
    changes = Changes(known.gateway, known.beds.indices, known.clock)
    given = request.headers.get("Last-Event-ID")
    since = EventId.parse(given) if given else changes.now()
    zones = Zones(criteria)
    if not known.streams.acquire(blocking=False):
        return problem("engine-unavailable", "As many streams are open as this server serves at once.")
    response = Response(tell(changes, since, zones), content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(known.streams.release)
    return response


class Zones:
    """The zones that answer the filters, looked up again now and then."""

    def __init__(self, criteria: Criteria) -> None:
        """Look them up for the first time, so that a bad question is refused before the stream begins."""
        known = services()
        self._gateway, self._index, self._criteria = known.gateway, known.beds.indices.units, criteria
        self._read()

    def _read(self) -> None:
        self._zones = frozenset(zones_of(self._gateway, self._criteria, self._index))
        self._read_at = time.monotonic()

    def seen(self, events: Iterable[Event]) -> list[Event]:
        """Return the events of the zones that answer, as far as they may be seen."""
        if time.monotonic() - self._read_at > ZONES_S:
            self._read()
        access = self._criteria.access
        kept = [event for event in events if event.entry["place"] in self._zones and may_see(event.entry, access)]
        entries = seen_entries(self._gateway, self._index, [event.entry for event in kept], access)
        return [replace(event, entry=entry) for event, entry in zip(kept, entries, strict=True)]


def tell(changes: Changes, since: EventId, zones: Zones) -> Iterator[bytes]:
    """Yield the stream; while the engine is away it goes on empty, and then from where it was.

    It ends with its process, which would else wait for it: whoever reads comes back to the next one.
    """
    ends = time.monotonic() + LIFE_S
    yield b"retry: 2000\n: open\n\n"
    if changes.lost(since):
        yield b"event: lost\ndata: {}\n\n"
        since = changes.now()
    said_at = time.monotonic()
    told = str(since)
    while time.monotonic() < ends and not told_to_end():
        try:
            events, reached = changes.after(since)
            wanted = zones.seen(events)
        except EngineUnavailable as error:
            log.warning("stream of counts waits: %s", error)
            events, wanted, reached = [], [], since
        for event in wanted:
            told = str(event.id)
            yield written(event)
        since = reached
        if wanted:
            said_at = time.monotonic()
        elif time.monotonic() - said_at > HEARTBEAT_S:
            # The id moves on too, so that who comes back does not read again what the filters left out.
            yield f"id: {since}\n: heartbeat\n\n".encode() if told != str(since) else b": heartbeat\n\n"
            told, said_at = str(since), time.monotonic()
        if not events and reached == since:
            time.sleep(POLL_S)


def written(event: Event) -> bytes:
    """Write one event."""
    shown: dict[str, Any] = {name: value for name, value in event.entry.items() if name != "key"}
    return b"id: %s\nevent: count\ndata: %s\n\n" % (str(event.id).encode(), orjson.dumps(shown))
