"""The one Elasticsearch client: its address, its keys, its time-outs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from elastic_transport import ConnectionError
from elasticsearch import Elasticsearch, OrjsonSerializer
from urllib3.exceptions import NewConnectionError

from engine.errors import EngineError
from engine.translate import translated
from engine.watch import Unwatched, Watch, kind_of, outcome_of, outcome_of_answer

Json = dict[str, Any]

_JSON = {"accept": "application/json", "content-type": "application/json"}
_NDJSON = {"accept": "application/json", "content-type": "application/x-ndjson"}


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Where the engine is and how long to wait for it, in seconds.

    ``url`` is one address, or those of several nodes of one cluster and commas. ``request_timeout`` is for searches
    and reads by id, ``admin_timeout`` for the rest. ``max_connections`` should not be below the number of threads:
    the client makes the others wait.
    """

    url: str
    api_key: str | None = field(default=None, repr=False)
    ca_certs: Path | None = None
    request_timeout: float = 3.0
    admin_timeout: float = 60.0
    max_connections: int = 32

    @property
    def addresses(self) -> tuple[str, ...]:
        """The URLs of the nodes as the client wants them: with their ports."""
        return tuple(_address(each.strip()) for each in self.url.split(","))


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise EngineError(f"the search engine's address is not a URL: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise EngineError("the search engine's address must look like https://host:9200")
    if port is None:
        parts = parts._replace(netloc=f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}")
    return parts.geturl()


def path(*parts: str) -> str:
    """Build a path of the engine from names and ids, whatever they hold."""
    return "/" + "/".join(quote(part, safe=",*") for part in parts)


class Connection:
    """Sends requests through one client; what the gateway's rooms share."""

    def __init__(self, config: GatewayConfig, watch: Watch | None = None) -> None:
        """Make the client; nothing is sent yet. ``watch`` is told of each request."""
        self.config = config
        self.watch: Watch = watch or Unwatched()
        if config.ca_certs is not None and not config.ca_certs.is_file():
            raise EngineError(f"the search engine's certificate file {config.ca_certs} does not exist")
        extra: dict[str, Any] = {"ca_certs": str(config.ca_certs)} if config.ca_certs else {}
        nodes = config.addresses
        try:
            client = Elasticsearch(
                list(nodes),
                api_key=config.api_key,
                connections_per_node=config.max_connections,
                serializers={"application/json": OrjsonSerializer()},
                # A late search asked again doubles the load of an engine that is late already.
                retry_on_timeout=False,
                retry_on_status=(),
                meta_header=False,
                **extra,
            )
        except (ValueError, OSError) as error:
            raise EngineError(f"the search engine's settings are refused: {error}") from error
        # A read may go to every node in turn when connections break; of a lone node, twice.
        self._reader = client.options(
            request_timeout=config.request_timeout,
            max_retries=max(1, len(nodes)),
            # A node that is going down or has lost its cluster says 503; another one may know better.
            retry_on_status=(502, 503) if len(nodes) > 1 else (),
        )
        # A write that may have arrived is not sent again: it could count as its own conflict.
        self._writer = client.options(request_timeout=config.admin_timeout, max_retries=0)

    def read(self, method: str, path: str, body: Any = None, params: Json | None = None) -> Any:
        """Ask something that changes nothing, within the short time-out; return the decoded answer."""
        return self._perform(self._reader, method, path, body, params, _JSON)

    def write(self, method: str, path: str, body: Any = None, params: Json | None = None) -> Any:
        """Ask for a change, within the long time-out; return the decoded answer."""
        return self._perform(self._writer, method, path, body, params, _JSON, tries=len(self.config.addresses))

    def lines(self, path: str, body: bytes, params: Json | None = None, *, reading: bool = False) -> Any:
        """Send lines of JSON already written (bulk, many searches); return the decoded answer."""
        if reading:
            return self._perform(self._reader, "POST", path, body, params, _NDJSON)
        return self._perform(self._writer, "POST", path, body, params, _NDJSON, tries=len(self.config.addresses))

    def _perform(
        self,
        client: Elasticsearch,
        method: str,
        path: str,
        body: Any,
        params: Json | None,
        headers: dict[str, str],
        tries: int = 1,
    ) -> Any:
        """Send a request, again to the next node where no node took it, and tell the watch what came of it."""
        started = time.perf_counter()
        outcome, took = "ok", None
        try:
            with translated():
                answer = _until_taken(
                    lambda: client.perform_request(method, path, params=params, headers=headers, body=body).body, tries
                )
            outcome, took = outcome_of_answer(answer)
        except EngineError as error:
            outcome = outcome_of(error)
            raise
        finally:
            self.watch.asked(kind_of(method, path), outcome, time.perf_counter() - started, took)
        return answer

    def close(self) -> None:
        """Close the connections; the gateway is of no use after."""
        self._reader.close()


def _until_taken(send: Callable[[], Any], tries: int) -> Any:
    """Send until a node takes the connection: what was refused one has certainly not arrived."""
    for left in range(tries - 1, -1, -1):
        try:
            return send()
        except ConnectionError as error:
            if not left or not isinstance(error.__cause__, NewConnectionError):
                raise
    raise AssertionError("a request is sent at least once")
