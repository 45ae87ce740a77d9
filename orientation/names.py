"""The names of sites in the index, kept in memory: what text is checked against, and what is suggested as one types."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

from engine.errors import EngineError
from engine.gateway import Gateway
from mappings.document import places_of
from orientation.words import Vocabulary

log = logging.getLogger(__name__)

PAGE = 2_000
REFRESH_S = 60.0
"""Seconds after which the number of units is looked at again; names are read again when it changed."""
RELOAD_S = 600.0
"""Seconds after which names are read again even so: a name may change without a unit more. A word that is new in the
index is called unknown until then."""
FIRST_WAIT_S = 2.0
"""Seconds the first question waits for the names; until they are there, no word is called unknown."""

COUNTED = {"activity": "activities", "act": "acts", "mode": "care_mode", "site_category": "site_category"}
"""Kinds of codes whose number of units says how much they are used, with their field."""


@dataclass(frozen=True, slots=True)
class SiteName:
    """A site by name; ``place`` is the INSEE code of its commune, ``units`` how many units it has."""

    finess: str
    name: str
    place: str | None
    units: int


@dataclass(frozen=True, slots=True)
class Names:
    """What the index named at one moment; ``uses`` counts units by (kind, code).

    ``vocabulary`` has the words of the names that anybody sees, ``every_word`` those of sensitive units too.
    """

    sites: tuple[SiteName, ...]
    vocabulary: Vocabulary
    every_word: Vocabulary
    uses: dict[tuple[str, str], int]
    units: int


class NameService:
    """Keeps the names of the index; a reading under way serves the old ones."""

    def __init__(self, gateway: Gateway, index: str, clock: Callable[[], float] = monotonic) -> None:
        """Read nothing yet."""
        self._gateway, self._index, self._clock = gateway, index, clock
        self._current: Names | None = None
        self._looked = self._loaded = float("-inf")
        self._busy = Lock()
        self._ready = Event()

    def current(self) -> Names | None:
        """Return the names as last read; ``None`` while they never were. Never fails: the search does not need them."""
        if self._clock() - self._looked >= REFRESH_S and self._busy.acquire(blocking=False):
            self._looked = self._clock()
            Thread(target=self._refresh, daemon=True, name="names").start()
            if self._current is None:
                self._ready.wait(FIRST_WAIT_S)
        return self._current

    def vocabulary(self, sensitive: bool = False) -> Vocabulary | None:
        """Return the words of names, if known; those of sensitive units on demand."""
        current = self.current()
        if current is None:
            return None
        return current.every_word if sensitive else current.vocabulary

    def confirm(self, words: Collection[str], sensitive: bool) -> frozenset[str]:
        """Return those of some folded words that the name of a unit holds, in one request."""
        asked = sorted(words)
        answers = self._gateway.msearch(self._index, [_holds(word, sensitive) for word in asked]) if asked else ()
        return frozenset(word for word, answer in zip(asked, answers, strict=True) if answer["hits"]["total"]["value"])

    def load(self) -> Names:
        """Read the names now."""
        answer = self._gateway.search(self._index, _USES)
        buckets = {name: found["buckets"] for name, found in answer["aggregations"].items()}
        by_site = {bucket["key"]: bucket["doc_count"] for bucket in buckets.pop("site")}
        uses = {(kind, each["key"]): each["doc_count"] for kind, found in buckets.items() for each in found}
        hits = list(self._sites())
        sites = tuple(_site(hit["_source"], by_site) for hit in hits)
        words = Counter(dict(self._words(_VISIBLE)))
        hidden = Counter(dict(self._words(_HIDDEN)))
        self._loaded = self._clock()
        self._current = Names(
            sites, Vocabulary(counts=words), Vocabulary(counts=words + hidden), uses, answer["hits"]["total"]["value"]
        )
        return self._current

    def _refresh(self) -> None:
        try:
            known = self._current
            due = known is None or self._clock() - self._loaded >= RELOAD_S
            if due or known is None or self._gateway.count(self._index, _VISIBLE) != known.units:
                self.load()
        except EngineError as error:
            log.warning("names not read: %s", error)
        finally:
            self._ready.set()
            self._busy.release()

    def _words(self, units: dict[str, Any]) -> Iterator[tuple[str, int]]:
        """Yield each word of the names of some units, with the number of units that have it."""
        source: dict[str, Any] = {"size": PAGE, "sources": [{"word": {"terms": {"field": "name_words"}}}]}
        while True:
            body = {"size": 0, "track_total_hits": False, "query": units, "aggs": {"words": {"composite": source}}}
            found = self._gateway.search(self._index, body)["aggregations"]["words"]
            yield from ((bucket["key"]["word"], bucket["doc_count"]) for bucket in found["buckets"])
            if len(found["buckets"]) < PAGE:
                return
            source["after"] = found["after_key"]

    def _sites(self) -> Iterator[dict[str, Any]]:
        """Yield one hit a site, by FINESS number."""
        after: list[Any] | None = None
        while True:
            body = _SITES if after is None else {**_SITES, "search_after": after}
            hits = self._gateway.search(self._index, body)["hits"]["hits"]
            yield from hits
            if len(hits) < PAGE:
                return
            after = hits[-1]["sort"]


_VISIBLE = {"term": {"sensitive": False}}
_HIDDEN = {"term": {"sensitive": True}}
_SITES: dict[str, Any] = {
    "size": PAGE,
    "track_total_hits": False,
    "query": {"bool": {"filter": [_VISIBLE, {"exists": {"field": "finess"}}]}},
    "collapse": {"field": "finess"},
    "sort": ["finess"],
    "_source": ["unit.site.finess", "unit.site.name", "unit.site.usual_name", "unit.site.legal_entity.name",
                "unit.name", "place.insee", "places.insee"],
}  # fmt: skip
_USES: dict[str, Any] = {
    "size": 0,
    "track_total_hits": True,
    "query": _VISIBLE,  # what is suggested first must not tell of what is hidden
    "aggs": {
        "site": {"terms": {"field": "finess", "size": 300_000}},
        **{kind: {"terms": {"field": field, "size": 2_000}} for kind, field in COUNTED.items()},
    },
}


def _holds(word: str, sensitive: bool) -> dict[str, Any]:
    visible = [] if sensitive else [_VISIBLE]
    query = {"bool": {"filter": [{"match_bool_prefix": {"names": {"query": word, "operator": "and"}}}, *visible]}}
    return {"size": 0, "track_total_hits": 1, "terminate_after": 1, "query": query}


def _site(source: dict[str, Any], by_site: dict[str, int]) -> SiteName:
    site = source["unit"]["site"]
    places = places_of(source) or [{}]
    return SiteName(site["finess"], site["name"], places[0].get("insee"), by_site.get(site["finess"], 1))
