"""Searches and reads by id. A partial answer is an error."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

import orjson

from engine.connection import Connection, Json, path
from engine.errors import DocumentNotFound, EngineError, EngineNotFound
from engine.translate import check_whole, explain, refusal

KEEP_ALIVE = "2m"
"""How long the engine keeps a point in time after its last use."""

_SOME, _AT_ONCE = 500, 2_000
"""Documents of one request where any number may come, and where few do."""

_COLUMNS = 5_000
"""Documents of one page of columns."""

# With this, the engine itself answers with an error where it would answer with what it has.
_WHOLE = {"allow_partial_search_results": "false"}


class Wanted(NamedTuple):
    """A document to be read: whole, some of its fields, or (``source`` False) only which version of it there is.

    ``name`` is that of an index, or an alias of one.
    """

    name: str
    id: str
    source: bool | tuple[str, ...] = True


class Reading(Connection):
    """What asks and changes nothing."""

    def search(self, index: str | None, body: Mapping[str, Any], **params: Any) -> Json:
        """Search an index or alias, or ``None`` when the body names a point in time; return the answer."""
        if index is None:
            # The engine refuses the parameter beside a point in time, which was opened with it.
            answer: Json = self.read("POST", "/_search", body, params or None)
        else:
            answer = self.read("POST", path(index, "_search"), body, {**_WHOLE, **params})
        check_whole(answer)
        return answer

    def msearch(self, index: str, bodies: Sequence[Mapping[str, Any]], preference: str | None = None) -> list[Json]:
        """Run several searches in one request; return their answers in order, all whole.

        Those of one ``preference`` are answered by the same copy of the index, as long as that one is there.
        """
        about: Json = {"index": index, "allow_partial_search_results": False}
        header = orjson.dumps(about | ({"preference": preference} if preference else {}))
        body = b"".join(header + b"\n" + orjson.dumps(each) + b"\n" for each in bodies)
        answers: list[Json] = self.lines("/_msearch", body, reading=True)["responses"]
        for answer in answers:
            if "error" in answer:
                raise refusal(answer.get("status", 500), answer)
            check_whole(answer)
        return answers

    def count(self, index: str, query: Mapping[str, Any] | None = None) -> int:
        """Count documents, not their nested rows."""
        answer = self.read("POST", path(index, "_count"), {"query": query} if query else None)
        check_whole(answer)
        return int(answer["count"])

    def written_up_to(self, index: str) -> int:
        """Return a sequence number (``_seq_no``) that every later write of an index is above; -1 before the first."""
        shards = self.read("GET", path(index, "_stats"), params={"level": "shards"})["indices"]
        primaries = [
            copy["seq_no"]["max_seq_no"]
            for each in shards.values()
            for copies in each["shards"].values()
            for copy in copies
            if copy["routing"]["primary"]
        ]
        return min(primaries, default=-1)

    def get(self, index: str, id: str, *, realtime: bool = True, source: bool | str = True) -> Json | None:
        """Return one document with ``_source``, ``_version``, ``_seq_no``; ``None`` when there is none.

        Realtime: it sees writes that no search sees yet. Raises ``EngineNotFound`` when the index is missing.
        """
        try:
            answer: Json = self.read("GET", path(index, "_doc", id), params={"realtime": realtime, "_source": source})
        except DocumentNotFound:
            return None
        return answer

    def mget(self, index: str, ids: Sequence[str], *, source: bool | str = True) -> list[Json | None]:
        """Return many documents in the order of ``ids``, ``None`` for each that does not exist."""
        if not ids:
            return []
        answer = self.read("POST", path(index, "_mget"), {"ids": list(ids)}, {"_source": source})
        return [_found(doc) for doc in answer["docs"]]

    def existing(self, index: str, ids: Iterable[str], *, source: bool | str = True) -> Iterator[Json]:
        """Yield the documents that exist of any number of ids, some hundreds a request, each once in it. Realtime."""
        rest = iter(ids)
        while chunk := list(dict.fromkeys(islice(rest, _SOME))):
            yield from (hit for hit in self.mget(index, chunk, source=source) if hit is not None)

    def get_each(self, wanted: Sequence[Wanted], *, missing: Collection[str] = ()) -> list[Json | None]:
        """Return documents of several indices in one request, in order, ``None`` for each that does not exist.

        In as many as they need, if they are thousands. Realtime, with ``_index``, ``_seq_no`` and ``_primary_term``.
        Only the indices named in ``missing`` may be missing.
        """
        docs = [{"_index": each.name, "_id": each.id, "_source": each.source} for each in wanted]
        found: list[Json | None] = []
        for start in range(0, len(docs), _AT_ONCE):
            answer = self.read("POST", "/_mget", {"docs": docs[start : start + _AT_ONCE]})
            found += [_found(doc, missing) for doc in answer["docs"]]
        return found

    def open_pit(self, index: str, keep_alive: str = KEEP_ALIVE) -> str:
        """Freeze what searches see of an index; return the id to search with and to close."""
        params = {"keep_alive": keep_alive, **_WHOLE}
        return str(self.read("POST", path(index, "_pit"), params=params)["id"])

    def close_pit(self, pit_id: str) -> bool:
        """Let a point in time go; return whether it was still open."""
        try:
            answer = self.read("DELETE", "/_pit", {"id": pit_id})
        except EngineNotFound:
            return False
        return bool(answer["num_freed"])

    @contextmanager
    def pit(self, index: str, keep_alive: str = KEEP_ALIVE) -> Iterator[str]:
        """Open a point in time for a block of code."""
        pit_id = self.open_pit(index, keep_alive)
        try:
            yield pit_id
        finally:
            self.close_pit(pit_id)

    def scan(
        self,
        index: str,
        query: Mapping[str, Any] | None = None,
        *,
        size: int = 1000,
        source: bool | Sequence[str] = True,
    ) -> Iterator[Json]:
        """Yield every hit, frozen at the first one, in no meaningful order; memory holds one page."""
        body: Json = {"query": query or {"match_all": {}}, "_source": source}
        yield from self._pages(index, body, size)

    def columns(self, index: str, fields: Sequence[str | Mapping[str, str]]) -> Iterator[Json]:
        """Yield every document by its ``_id`` and ``fields`` (lists of values), read from columns, frozen at the first.

        The documents themselves are not opened. A field is a name, or a name with a ``format``. Memory holds one page.
        """
        yield from self._pages(index, {"_source": False, "docvalue_fields": list(fields)}, _COLUMNS)

    def _pages(self, index: str, body: Json, size: int) -> Iterator[Json]:
        """Yield every hit of a search, frozen at the first one, a page at a time."""
        page: Json = {**body, "size": size, "sort": ["_shard_doc"], "track_total_hits": False}
        with self.pit(index) as pit_id:
            while True:
                hits = self.search(None, {**page, "pit": {"id": pit_id, "keep_alive": KEEP_ALIVE}})["hits"]["hits"]
                yield from hits
                if len(hits) < size:
                    return
                page["search_after"] = hits[-1]["sort"]


def _found(doc: Json, missing: Collection[str] = ()) -> Json | None:
    """Return a document of an answer, ``None`` for one that does not exist; raise for one that cannot be read."""
    if "error" in doc:
        if doc["error"].get("type") != "index_not_found_exception":
            raise EngineError(f"document {doc.get('_id')!r} cannot be read: {explain(doc['error'])}")
        if doc["_index"] not in missing:
            raise EngineNotFound(404, explain(doc["error"]))
        return None
    return doc if doc["found"] else None
