"""Backup and restore, by the commands of the product, on an engine that is emptied between the two."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from beds.store import BedStore, Zone, document_of
from benchmarks.restore import command, compare
from engine.config import NodeConfig
from engine.gateway import Gateway, GatewayConfig, require_done
from mappings.document import places_of
from orientation.backup import PATTERNS, held


def emptied(config: NodeConfig) -> NodeConfig:
    with Gateway(GatewayConfig(config.url)) as gateway:
        assert held(gateway)
        gateway.delete_index(*gateway.indices("*"))
    return config


def test_a_restore_onto_an_empty_engine_gives_equal_counts_and_answers(spare: NodeConfig, tmp_path: Path) -> None:
    figures = compare(spare, tmp_path, units=120, number=40, empty=lambda: emptied(spare))
    assert figures["documents"] > 200 and figures["bed writes"] > 20 and figures["with results"] > 8
    assert figures["counts differ"] == []
    assert figures["answers differ"] == 0
    assert figures["answered 200"] == 40
    _refuses_what_would_lose(spare, tmp_path)
    _shows_what_the_store_says(spare, tmp_path)


def _refuses_what_would_lose(own: NodeConfig, folder: Path) -> None:
    assert "the engine is not empty" in command(own, folder, "restore", fails=True)
    assert "no backup 'ror-1'" in command(own, folder, "restore", "ror-1", fails=True)
    assert "is not known to the cluster" in command(own, folder, "backup", "--repository", "s3-of-nobody", fails=True)
    (folder / "data").mkdir(exist_ok=True)
    first = command(own, folder, "backup", "--list").splitlines()[1].split()[0]
    assert f"deleted {first}" in command(own, folder, "backup", "--keep", "1")
    assert "120" in command(own, folder, "restore", "--replace")


def _shows_what_the_store_says(own: NodeConfig, folder: Path) -> None:
    """Keep a store that is ahead of the units, as when counts are written while shards are copied in turn."""
    with Gateway(GatewayConfig(own.url)) as gateway:
        store = BedStore(gateway)
        [place] = [hit["_id"] for hit in gateway.scan("capacities", {"exists": {"field": "bed.available"}})][:1]
        zone = store.load([place])[place]
        counts = [{**each, "count": 77} if each["status"] == "02" else each for each in zone.counts.values()]
        require_done(store.put({place: (zone, document_of(place, zone.facts, counts, zone_time(zone)))}).values())
        assert free(gateway, place) != 77
        command(own, folder, "backup")
        command(own, folder, "restore", "--replace")
        assert free(gateway, place) >= 77


def zone_time(zone: Zone) -> str:
    return max(str(each["received_at"]) for each in zone.counts.values())


def free(gateway: Gateway, place: str) -> int:
    """Return the free beds that the units of a place show."""
    gateway.refresh("units")
    [shown, *_] = [
        each["beds"]["now"]["all"]
        for hit in gateway.scan("units", {"term": {"place_ids": place}})
        for each in places_of(hit["_source"])
        if each["id"] == place
    ]
    return int(shown)


def test_each_index_that_the_product_defines_is_kept_but_the_locks() -> None:
    defined = {path.name.removesuffix(".json") for path in files("mappings.index").iterdir() if ".json" in path.name}
    kept = {
        name for name in defined for pattern in PATTERNS if pattern.removesuffix("-*") in {name, name.split("-")[0]}
    }
    assert kept == defined - {"locks"}
