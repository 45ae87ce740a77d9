"""``ror sbom``: what this product is made of, as a CycloneDX document.

Written here rather than by a library: it would bring seven packages into every server to write one small document,
which the tests hold against the format's own schema.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from engine import install
from engine.config import VERSION as ENGINE_VERSION
from orientation.app import VERSION
from orientation.cli.checks import ROOT

NAME = "ror-orientation"
LOCK = ROOT / "requirements.lock"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_REQUIRED = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A Python package: its name as it is normalised (PEP 503), its version, the digests of the lock."""

    name: str
    version: str
    hashes: tuple[str, ...] = ()

    @property
    def purl(self) -> str:
        """Return its package URL."""
        return f"pkg:pypi/{self.name}@{self.version}"


def normal(name: str) -> str:
    """Return a name as PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(text: str) -> Iterator[Package]:
    """Yield the packages of a lock file."""
    starts = [*_PINNED.finditer(text)]
    ends = [*(match.start() for match in starts[1:]), len(text)]
    for match, end in zip(starts, ends, strict=True):
        hashes = tuple(_HASH.findall(text, match.end(), end))
        yield Package(name=normal(match[1]), version=match[2], hashes=hashes)


def installed() -> Iterator[Package]:
    """Yield the packages of this environment, this product itself left out."""
    for found in metadata.distributions():
        name = normal(found.metadata["Name"])
        if name != NAME:
            yield Package(name=name, version=found.version)


def bill(packages: Iterable[Package], now: datetime) -> dict[str, Any]:
    """Return the document: the product, its packages, the engine it fetches, and who needs whom."""
    every = {package.name: package for package in sorted(packages, key=lambda each: each.name)}
    root, engine = f"pkg:pypi/{NAME}@{VERSION}", _engine()
    needs = {package.purl: _needs(package, every) for package in every.values()}
    below = {purl for each in needs.values() for purl in each}
    needs[root] = [purl for purl in (*needs, engine["bom-ref"]) if purl not in below]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": now.isoformat(timespec="seconds"),
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": NAME,
                "version": VERSION,
                "purl": root,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": [*map(_component, every.values()), engine],
        "dependencies": [{"ref": ref, "dependsOn": sorted(each)} for ref, each in sorted(needs.items())],
    }


def _component(package: Package) -> dict[str, Any]:
    written: dict[str, Any] = {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
    }
    if licence := _licence(package.name):
        written["licenses"] = [{"license": {"name": licence}}]
    if package.hashes:
        # One for each file that may be installed; a component's own ``hashes`` would be of a single one.
        written["properties"] = [{"name": "lock:sha256", "value": each} for each in package.hashes]
    return written


def _engine() -> dict[str, Any]:
    purl = f"pkg:maven/{install.GROUP}/{install.ARTIFACT}@{ENGINE_VERSION}?type=zip"
    return {
        "type": "application",
        "bom-ref": purl,
        "name": install.ARTIFACT,
        "version": ENGINE_VERSION,
        "purl": purl,
        "description": "Embedded search engine, fetched at run time where no cluster is given.",
        "hashes": [{"alg": "SHA-512", "content": install.SHA512}],
    }


def _needs(package: Package, known: Mapping[str, Package]) -> list[str]:
    """Return the packages that a package needs here; what an extra or another system needs is not known here."""
    required = _distribution_requires(package.name)
    names = {normal(match[0]) for line in required if (match := _REQUIRED.match(line)) and "extra ==" not in line}
    return [known[name].purl for name in sorted(names & known.keys())]


def _distribution_requires(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []


def _licence(name: str) -> str | None:
    """Return the licence as a package names it, if it does in a few words."""
    try:
        found: dict[str, Any] = metadata.metadata(name).json
    except metadata.PackageNotFoundError:
        return None
    said = str(found.get("license_expression") or found.get("license") or "")
    if said and len(said) <= 100 and "\n" not in said:
        return said
    classified = [each for each in found.get("classifier", ()) if each.startswith("License ::")]
    return classified[0].rsplit(" :: ", 1)[-1] if classified else None


@click.command()
@click.option("--lock", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Lock file to go by; default: that of the checkout, else what is installed.")  # fmt: skip
def sbom(lock: Path | None) -> None:
    """Print what this product is made of (CycloneDX 1.6, JSON)."""
    chosen = lock or (LOCK if LOCK.is_file() else None)
    packages = locked(chosen.read_text(encoding="utf-8")) if chosen else installed()
    click.echo(json.dumps(bill(packages, datetime.now(UTC)), indent=2, ensure_ascii=False))


COMMANDS = (sbom,)
