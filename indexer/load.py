"""The way of one unit from its source to the engine, common to whole loads and to deltas."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from engine.bulk import Action, Outcome, chunks
from engine.gateway import Gateway
from indexer.companion import Companion
from indexer.generations import Target
from indexer.ids import SeenIds
from indexer.locate import Centres, locate
from indexer.progress import Meter
from indexer.recall import Recall
from indexer.rejection import Item, Notice, Recalled, Rejection, RejectsFile, repeated
from indexer.report import BuildReport
from mappings.document import Beds
from mappings.errors import FieldError, InvalidInput, shorten
from mappings.territory import department_of, region_of, regions
from mappings.unit import Unit

CHUNK_ACTIONS = 500
CHUNK_BYTES = 4 * 1024 * 1024
IN_FLIGHT = 2
"""Requests not yet answered: one that the engine works on, one being written. Memory holds three chunks at most."""
MAX_ID_BYTES = 512
"""The engine refuses a whole request for one longer id."""
_STEP = 100

IndexHook = Callable[[str], None]
SeedHook = Callable[[Iterable[Unit], str | None], Iterable[tuple[Unit, Beds | None]]]
IdsHook = Callable[[Sequence[str]], None]
CopyHook = Callable[[str, Sequence[str]], None]


def _nothing(index: str) -> None:
    """Do nothing."""


def _as_they_are(units: Iterable[Unit], index: str | None) -> Iterable[tuple[Unit, Beds | None]]:
    """Let units through with the counts they carry."""
    return ((unit, None) for unit in units)


def _no_delta(units: Sequence[str]) -> None:
    """Do nothing."""


def _any_copy() -> bool:
    """Let anything be copied."""
    return True


def _no_swap(index: str, units: Sequence[str]) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """How to load.

    ``source`` is the name shown in reports. ``region`` keeps the units of one region (R30): a whole load then serves
    that region alone, a delta leaves the others as they are. ``max_rejects`` and ``max_removed`` are parts of what
    was read and of what is stored; above either, nothing changes (``force`` lifts the second). ``before_swap`` and
    ``after_swap`` are given the new index, and are where bed counts are replayed; units to be
    written pass through ``seed``, which takes the counts they carry and says what to show (with them comes the index
    that they are all the units of, ``None`` in a delta); ids that a delta wrote or removed are given to
    ``after_delta``. ``companion`` is an index made beside the units, which always serves with them.

    ``making`` stands for all that a document is made with but its line: program, gazetteer, store of beds. While it is
    the same and the source knows its lines (``recall``), a whole load copies the index that serves and changes what
    the source says otherwise, to the same end (not ``anew``). ``before_copy`` is then called first, and may say no;
    ``before_copied_swap`` takes the place of ``before_swap`` and is given the ids that changed too.
    """

    source: str
    region: str | None = None
    max_rejects: float = 0.05
    max_removed: float = 0.10
    force: bool = False
    rejects: Path | None = None
    dry_run: bool = False
    before_swap: IndexHook = _nothing
    after_swap: IndexHook = _nothing
    seed: SeedHook = _as_they_are
    after_delta: IdsHook = _no_delta
    target: Target = Target()
    companion: Companion | None = None
    making: str | None = None
    anew: bool = False
    recall: Recall = field(default_factory=Recall)
    before_copy: Callable[[], bool] = _any_copy
    before_copied_swap: CopyHook = _no_swap

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        errors = []
        if self.region is not None and self.region not in regions():
            errors.append(FieldError("region", "is no region code (28, 11, 04 …)", self.region))
        for name in ("max_rejects", "max_removed"):
            if not 0 <= getattr(self, name) <= 1:
                errors.append(FieldError(name, "is a part between 0 and 1", str(getattr(self, name))))
        if errors:
            raise InvalidInput(errors)


@dataclass(slots=True)
class Intake:
    """Where the items of a source are counted: report, rejects file, meter, and the rejections that matter later."""

    gazetteer: Centres
    report: BuildReport
    rejects: RejectsFile
    meter: Meter
    recall: Recall = field(default_factory=Recall)
    on_rejection: Callable[[Rejection], None] | None = None
    on_recalled: Callable[[Recalled], object] | None = None

    def accepted(self, source: Iterable[Item]) -> Iterator[Unit]:
        """Yield the located units that are to be stored, each id once; everything else is counted and written."""
        report, seen = self.report, SeenIds()
        for item in source:
            if isinstance(item, Notice):
                self._note(item)
                continue
            report.read += 1
            if report.read % _STEP == 0:
                self.meter.step(report.read)
            if isinstance(item, Recalled):
                self._count_recalled(item)
            elif isinstance(item, Rejection):
                self.refuse(item)
            elif len(item.id.encode()) > MAX_ID_BYTES:
                self.recall.drop(item.id)
                self.refuse(Rejection(None, shorten(item.id), "id", f"is longer than {MAX_ID_BYTES} bytes", item.id))
            elif not seen.add(item.id):
                self.refuse(repeated(item.id))
            elif report.region is not None and region_of_unit(item) != report.region:
                self.recall.drop(item.id)
                report.skipped += 1
            else:
                report.accepted += 1
                yield self._located(item)
        self.meter.step(report.read)

    def _count_recalled(self, item: Recalled) -> None:
        """Count what the index has already."""
        self.report.accepted += 1
        self.report.unchanged += 1
        if item.noticed:
            self._located(item.read())
            self.recall.drop(item.id)
        if self.on_recalled is not None:
            self.on_recalled(item)

    def refuse(self, rejection: Rejection) -> None:
        """Count and write a rejection."""
        self.report.rejected += 1
        self.report.incomplete = self.report.incomplete or rejection.ends_source
        self.rejects.write(rejection)
        if self.on_rejection is not None:
            self.on_rejection(rejection)

    def engine_refused(self, outcome: Outcome) -> None:
        """Count and write what the engine would not take."""
        self.report.failed += 1
        self.rejects.write(Rejection(None, outcome.id, "engine", outcome.reason))

    def _located(self, unit: Unit) -> Unit:
        unit, notices = locate(unit, self.gazetteer)
        if notices:
            self.recall.notice(unit.id)
        for notice in notices:
            self._note(notice)
        return unit

    def _note(self, notice: Notice) -> None:
        self.report.notices += 1
        self.rejects.write(notice)


def region_of_unit(unit: Unit) -> str | None:
    """Return the region that describes a unit, or else the one it lies in."""
    if unit.region is not None:
        return unit.region
    insee = unit.places[0].insee if unit.places else unit.site.insee
    with suppress(InvalidInput):
        return region_of(department_of(insee)) if insee else None
    return None


def send(gateway: Gateway, actions: Iterable[Action], *, require_alias: bool) -> Iterator[Outcome]:
    """Send actions in chunks while the next ones are made; yield the outcomes in order."""

    def one(chunk: list[bytes]) -> list[Outcome]:
        return gateway.bulk_lines(chunk, require_alias=require_alias)

    waiting: deque[Future[list[Outcome]]] = deque()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="bulk") as pool:
        for chunk in chunks(actions, CHUNK_ACTIONS, CHUNK_BYTES):
            waiting.append(pool.submit(one, chunk))
            while len(waiting) >= IN_FLIGHT:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
