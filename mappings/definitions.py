"""Index definitions: JSON files beside this module, their hash, and the fields they know."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _definition(name: str) -> dict[str, Any]:
    """Read a definition and put its shared parts where ``$ref`` names them."""
    raw = json.loads(files("mappings.index").joinpath(f"{name}.json").read_text(encoding="utf-8"))
    shared = raw.pop("shared", {})

    def resolve(node: Any) -> Any:
        if isinstance(node, dict):
            if node.keys() == {"$ref"}:
                return resolve(shared[node["$ref"]])
            return {name: resolve(value) for name, value in node.items()}
        return node

    resolved: dict[str, Any] = resolve(raw)
    return resolved


def index_definition(name: str) -> dict[str, Any]:
    """Return the settings and mappings of an index such as ``units``; a fresh copy each time."""
    copy: dict[str, Any] = json.loads(json.dumps(_definition(name)))
    return copy


def mapping_hash(name: str) -> str:
    """Return eight hex digits that change whenever the definition does."""
    return hashlib.sha256(json.dumps(_definition(name), sort_keys=True).encode()).hexdigest()[:8]


def missing_fields(mapping: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the fields that a definition has and a mapping of an index lacks, as properties that may be added.

    A field that is there with another type is left alone: that one needs a new index.
    """

    def lacking(held: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for field, body in wanted.items():
            if field not in held:
                found[field] = body
            elif inner := lacking(held[field].get("properties", {}), body.get("properties", {})):
                found[field] = {part: value for part, value in body.items() if part == "type"} | {"properties": inner}
        return found

    wanted: dict[str, Any] = index_definition(name)["mappings"]["properties"]
    return lacking(mapping.get("properties", {}), wanted)


def paths_of(properties: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Return the full path of every field of some properties that has none below it."""
    found = []
    for field, body in properties.items():
        inner = body.get("properties", {})
        found += paths_of(inner, f"{prefix}{field}.") if inner else [prefix + field]
    return found


def known_fields(name: str) -> frozenset[str]:
    """Return the full path of every field; Elasticsearch answers 0 hits, not an error, on an unknown one."""

    def walk(properties: dict[str, Any], prefix: str) -> list[str]:
        found = []
        for field, body in properties.items():
            found += [prefix + field, *walk(body.get("properties", {}), f"{prefix}{field}.")]
        return found

    return frozenset(walk(_definition(name)["mappings"]["properties"], ""))
