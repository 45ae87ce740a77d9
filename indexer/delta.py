"""A delta: what a source adds, changes and no longer has, written into the index that serves.

It is judged as a whole before anything is written: changes wait in a temporary file on disk, so that memory holds
one hash for each unit stored and a source found bad at its last line has changed nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from engine.gateway import Gateway
from indexer.build import read_only
from indexer.changes import Spool, apply_changes
from indexer.companion import in_step, writer
from indexer.copying import MAKING, is_made_alike
from indexer.gate import check_rejects
from indexer.generations import Generation, generations, remember
from indexer.load import Intake, LoadOptions
from indexer.locate import Centres
from indexer.lock import Lock, locked
from indexer.progress import Meter, Silent
from indexer.recall import LINE
from indexer.rejection import Item, RejectsFile
from indexer.report import BuildReport
from mappings.definitions import mapping_hash
from mappings.document import places_of, unit_to_document
from mappings.errors import NotFound, RorError
from mappings.schema.unit import unit_from_dict, unit_to_dict


def delta(
    source: Iterable[Item], gateway: Gateway, gazetteer: Centres, options: LoadOptions, meter: Meter | None = None
) -> BuildReport:
    """Bring the index that serves to what a whole source says, and return the report.

    Units are compared by the hash of their content. Bed summaries of unchanged units are not touched; those of
    changed ones stay unless the source counts later. Above ``max_rejects`` or, without ``force``, ``max_removed``,
    nothing changes. Nothing is removed on the word of a source that was cut, or that holds refused units without an
    id: any missing unit may be one of those. Raises ``NotFound`` when nothing is loaded, ``RorError`` when the
    mapping has changed since (load whole then).
    """
    meter = meter or Silent()
    clock = time.monotonic()
    report = BuildReport(task="delta", source=options.source, region=options.region, started=datetime.now(UTC))
    with RejectsFile(options.rejects) as rejects:
        intake = Intake(gazetteer, report, rejects, meter, options.recall)
        if options.dry_run:
            read_only(source, intake, options)
        else:
            with locked(gateway, options.target, "delta") as lock:
                _delta_locked(source, gateway, intake, options, lock)
    report.seconds = time.monotonic() - clock
    return report


def _delta_locked(source: Iterable[Item], gateway: Gateway, intake: Intake, options: LoadOptions, lock: Lock) -> None:
    report, meter = intake.report, intake.meter
    serving = _serving(gateway, options)
    report.index = serving.index
    beside = in_step(gateway, options.companion, serving.index)
    meter.phase("reading the index")
    missing = _stored_hashes(gateway, options)
    before = len(missing)
    refused: list[str | None] = []
    intake.on_rejection = lambda rejection: refused.append(rejection.id)
    intake.on_recalled = lambda item: missing.pop(item.id, None)
    if alike := is_made_alike(serving, options):
        options.recall.read(gateway, serving.index)
    meter.phase("comparing")
    with Spool() as spool, Spool() as said:
        for unit in intake.accepted(source):
            line = options.recall.take(unit.id)
            document = unit_to_document(unit)
            if line is not None and alike:
                document[LINE] = line
            if _compare(document, missing, spool, report):
                said.put(unit_to_dict(unit))
        check_rejects(report, options.max_rejects)
        doomed = _to_remove(sorted(missing.keys() - set(refused)), before, None in refused, options, report)
        if report.refusals:
            return
        lock.renew()
        meter.phase("writing")
        # Not to be copied should this be cut: the store of beds may not have heard of all that was written.
        remember(gateway, serving.index, {name: value for name, value in serving.meta.items() if name != MAKING})
        ids = [unit.id for unit, _ in options.seed(map(unit_from_dict, said), None)]
        if options.companion is not None and beside is not None:
            # First, so that a delta cut here finds these units changed again and does both anew.
            changed = (document["unit"] for document in spool)
            options.companion.change(beside, changed, doomed, writer(gateway))
        apply_changes(gateway, options.target.alias, spool, doomed, intake)
        options.after_delta([*ids, *doomed])
    report.applied = True
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    last = {"delta_at": finished, "delta_source": report.source, "delta_rejected": report.rejected}
    remember(gateway, serving.index, {**serving.meta, **last})


def _serving(gateway: Gateway, options: LoadOptions) -> Generation:
    target = options.target
    serving = generations(gateway, target).serving
    if serving is None:
        raise NotFound(f"nothing is loaded behind {target.alias}: load the source whole first")
    if serving.mapping_hash != mapping_hash(target.definition):
        raise RorError(f"index {serving.index} was made with another mapping: load the source whole")
    return serving


def _stored_hashes(gateway: Gateway, options: LoadOptions) -> dict[str, str]:
    """Return the content hash of every stored unit, of one region if asked."""
    found = {}
    fields = ("content_hash", "source_region", "place.region", "places.region")
    gateway.refresh(options.target.alias)
    for hit in gateway.scan(options.target.alias, source=fields):
        held = hit["_source"]
        places = places_of(held) or [{}]
        if options.region is None or held.get("source_region", places[0].get("region")) == options.region:
            found[hit["_id"]] = held.get("content_hash", "")
    return found


def _compare(document: dict[str, Any], missing: dict[str, str], spool: Spool, report: BuildReport) -> bool:
    """Put a document that is new or different on the spool; what stays in ``missing`` is not in the source."""
    stored = missing.pop(document["id"], None)
    if stored == document["content_hash"]:
        report.unchanged += 1
        return False
    if stored is None:
        report.added += 1
    else:
        report.changed += 1
    spool.put(document)
    return True


def _to_remove(missing: list[str], before: int, nameless: bool, options: LoadOptions, report: BuildReport) -> list[str]:
    """Return the ids to remove, none when absence proves nothing; refuse too many."""
    if not missing:
        return []
    if report.incomplete or nameless:
        why = "the source was cut" if report.incomplete else "some refused units have no readable id"
        report.warnings.append(f"{len(missing)} stored units are not in the source and stay: {why}")
        return []
    if len(missing) > before * options.max_removed and not options.force:
        report.refusals.append(
            f"{len(missing)} of {before} stored units would be removed ({len(missing) / before:.1%}, at most "
            f"{options.max_removed:.1%} without --force)"
        )
    return missing
