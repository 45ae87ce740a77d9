"""The one Elasticsearch client: its address, its keys, its time-outs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from elasticsearch import Elasticsearch, OrjsonSerializer

from engine.errors import EngineError
from engine.translate import translated

Json = dict[str, Any]

_JSON = {"accept": "application/json", "content-type": "application/json"}
_NDJSON = {"accept": "application/json", "content-type": "application/x-ndjson"}


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Where the engine is and how long to wait for it, in seconds.

    ``request_timeout`` is for searches and reads by id, ``admin_timeout`` for the rest. ``max_connections``
    should not be below the number of threads: the client makes the others wait.
    """

    url: str
    api_key: str | None = field(default=None, repr=False)
    ca_certs: Path | None = None
    request_timeout: float = 3.0
    admin_timeout: float = 60.0
    max_connections: int = 32

    @property
    def address(self) -> str:
        """The URL as the client wants it: with its port."""
        try:
            parts = urlsplit(self.url)
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

    def __init__(self, config: GatewayConfig) -> None:
        """Make the client; nothing is sent yet."""
        self.config = config
        if config.ca_certs is not None and not config.ca_certs.is_file():
            raise EngineError(f"the search engine's certificate file {config.ca_certs} does not exist")
        extra: dict[str, Any] = {"ca_certs": str(config.ca_certs)} if config.ca_certs else {}
        try:
            client = Elasticsearch(
                config.address,
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
        # A read may go twice when the connection breaks; a write may not: it could count as its own conflict.
        self._reader = client.options(request_timeout=config.request_timeout, max_retries=1)
        self._writer = client.options(request_timeout=config.admin_timeout, max_retries=0)

    def read(self, method: str, path: str, body: Any = None, params: Json | None = None) -> Any:
        """Ask something that changes nothing, within the short time-out; return the decoded answer."""
        with translated():
            return self._reader.perform_request(method, path, params=params, headers=_JSON, body=body).body

    def write(self, method: str, path: str, body: Any = None, params: Json | None = None) -> Any:
        """Ask for a change, within the long time-out; return the decoded answer."""
        with translated():
            return self._writer.perform_request(method, path, params=params, headers=_JSON, body=body).body

    def lines(self, path: str, body: bytes, params: Json | None = None, *, reading: bool = False) -> Any:
        """Send lines of JSON already written (bulk, many searches); return the decoded answer."""
        client = self._reader if reading else self._writer
        with translated():
            return client.perform_request("POST", path, params=params, headers=_NDJSON, body=body).body

    def close(self) -> None:
        """Close the connections; the gateway is of no use after."""
        self._reader.close()
