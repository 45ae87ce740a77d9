"""A whole load out of the one before: the index that serves is copied, and what the source says otherwise is changed.

What a nation's file says tonight is, all but a part, what it said last night. The copy costs the engine a second
whatever its size, and a line that it was made of costs a hash; what is made in the end is the same, and takes the
place of the old one in the same way. Nothing is copied that another program, another gazetteer or another store of
beds had a part in (``LoadOptions.making``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import orjson

from engine.bulk import Action
from engine.errors import EngineError
from engine.gateway import Gateway
from indexer.changes import Spool, read_outcome, remove
from indexer.companion import BesideCopy, in_step, name_beside
from indexer.gate import Sample
from indexer.generations import BUILDING, Generation, remember
from indexer.load import CHUNK_ACTIONS, Intake, LoadOptions, send
from indexer.locate import locate
from indexer.recall import LINE
from indexer.rejection import Item, Recalled
from mappings.chunks import in_chunks
from mappings.definitions import mapping_hash
from mappings.document import Beds, document_and_json, without_counts
from mappings.errors import RorError
from mappings.schema.unit import unit_to_dict
from mappings.unit import Unit

MAKING = "making"
"""What an index says of ``LoadOptions.making``."""
_PROBE = 1_000
"""Items of a source by which it is judged whether most of it is known."""
_KNOWN = 0.5
"""Part of them below which making all anew is faster."""


def begin_copy(
    gateway: Gateway,
    serving: Generation | None,
    source: Iterable[Item],
    intake: Intake,
    options: LoadOptions,
    loading: Mapping[str, Any],
) -> tuple[Copy | None, Iterable[Item]]:
    """Return a copy of the index that serves, with what is to be read into it; ``None`` where all is to be made anew.

    The copy bears the name that the report gives, and has the settings of a load.
    """
    if serving is None or not _may_be_copied(gateway, serving, options):
        return None, source
    if not options.before_copy():
        return None, source
    intake.meter.phase("reading the index")
    options.recall.read(gateway, serving.index)
    items = iter(source)
    probe = list(islice(items, _PROBE))
    if sum(isinstance(item, Recalled) for item in probe) < _KNOWN * len(probe):
        return None, _anew(probe, items, options)
    try:
        return Copy.create(gateway, serving.index, intake, options, loading), chain(probe, items)
    except EngineError as error:
        intake.report.warnings.append(f"{serving.index} could not be copied, all was made anew: {error}")
        discard(gateway, str(intake.report.index), options)
        return None, _anew(probe, items, options)


def is_made_alike(serving: Generation, options: LoadOptions) -> bool:
    """Say whether what serves was made by this program of what this load would make it of, but for the source."""
    alike = options.making is not None and serving.meta.get(MAKING) == options.making and not options.anew
    same_definition = serving.mapping_hash == mapping_hash(options.target.definition)
    return alike and same_definition and serving.meta.get("region") == options.region


def _may_be_copied(gateway: Gateway, serving: Generation, options: LoadOptions) -> bool:
    if not is_made_alike(serving, options):
        return False
    try:
        in_step(gateway, options.companion, serving.index)
    except RorError:
        return False
    return True


def discard(gateway: Gateway, index: str, options: LoadOptions) -> None:
    """Delete what a load made, as far as it came; never what serves, for a swap that timed out may have been done."""
    targets = [(options.target, index)]
    if options.companion is not None:
        targets.append((options.companion.target, name_beside(options.companion.target, index)))
    for target, name in targets:
        if gateway.indices(name) and name not in gateway.aliases(target.alias).get(target.alias, ()):
            gateway.delete_index(name)


def _anew(probe: list[Item], items: Iterator[Item], options: LoadOptions) -> Iterator[Item]:
    """Yield the items of a source of which no line is known after all."""
    options.recall.forget()
    for item in probe:
        yield item.read() if isinstance(item, Recalled) else item
    yield from items


def as_written(document: dict[str, Any], text: bytes, line: int | None) -> dict[str, Any]:
    """Return a document as it goes to the engine: with the JSON of its unit as it is, and the hash of its line."""
    written = document | {"unit": orjson.Fragment(text)}
    return written if line is None else written | {LINE: line}


@dataclass(slots=True)
class Copy:
    """The copy, while it is brought up to date; ``ids`` are those of units that were added, changed or removed."""

    gateway: Gateway
    index: str
    intake: Intake
    options: LoadOptions
    beside: BesideCopy | None
    ids: list[str] = field(default_factory=list)

    @classmethod
    def create(
        cls, gateway: Gateway, serving: str, intake: Intake, options: LoadOptions, loading: Mapping[str, Any]
    ) -> Copy:
        """Copy what serves, its companion first: a companion without an index is litter, never a generation."""
        index = str(intake.report.index)
        beside = None
        if options.companion is not None:
            beside = BesideCopy.create(gateway, options.companion, index, dict(loading))
        gateway.copy_index(serving, index, loading)
        remember(gateway, index, intake.report.meta(BUILDING))
        intake.report.copied = True
        return cls(gateway, index, intake, options, beside)

    def bring_up_to_date(self, source: Iterable[Item], sample: Sample) -> None:
        """Read the source and write what it says otherwise."""
        recall, report = self.options.recall, self.intake.report

        def recalled(item: Recalled) -> None:
            recall.find(item.id)
            report.indexed += 1
            sample.offer(item.id, lambda: self._shape(item))

        self.intake.on_recalled = recalled
        self.intake.meter.phase("comparing")
        with Spool() as said:
            units = self.options.seed(self.intake.accepted(source), None)
            for outcome in send(self.gateway, self._changes(units, sample, said), require_alias=False):
                read_outcome(outcome, self.intake)
            doomed = list(recall.lost(self.gateway, self.index))
            remove(self.gateway, self.index, doomed, self.intake, require_alias=False)
            self.ids += doomed
            if self.beside is not None and self.ids:
                self.intake.meter.phase("changing the directory beside")
                self.beside.change(said, doomed)

    def _shape(self, item: Recalled) -> dict[str, Any]:
        """Return what the index must hold of a unit that was not read."""
        unit, _ = locate(item.read(), self.intake.gazetteer)
        self.options.recall.drop(unit.id)
        return without_counts(unit_to_dict(unit))

    def _changes(self, units: Iterable[tuple[Unit, Beds | None]], sample: Sample, said: Spool) -> Iterator[Action]:
        """Yield what to write of units that were read; those that are as they were are counted."""
        recall, report = self.options.recall, self.intake.report
        for chunk in in_chunks(units, CHUNK_ACTIONS):
            held = self.gateway.mget(self.index, [unit.id for unit, _ in chunk], source=f"content_hash,{LINE}")
            for (unit, beds), stored in zip(chunk, held, strict=True):
                document, text = document_and_json(unit, beds)
                sample.offer(unit.id, document["unit"])
                recall.find(unit.id)
                line = recall.take(unit.id)
                if stored is not None and stored["_source"].get("content_hash") == document["content_hash"]:
                    report.unchanged += 1
                    if line is None or line == stored["_source"].get(LINE):
                        report.indexed += 1
                        continue
                else:
                    report.changed += stored is not None
                    report.added += stored is None
                    self.ids.append(unit.id)
                    said.put(document["unit"])
                yield Action("index", self.index, unit.id, as_written(document, text, line))
