"""Index definitions: JSON files beside this module, their hash, and the fields they know."""

from __future__ import annotations

import hashlib
import json
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


def known_fields(name: str) -> frozenset[str]:
    """Return the full path of every field; Elasticsearch answers 0 hits, not an error, on an unknown one."""

    def walk(properties: dict[str, Any], prefix: str) -> list[str]:
        found = []
        for field, body in properties.items():
            found += [prefix + field, *walk(body.get("properties", {}), f"{prefix}{field}.")]
        return found

    return frozenset(walk(_definition(name)["mappings"]["properties"], ""))
