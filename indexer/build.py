"""A whole load: a new index, filled or copied and changed, checked, and put in the place of the old one in one step."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from engine.bulk import Action
from engine.errors import EngineTimeout
from engine.gateway import Gateway
from indexer.companion import Beside, BesideCopy, alias_actions
from indexer.copying import as_written, begin_copy, discard
from indexer.garbage import rarely_collected
from indexer.gate import Sample, check_index, check_rejects, compare_with_previous
from indexer.generations import BUILDING, COMPLETE, Generation, Target, generations, remember
from indexer.load import IndexHook, Intake, LoadOptions, send
from indexer.locate import Centres
from indexer.lock import Lock, locked
from indexer.progress import Meter, Silent
from indexer.rejection import Item, RejectsFile
from indexer.report import BuildReport
from indexer.swap import clean, swap
from mappings.definitions import index_definition
from mappings.document import Beds, document_and_json, unit_to_document
from mappings.unit import Unit

_LOADING = {
    "refresh_interval": "-1",
    "auto_expand_replicas": "false",
    "number_of_replicas": "0",
    "translog.durability": "async",
}
"""Settings while an index is filled: no copy and no refresh that nobody reads, and no wait for the disk at each one.

An engine that dies takes the last seconds of it away, and the gate finds them missing.
"""
_COPIES_S = 60.0
"""Seconds that copies are waited for. On a lone node there are none and nothing is waited for."""


def build(
    source: Iterable[Item], gateway: Gateway, gazetteer: Centres, options: LoadOptions, meter: Meter | None = None
) -> BuildReport:
    """Load a source whole and return the report; ``refusals`` says why the old index still serves, if it does.

    The index that served is kept for a rollback, older ones and leftovers of killed builds are deleted. Raises
    ``LockHeld`` when another load is under way, ``EngineError`` when the engine fails; either leaves the old index
    serving. Nothing is taken from the old index: with a region, only that region serves afterwards.
    """
    with rarely_collected():
        return _build(source, gateway, gazetteer, options, meter or Silent())


def _build(
    source: Iterable[Item], gateway: Gateway, gazetteer: Centres, options: LoadOptions, meter: Meter
) -> BuildReport:
    started = datetime.now(UTC)
    clock = time.monotonic()
    report = BuildReport(task="build", source=options.source, region=options.region, started=started)
    with RejectsFile(options.rejects) as rejects:
        intake = Intake(gazetteer, report, rejects, meter, options.recall)
        if options.dry_run:
            read_only(source, intake, options)
        else:
            with locked(gateway, options.target, "whole load") as lock:
                _build_locked(source, gateway, intake, options, lock)
    report.seconds = time.monotonic() - clock
    return report


def read_only(source: Iterable[Item], intake: Intake, options: LoadOptions) -> None:
    """Read and judge a source without the engine."""
    intake.report.task = "dry run"
    intake.meter.phase("reading")
    for unit in intake.accepted(source):
        unit_to_document(unit)
    check_rejects(intake.report, options.max_rejects)


def _build_locked(source: Iterable[Item], gateway: Gateway, intake: Intake, options: LoadOptions, lock: Lock) -> None:
    report, meter = intake.report, intake.meter
    target = options.target
    report.cleaned = clean(gateway, target, options.companion)
    known = generations(gateway, target)
    report.previous = known.serving.index if known.serving else None
    last = known.every[-1].created if known.every else None
    index = report.index = target.new_name(report.started, last)
    report.making = options.making
    sample = Sample()
    try:
        beside, show_beds = _made(gateway, known.serving, source, intake, options, sample)
        meter.phase("checking")
        _open_for_search(gateway, index, options.target, report)
        check_rejects(report, options.max_rejects)
        check_index(gateway, index, report, sample)
        if beside is not None:
            _open_for_search(gateway, beside.index, beside.companion.target, report)
            report.refusals += beside.problems()
        if report.refusals:
            return
        remember(gateway, index, report.meta(COMPLETE, datetime.now(UTC)))
        meter.phase("replaying bed counts")
        show_beds(index)
        lock.renew()
        _merge(gateway, index, *((beside.index,) if beside is not None else ()))
        lock.renew()
        if report.previous:
            compare_with_previous(gateway, report.previous, report)
        also = alias_actions(gateway, options.companion, beside.index if beside else None)
        swap(gateway, target, index, report.previous, also)
        report.applied = True
    finally:
        if not report.applied:
            discard(gateway, index, options)
    options.after_swap(index)
    report.cleaned += clean(gateway, target, options.companion)


def _made(
    gateway: Gateway,
    serving: Generation | None,
    source: Iterable[Item],
    intake: Intake,
    options: LoadOptions,
    sample: Sample,
) -> tuple[Beside | BesideCopy | None, IndexHook]:
    """Make the index that the report names of a source; return what stands beside it, and what shows the beds in it."""
    copy, source = begin_copy(gateway, serving, source, intake, options, _LOADING)
    if copy is not None:
        copy.bring_up_to_date(source, sample)
        return copy.beside, lambda index: options.before_copied_swap(index, copy.ids)
    report = intake.report
    index = str(report.index)
    _create(gateway, index, report, options)
    beside = None
    if options.companion is not None:
        beside = Beside.create(gateway, options.companion, index, report.started, _LOADING)
    intake.meter.phase("loading")
    _fill(gateway, index, options.seed(intake.accepted(source), index), intake, sample, beside)
    return beside, options.before_swap


def _create(gateway: Gateway, index: str, report: BuildReport, options: LoadOptions) -> None:
    definition = index_definition(options.target.definition)
    definition["settings"]["index"] |= _LOADING
    definition["mappings"]["_meta"] = report.meta(BUILDING)
    gateway.create_index(index, definition)


def _fill(
    gateway: Gateway,
    index: str,
    units: Iterable[tuple[Unit, Beds | None]],
    intake: Intake,
    sample: Sample,
    beside: Beside | None,
) -> None:
    """Send every unit, and its companion; an id that is there already fails, since ``create`` never overwrites."""

    def actions() -> Iterator[Action]:
        for unit, beds in units:
            document, text = document_and_json(unit, beds)
            sample.offer(unit.id, document["unit"])
            yield Action("create", index, unit.id, as_written(document, text, intake.recall.take(unit.id)))
            if beside is not None:
                yield from beside.of_unit(document["unit"], text)
        if beside is not None:
            yield from beside.rest()

    for outcome in send(gateway, actions(), require_alias=False):
        if outcome.ok:
            intake.report.indexed += outcome.index == index
        else:
            intake.engine_refused(outcome)


def _merge(gateway: Gateway, *indices: str) -> None:
    """Make one segment of each index: a search costs the more the more there are, of eleven nearly twice as much."""
    for index in indices:
        # One that takes long goes on by itself, and the index serves meanwhile.
        with suppress(EngineTimeout):
            gateway.force_merge(index)


def _open_for_search(gateway: Gateway, index: str, target: Target, report: BuildReport) -> None:
    """Give the index the settings it serves with, make all of it visible and lasting, and let its copies come.

    One that served before its copies are there would be lost with a node.
    """
    settings: dict[str, Any] = index_definition(target.definition)["settings"]["index"]
    serving = {name: settings.get(name) for name in ("refresh_interval", "auto_expand_replicas", "translog.durability")}
    gateway.put_settings(index, {"index": serving})
    gateway.flush(index)
    gateway.refresh(index)
    try:
        gateway.health(index, wait_for="green", seconds=_COPIES_S)
    except EngineTimeout:
        report.warnings.append(f"{index} has not all its copies after {_COPIES_S:.0f} s: a node lost now may take it")
