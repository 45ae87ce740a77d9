"""Scripts, styles and the map library: read once, named by their content, kept by browsers for ever."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

import orjson

from mappings.gazetteer import Commune

FOLDER = "/static"
FOREVER = "public, max-age=31536000, immutable"
TOWNS = 1500
"""Towns named on the map where no tiles are: the most populous ones."""

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_LIBRARY = ("leaflet.js", "leaflet.css")
"""What the pages need of the package that carries Leaflet, which is installed and never committed."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent: plain, and packed for whoever takes gzip."""

    body: bytes
    packed: bytes
    media_type: str


class Assets:
    """Every file by name, under one version for all, so that modules find one another by relative names."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        """Pack the files and compute their version."""
        digest = hashlib.sha256()
        for name, body in sorted(contents.items()):
            digest.update(name.encode() + b"\0" + hashlib.sha256(body).digest())
        self.version = digest.hexdigest()[:12]
        self._files = {name: _asset(name, body) for name, body in contents.items()}

    @classmethod
    def load(cls, communes: Sequence[Commune]) -> Assets:
        """Read the files of this package and of the library; ``communes`` come most populous first."""
        own = files("orientation.pages").joinpath("static")
        library = files("js_lib_leaflet").joinpath("static", "js_lib_leaflet")
        contents = {entry.name: entry.read_bytes() for entry in own.iterdir() if _kind(entry.name) in _TYPES}
        contents |= {name: _without_source_map(library.joinpath(name)) for name in _LIBRARY}
        contents["towns.json"] = _towns(communes)
        return cls(contents)

    def get(self, name: str) -> Asset | None:
        """Return a file; ``None`` for one that does not exist."""
        return self._files.get(name)

    def url(self, name: str) -> str:
        """Return the address of a file, which changes with the content of any; ``KeyError`` for none."""
        return f"{FOLDER}/{self.version}/{name}" if self._files[name] else ""


def _kind(name: str) -> str:
    return name[name.rfind(".") :]


def _asset(name: str, body: bytes) -> Asset:
    return Asset(body, gzip.compress(body, 9, mtime=0), _TYPES[_kind(name)])


def _without_source_map(path: Traversable) -> bytes:
    """Leave out the line that names a file which is not served."""
    lines = path.read_bytes().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(b"//# sourceMappingURL"))


def _towns(communes: Sequence[Commune]) -> bytes:
    """Return names and points of the largest towns, parts of towns left out."""
    whole = (commune for commune in communes if commune.parent is None and commune.point is not None)
    named = [[each.name, round(each.point.lat, 3), round(each.point.lon, 3)] for each in whole if each.point]
    return orjson.dumps(named[:TOWNS])
