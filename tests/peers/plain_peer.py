"""A directory in plain CSD on a real socket, which knows nothing of ours: CSD's four searches, and ITI-74.

It is written against the official descriptions and the reference implementation as observed, with lxml alone: nothing
of the product answers here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from lxml import etree

SPACE = "urn:ihe:iti:csd:2013"
SOAP = "http://www.w3.org/2003/05/soap-envelope"
KINDS = ("organization", "service", "facility", "provider")
STORED = "urn:ihe:iti:csd:2014:stored-function:"


def name(local: str) -> str:
    return f"{{{SPACE}}}{local}"


@dataclass(slots=True)
class PlainDirectory:
    """Entities by kind and id, as they stand in some documents.

    ``asked`` keeps the requests, ``paths`` where they came.
    """

    entities: dict[str, dict[str, etree._Element]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    asked: list[etree._Element] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    functions: tuple[str, ...] = tuple(f"{STORED}{kind}-search" for kind in KINDS)

    def add(self, document: bytes) -> None:
        """Take the entities of a document."""
        for directory in etree.fromstring(document):
            for entity in directory:
                if isinstance(entity.tag, str):
                    self.entities[etree.QName(entity).localname][entity.get("entityID", "")] = entity

    def answer(self, path: str, body: bytes) -> tuple[int, str, bytes]:
        """Return status, type and body of an answer."""
        request = etree.fromstring(body)
        self.asked.append(request)
        self.paths.append(path)
        if "/getUpdatedServices" in path:
            return self._updates(request)
        return self._search(request)

    def _search(self, request: etree._Element) -> tuple[int, str, bytes]:
        function = request.find(name("function"))
        urn = "" if function is None else function.get("urn", "")
        if function is None or urn not in self.functions:
            return 404, "text/plain", b"no such function"
        kind = urn.removeprefix(STORED).removesuffix("-search")
        parameters = function.find(name("requestParams"))
        assert parameters is not None
        found = [entity for entity in self.entities[kind].values() if _meets(entity, parameters)]
        start = max(1, int(parameters.findtext(name("start")) or "1"))
        most = int(parameters.findtext(name("max")) or "0")
        page = found[start - 1 : start - 1 + most] if most > 0 else found[start - 1 :]
        return 200, "text/xml", etree.tostring(_document({kind: page}))

    def _updates(self, request: etree._Element) -> tuple[int, str, bytes]:
        since = request.findtext(f".//{name('lastModified')}") or ""
        found = {
            kind: [each for each in held.values() if (_updated(each) or "9") >= since]
            for kind, held in self.entities.items()
        }
        envelope = etree.Element(f"{{{SOAP}}}Envelope")
        body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
        etree.SubElement(body, name("getModificationsResponse")).append(_document(found))
        return 200, "application/soap+xml", etree.tostring(envelope)


def _updated(entity: etree._Element) -> str:
    record = entity.find(name("record"))
    return "" if record is None else record.get("updated", "")


def _meets(entity: etree._Element, parameters: etree._Element) -> bool:
    asked = parameters.find(name("codedType"))
    if asked is None:
        return True
    return any(
        (each.get("code"), each.get("codingScheme")) == (asked.get("code"), asked.get("codingScheme"))
        for each in entity.findall(name("codedType"))
    )


def _document(found: dict[str, list[etree._Element]]) -> etree._Element:
    root = etree.Element(name("CSD"), nsmap={None: SPACE})
    for kind in KINDS:
        etree.SubElement(root, name(f"{kind}Directory")).extend(deepcopy(each) for each in found.get(kind, ()))
    return root


@contextmanager
def plain_peer(directory: PlainDirectory) -> Iterator[str]:
    """Serve a directory on loopback; give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, kind, body = directory.answer(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
