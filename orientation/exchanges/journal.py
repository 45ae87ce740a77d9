"""The way of an entry to the index: written to a file at once, sent from there, deleted when the engine has it.

The file is the queue: whoever answers appends one line and goes on, and neither an engine that is away nor the end of
the process loses it. Entries have ids of their own, so that one sent twice is one entry. Each process writes its own
file, which it holds locked; one whose owner is no more is sent by any other.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Lock, Thread
from typing import IO, Any

import orjson

from beds.indices import make
from beds.service import utc_now
from engine.errors import EngineError
from engine.gateway import Action, Gateway

log = logging.getLogger(__name__)

INDEX = "exchanges"
EVERY_S = 1.0
MAX_FOLDER = 2**30
"""Bytes that may wait on disk; beyond, entries are dropped and the log of the server says so."""


@dataclass(slots=True)
class Journal:
    """Takes entries; safe for threads. Its sender starts with the first entry, hence after any fork."""

    gateway: Gateway
    folder: Path
    keep_days: int = 1095
    index: str = INDEX
    clock: Callable[[], datetime] = utc_now
    _open: IO[bytes] | None = None
    _sender: Thread | None = None
    _end: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)
    _sending: Lock = field(default_factory=Lock)
    _known: set[str] = field(default_factory=set)

    def note(self, said: dict[str, Any]) -> None:
        """Take an entry; never fails and never waits for the engine."""
        try:
            with self._lock:
                if self._open is None:
                    self._open = self._new_file()
                self._open.write(orjson.dumps(said) + b"\n")
                if self._sender is None:
                    self._sender = Thread(target=self._send_now_and_then, name="exchanges", daemon=True)
                    self._sender.start()
        except OSError:
            log.exception("an exchange could not be noted")

    def _new_file(self) -> IO[bytes]:
        self.folder.mkdir(parents=True, exist_ok=True)
        if sum(path.stat().st_size for path in self.folder.iterdir()) > MAX_FOLDER:
            raise OSError(f"more than {MAX_FOLDER} bytes of exchanges wait in {self.folder.name}")
        made = (self.folder / f"{uuid.uuid4().hex}.ndjson").open("ab", buffering=0)
        fcntl.flock(made, fcntl.LOCK_EX)
        return made

    def _send_now_and_then(self) -> None:
        while not self._end.wait(EVERY_S):
            self.send()

    def send(self) -> int:
        """Send what waits and return how many entries the engine took; what it does not take waits on."""
        with self._sending:
            self._close_file()
            taken = 0
            for path in sorted(self.folder.glob("*.ndjson")):
                try:
                    taken += self._send_file(path)
                except EngineError as error:
                    log.warning("exchanges wait on disk: %s", error)
                    break
                except FileNotFoundError:
                    continue  # another process sent it
                except OSError:
                    log.exception("a file of exchanges could not be read")
            return taken

    def close(self) -> None:
        """Stop sending; what the engine does not take now waits for the next start."""
        self._end.set()
        if self._sender is not None:
            self._sender.join(10)
        if self.folder.is_dir():
            self.send()

    def _close_file(self) -> None:
        """Close the file that is written to, on disk for sure; the next entry begins another."""
        with self._lock:
            if self._open is not None:
                os.fsync(self._open.fileno())
                self._open.close()
                self._open = None

    def _send_file(self, path: Path) -> int:
        """Send the entries of a file whose owner is done with it, then delete it."""
        with path.open("rb") as source:
            try:
                fcntl.flock(source, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return 0
            entries = [each for line in source if (each := _read(line)) is not None]
            indices = {month: self._ready(month) for month in {each["at"][:7] for each in entries}}
            actions = [Action("create", indices[each["at"][:7]], each["id"], each) for each in entries]
            outcomes = list(self.gateway.stream_bulk(actions))
            if refused := [each for each in outcomes if not each.ok and not each.conflict]:
                log.error("%d exchanges were refused: %s", len(refused), refused[0].reason)
                path.rename(path.with_suffix(".refused"))
                return len(outcomes) - len(refused)
            path.unlink(missing_ok=True)
            return len(outcomes)

    def _ready(self, month: str) -> str:
        """Return the index of a month such as ``2026-11``, made where it is missing.

        One that an older version made is given the fields that entries have gained since, once a process.
        """
        name = f"{self.index}-{month.replace('-', '')}"
        there = bool(self.gateway.indices(name))
        if not there or name not in self._known:
            make(self.gateway, name, "exchanges")
            self._known.add(name)
        if not there:
            self.prune()
        return name

    def prune(self) -> list[str]:
        """Delete the months that ended before what is kept; return their indices."""
        oldest = self.clock().timestamp() - self.keep_days * 86_400
        gone = [name for name in self.gateway.indices(f"{self.index}-*") if _end_of(name).timestamp() < oldest]
        if gone:
            self.gateway.delete_index(*gone)
        return gone


def _end_of(name: str) -> datetime:
    year, month = int(name[-6:-2]), int(name[-2:])
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _read(line: bytes) -> dict[str, Any] | None:
    """Read a line; a torn last one, of a machine that fell, is none."""
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return found
