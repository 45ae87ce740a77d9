"""The probes: every route and format, asked about what exists, what is hidden and what never was.

They are made from the whole directory, by somebody who knows what to ask for: codes, names, communes and ids of what
is hidden are among them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from random import Random
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import quoteattr

from benchmarks.attacking.world import ALONE, RARE, World
from csd.functions.orientation import URN
from csd.names import CSD, SEARCHES
from orientation.query.facets import FACETS
from tests.asking import Questioner

API = "/api/v1"
EVERY_FACET = ",".join(FACETS)
PLACES = ("insee:76540", "insee:76351", f"insee:{ALONE}", "Fécamp", "76000")


@dataclass(frozen=True, slots=True)
class Probe:
    """One request; with ``pages`` its cursors are followed, with ``streams`` it is read until nothing comes."""

    surface: str
    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    pages: int = 0
    streams: bool = False


def url(path: str, **query: Any) -> str:
    """Return an address."""
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def probes(world: World, seed: int, amount: int, paths: Mapping[str, Any], every: int = 1) -> list[Probe]:
    """Return the probes, each once, or one in ``every`` of each surface.

    ``amount`` random questions are among them; ``paths`` are those of the OpenAPI document.
    """
    random = Random(seed)
    hidden = [unit for unit in world.units if unit.sensitive]
    shown = [unit for unit in world.units if not unit.sensitive]
    made = chain(
        _random(world, random, amount),
        _asked(hidden, random),
        _paging(),
        _words(hidden, shown),
        _units([*hidden, *random.sample(shown, min(20, len(shown)))]),
        _pages(hidden, random),
        _beds(world, hidden),
        _writes(world, hidden),
        _csd(hidden, shown),
        _errors(hidden),
        _others(paths),
    )
    distinct = {(probe.path, probe.method, probe.body, probe.surface): probe for probe in made}
    by_surface: dict[str, list[Probe]] = {}
    for probe in distinct.values():
        by_surface.setdefault(probe.surface, []).append(probe)
    return [probe for each in by_surface.values() for probe in each[::every]]


def _random(world: World, random: Random, amount: int) -> Iterator[Probe]:
    """Questions drawn from all units, in each format."""
    as_of = max(unit.updated_at for unit in world.units)
    questioner = Questioner(random, list(world.units), PLACES[:2], as_of)
    for number in range(amount):
        arguments, _ = questioner.ask()
        arguments.pop("open_at", None)
        arguments["facets"] = [EVERY_FACET if number % 2 else "none"]
        form = ("json", "geojson", "csv")[number % 3]
        surface = "facets" if number % 2 and form == "json" else form
        if number % 5 == 4:
            body = json.dumps(arguments).encode()
            yield Probe("json by POST", f"{API}/orientations", "POST", {"Content-Type": "application/json"}, body)
        else:
            yield Probe(surface, url(f"{API}/orientations", **arguments, format=form))


def _asked(hidden: list[Any], random: Random) -> Iterator[Probe]:
    """Questions that only what is hidden answers, and orders that it would change."""
    for unit in hidden:
        asked = {"activity": list(unit.activities)[:1], "size": 100, "facets": EVERY_FACET}
        yield Probe("json", url(f"{API}/orientations", **asked, site_category=unit.site.category or "101"))
        yield Probe("facets", url(f"{API}/orientations", commune=unit.places[0].insee, size=5, facets=EVERY_FACET))
    for place in PLACES:
        for sort in ("suitability", "distance", "beds"):
            for case in ("destination", "opinion", "means"):
                asked = {"place": place, "sort": sort, "use_case": case, "facets": EVERY_FACET}
                yield Probe("order and why", url(f"{API}/orientations", **asked, size=random.choice((3, 20, 100))))
    for n in (1, 2, 5, 20, 60, 65, 80):
        for more in ({}, {"beds_gender": "f"}, {"beds_horizon": "24h"}, {"beds_max_age": "90m"}, {"field": "04"}):
            yield Probe("beds asked", url(f"{API}/orientations", place=PLACES[0], beds_min=n, radius="200km", **more))
    yield Probe("json", url(f"{API}/orientations", activity=RARE, size=100, facets=EVERY_FACET))
    yield Probe("json", url(f"{API}/orientations", place="Fécamp", radius="0km", facets=EVERY_FACET))


def _paging() -> Iterator[Probe]:
    for asked in (
        {"place": PLACES[0], "radius": "60km"},
        {"place": PLACES[0], "use_case": "destination"},
        {"department": "76", "sort": "beds"},
        {"place": PLACES[1], "sort": "distance", "radius": "80km"},
        {"commune": ALONE},
    ):
        yield Probe("cursors", url(f"{API}/orientations", **asked, size=3, facets="none"), pages=8)


def _words(hidden: list[Any], shown: list[Any]) -> Iterator[Probe]:
    texts = {"MKSENS", "mksens", "unite mksens", "centre mk", "zone mksens", "MKL3", "MKEXC", "prison", "pénitentiaire"}
    texts |= {word for unit in hidden for word in (unit.name, unit.site.name, unit.id, *unit.name.split())}
    texts |= {unit.site.name for unit in shown[:10]}
    for text in sorted(texts):
        yield Probe("words", url(f"{API}/orientations", q=text, size=10))
        yield Probe("words", url(f"{API}/orientations", q=f"réa {text} lits rouen", size=3))
        for end in (2, 5, len(text)):
            yield Probe("suggestions", url(f"{API}/suggest", q=text[:end], limit=50))
    for text in ("m", "ch", "cen", "uni", "méd", "réa", "soins", "fec", "psy"):
        yield Probe("suggestions", url(f"{API}/suggest", q=text, limit=50))


def _units(units: list[Any]) -> Iterator[Probe]:
    for unit in units:
        path = quote(unit.id)
        yield Probe("unit", f"{API}/units/{path}")
        yield Probe("unit", f"{API}/units/{path}?near=49.44,1.1")
        yield Probe("unit page", f"/units/{path}")
    for strange in ("28/never-was", "28", "28/", "%2e%2e/28/x", "28%2FMKSENS-3", "28/MKSENS-3/", "28/MKSENS-*"):
        yield Probe("unit", f"{API}/units/{strange}")
        yield Probe("unit page", f"/units/{strange}")


def _pages(hidden: list[Any], random: Random) -> Iterator[Probe]:
    for place in PLACES:
        for more in ({}, {"use_case": "destination"}, {"sort": "beds"}, {"beds_min": 1}, {"n": 100}, {"age": 4}):
            yield Probe("page", url("/", place=place, **more))
            yield Probe("points", url("/points.json", place=place, **more))
    for unit in random.sample(hidden, min(8, len(hidden))):
        yield Probe("page", url("/", q=unit.name))
        yield Probe("page", url("/", activity=unit.activities[0]))
        yield Probe("entry", url("/beds/entry", unit=unit.id))
        yield Probe("entry", url("/beds/entry", site=unit.site.finess or "760780239"))


def _beds(world: World, hidden: list[Any]) -> Iterator[Probe]:
    for group in ("activity_group", "activity", "site", "department", "region"):
        for more in (
            {},
            {"department": "76"},
            {"activity": RARE},
            {"kind": "place"},
            {"commune": ALONE},
            {"field": "04"},
        ):
            yield Probe("board", url(f"{API}/beds", group_by=group, **more))
            yield Probe("board page", url("/beds", group_by=group, **more))
    yield Probe("board", url(f"{API}/beds", view="burns"))
    for number, place in enumerate(world.place_ids()):
        secret = any(place in {each.id for each in unit.places} for unit in hidden)
        if secret or number % 4 == 0:
            path = f"{API}/places/{quote(place)}/capacities/history"
            yield Probe("history", path)
            yield Probe("history", f"{path}?points=50")
            yield Probe("history", f"{path}?status=06")
    for more in ({}, {"department": "76"}, {"activity": RARE}, {"commune": ALONE}):
        day = {"Last-Event-ID": "{day}--1"}
        yield Probe("stream", url(f"{API}/beds/changes", **more), headers=day, streams=True)


def _writes(world: World, hidden: list[Any]) -> Iterator[Probe]:
    """What may not be written: what it is answered must not tell what there is."""
    count = {"op": "replace", "kind": "01", "status": "02", "count": 1, "observed_at": "2026-01-01T00:00:00Z",
             "source": "02"}  # fmt: skip
    kind = {"Content-Type": "application/json"}
    secret = [place.id for unit in hidden for place in unit.places]
    for place in [*dict.fromkeys(secret), "never-was", *world.place_ids()[:5]]:
        path = f"{API}/places/{quote(place)}/capacities"
        yield Probe("writes", path, "PATCH", kind, json.dumps([count]).encode())
        yield Probe("writes", path, "PATCH", kind, json.dumps([count | {"op": "nonsense"}]).encode())
    lines = b"".join(json.dumps(count | {"unit": unit.id}).encode() + b"\n" for unit in hidden)
    lines += b"".join(json.dumps(count | {"place": place}).encode() + b"\n" for place in [*secret, "never-was"])
    yield Probe("writes", f"{API}/capacities", "POST", {"Content-Type": "application/x-ndjson"}, lines)
    yield Probe("tension", f"{API}/tension")
    yield Probe("tension", f"{API}/tension/department/76", "PUT", kind, b'{"nonsense": 1}')
    yield Probe("tension", f"{API}/tension/department/99", "DELETE")


def _csd(hidden: list[Any], shown: list[Any]) -> Iterator[Probe]:
    yield Probe("csd", "/csd/documents.json")
    for urn in SEARCHES.values():
        for inner in ("", '<commonName value="MKSENS"/>', "<start>1</start><max>50</max>", *_by_ids(hidden, shown)):
            yield _call("csd", urn, inner)
    for inner in (
        "", "<activity>127</activity>", f"<activity>{RARE}</activity>", "<q>mksens</q>", "<beds_min>1</beds_min>",
        "<place>Fécamp</place><sort>distance</sort>", "<sort>beds</sort>",
        "<place>Rouen</place><use_case>destination</use_case>",
    ):  # fmt: skip
        yield _call("csd", URN, inner)
    since = "<lastModified>1970-01-01T00:00:00Z</lastModified>"
    update = f'<getModificationsRequest xmlns="{CSD}">{since}</getModificationsRequest>'
    for path in ("/csd/getUpdatedServices/ror/get", "/csd/getUpdatedServices/ror"):
        yield Probe("csd", path, "POST", {"Content-Type": "text/xml"}, update.encode())
    yield Probe("csd", "/csd/directory/ror/get")
    for unit in [*hidden[:10], *shown[:10]]:
        yield Probe("csd", f"/csd/directory/ror/get/facility/{quote(unit.id)}")


def _by_ids(hidden: list[Any], shown: list[Any]) -> list[str]:
    return [f"<id entityID={quoteattr(unit.id)}/>" for unit in [*hidden[:8], *shown[:4]]]


def _call(surface: str, urn: str, inner: str) -> Probe:
    body = (
        f'<careServicesRequest xmlns="{CSD}"><function urn="{urn}"><requestParams>{inner}</requestParams></function>'
        "</careServicesRequest>"
    )
    return Probe(surface, "/csd/csr/ror/careServicesRequest", "POST", {"Content-Type": "text/xml"}, body.encode())


def _errors(hidden: list[Any]) -> Iterator[Probe]:
    unit = hidden[0]
    for asked in (
        {"activity": "zzz"}, {"nonsense": "1"}, {"place": "MKSENS"}, {"commune": "00000"}, {"cursor": "x.y"},
        {"site_category": "0"}, {"q": unit.name, "cursor": "x"}, {"lat": "99", "lon": "0"}, {"format": "xml"},
    ):  # fmt: skip
        yield Probe("error texts", url(f"{API}/orientations", **asked))
    for path in (f"{API}/nowhere", f"{API}/units/{quote(unit.id)}/x", f"{API}/places/{quote(unit.places[0].id)}",
                 f"{API}/audit", f"{API}/me"):  # fmt: skip
        yield Probe("error texts", path)


def _others(paths: Mapping[str, Any]) -> Iterator[Probe]:
    """Each reading route of the document without a path parameter, whatever it is for."""
    known = {"/orientations", "/suggest", "/beds", "/beds/changes", "/tension", "/me", "/audit"}
    for path, methods in sorted(paths.items()):
        if "{" not in path and "get" in methods and path.removeprefix(API) not in known:
            yield Probe("other routes", path)
            required = {p["name"]: p.get("example", "x") for p in methods["get"].get("parameters", ())
                        if "$ref" not in p and p.get("required")}  # fmt: skip
            if required:
                yield Probe("other routes", url(path, **required))
