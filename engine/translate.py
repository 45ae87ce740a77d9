"""Turn the client's errors, and answers that are errors in disguise, into the engine's own: here only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from elastic_transport import (
    ApiError,
    ConnectionError,
    ConnectionTimeout,
    SerializationError,
    TlsError,
    TransportError,
)
from elasticsearch import UnsupportedProductError

from engine.errors import (
    DocumentNotFound,
    EngineConflict,
    EngineError,
    EngineNotFound,
    EngineRejected,
    EngineTimeout,
    EngineUnavailable,
)

_LATE = frozenset({408, 504})
_AWAY = frozenset({429, 502, 503})
_REFUSED: Mapping[int, type[EngineRejected]] = {404: EngineNotFound, 409: EngineConflict}


@contextmanager
def translated() -> Iterator[None]:
    """Raise an ``EngineError`` for whatever the client raises inside."""
    try:
        yield
    except UnsupportedProductError as error:
        raise EngineUnavailable("what answers at the search engine's address is not Elasticsearch") from error
    except ApiError as error:
        raise refusal(error.meta.status, error.body) from error
    except ConnectionTimeout as error:
        raise EngineTimeout("the search engine did not answer in time") from error
    except TlsError as error:
        raise EngineUnavailable(f"the search engine's certificate is refused: {error.message}") from error
    except ConnectionError as error:
        raise EngineUnavailable(f"the search engine is out of reach: {_cause(error)}") from error
    except SerializationError as error:
        raise EngineRejected(400, f"not JSON: {error.message[:200]}") from error
    except TransportError as error:
        raise EngineUnavailable(f"the search engine could not be asked: {error}") from error


def refusal(status: int, body: Any) -> EngineError:
    """Make the error that an HTTP status and body stand for."""
    if status == 404 and isinstance(body, Mapping) and "_id" in body:
        return DocumentNotFound(404, f"no document {body['_id']!r} in {body.get('_index')}")
    detail = explain(body["error"] if isinstance(body, Mapping) and "error" in body else body)
    if status in _LATE:
        return EngineTimeout(f"the search engine ran out of time: {detail}")
    if status in _AWAY:
        return EngineUnavailable(f"the search engine cannot serve now ({status}): {detail}")
    return _REFUSED.get(status, EngineRejected)(status, detail)


def explain(error: Any) -> str:
    """Write an error body with its root cause and deepest cause, which say what is wrong where.

    The outermost reason is often "all shards failed" or "failed to parse".
    """
    if not isinstance(error, Mapping):
        return " ".join(str(error or "no reason given").split())[:500]
    roots = error.get("root_cause") or [error]
    return "; caused by ".join(dict.fromkeys((*_chain(roots[0]), *_chain(error.get("caused_by")))))


def _chain(cause: Any) -> Iterator[str]:
    """Yield what an error says, then what its cause says, down to the last."""
    while isinstance(cause, Mapping):
        yield f"{cause.get('type', 'error')}: {cause.get('reason')}"
        cause = cause.get("caused_by")


def check_whole(answer: Mapping[str, Any]) -> None:
    """Refuse a partial answer: some shards failed, or the time was up."""
    if answer.get("timed_out"):
        raise EngineTimeout(f"the search engine ran out of time after {answer.get('took', '?')} ms")
    shards = answer.get("_shards") or {}
    if shards.get("failed"):
        failures = shards.get("failures") or [{}]
        raise EngineUnavailable(
            f"{shards['failed']} of {shards.get('total')} shards failed: {explain(failures[0].get('reason'))}"
        )


def _cause(error: TransportError) -> str:
    """Return the last words of a connection error, without the object that urllib3 puts before them."""
    return str(error.message).rsplit(": ", 1)[-1]
