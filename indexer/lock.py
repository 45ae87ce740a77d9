"""One load at a time: a lock that a killed process cannot hold for ever.

It is one document, taken with ``op_type=create`` and renewed, taken over and given back with ``if_seq_no``: every
step is one compare-and-set on one shard, so two takers cannot both win, whatever their machines. (An external version
would order writers by clock, which is not exclusion.) The holder renews it from a thread; when it dies, even by
``kill -9``, the lock expires after ``LIFETIME``, or at once for a taker on the same machine who sees that the process
is gone. Clocks of two machines may differ by less than a renewal period without harm.
"""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.errors import DocumentNotFound, EngineConflict, EngineError, EngineRejected
from engine.gateway import Gateway
from indexer.generations import Target
from mappings.definitions import index_definition
from mappings.errors import Conflict, RorError

LIFETIME = timedelta(seconds=90)
RENEWAL = timedelta(seconds=20)


class LockHeld(Conflict):
    """Another load is under way."""


class LockLost(RorError):
    """The lock went to another load meanwhile: this one must not swap anything."""


class Lock:
    """The lock while it is held."""

    def __init__(self, gateway: Gateway, target: Target, task: str) -> None:
        """Prepare; nothing is taken yet."""
        self._gateway, self._target = gateway, target
        self._body = _identity(task)
        self._seq: tuple[int, int] | None = None
        self._mutex = threading.Lock()
        self._lost: str | None = None

    def take(self) -> None:
        """Take the lock; ``LockHeld`` says who has it and since when."""
        _ensure_index(self._gateway, self._target.locks)
        try:
            self._store(create=True)
        except EngineConflict:
            self._take_over()

    def _take_over(self) -> None:
        held = self._gateway.get(self._target.locks, self._target.alias)
        if held is None:
            raise LockHeld("another load has just ended: start again")
        holder = held["_source"]
        if _is_alive(holder):
            raise LockHeld(
                f"another load ({holder['task']}) is under way: process {holder['pid']} on {holder['host']}, "
                f"since {holder['since']}; it would be given up at {holder['expires']}",
                holder,
            )
        try:
            self._store(seq=(held["_seq_no"], held["_primary_term"]))
        except EngineConflict:
            raise LockHeld("another load took the abandoned lock first") from None

    def _store(self, *, create: bool = False, seq: tuple[int, int] | None = None) -> None:
        now = datetime.now(UTC)
        self._body |= {"heartbeat": _instant(now), "expires": _instant(now + LIFETIME)}
        seq_no, term = seq or (None, None)
        answer = self._gateway.store(
            self._target.locks,
            self._target.alias,
            self._body,
            create=create,
            if_seq_no=seq_no,
            if_primary_term=term,
            refresh="true",
        )
        self._seq = (answer["_seq_no"], answer["_primary_term"])

    def renew(self) -> None:
        """Show that this load is alive; ``LockLost`` when the lock is another's."""
        with self._mutex:
            if self._lost is None:
                try:
                    self._store(seq=self._seq)
                except EngineConflict:
                    self._lost = "the lock was taken over by another load"
            if self._lost is not None:
                raise LockLost(f"{self._lost}: nothing more is changed")

    def give_back(self) -> None:
        """Release the lock if it is still ours."""
        with self._mutex:
            held = self._gateway.get(self._target.locks, self._target.alias)
            if held is not None and held["_source"]["owner"] == self._body["owner"]:
                try:
                    self._gateway.delete(self._target.locks, self._target.alias, refresh="true")
                except DocumentNotFound:
                    return

    def keep_alive(self, stop: threading.Event) -> None:
        """Renew until told to stop; an engine that is away is asked again at the next renewal."""
        while not stop.wait(RENEWAL.total_seconds()):
            try:
                self.renew()
            except LockLost:
                return
            except EngineError:
                continue


@contextmanager
def locked(gateway: Gateway, target: Target, task: str) -> Iterator[Lock]:
    """Hold the lock of a target for a block of code, renewed from a thread."""
    lock = Lock(gateway, target, task)
    lock.take()
    stop = threading.Event()
    thread = threading.Thread(target=lock.keep_alive, args=(stop,), daemon=True, name="lock renewal")
    thread.start()
    try:
        yield lock
    finally:
        stop.set()
        thread.join()
        lock.give_back()


def _ensure_index(gateway: Gateway, name: str) -> None:
    """Create the index of locks if need be; another process may do so at the same moment."""
    if not gateway.indices(name):
        try:
            gateway.create_index(name, index_definition("locks"))
        except EngineRejected as error:
            if "resource_already_exists" not in error.reason and not gateway.indices(name):
                raise


def _identity(task: str) -> dict[str, Any]:
    return {
        "owner": uuid.uuid4().hex,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "process_started": _process_start(os.getpid()) or "",
        "task": task,
        "since": _instant(datetime.now(UTC)),
    }


def _is_alive(holder: Mapping[str, Any]) -> bool:
    """Say whether the holder may still be at work."""
    if datetime.fromisoformat(holder["expires"]) < datetime.now(UTC):
        return False
    started = holder["process_started"]
    if holder["host"] != socket.gethostname() or not started or not Path("/proc/self/stat").exists():
        return True
    return _process_start(int(holder["pid"])) == str(started)


def _process_start(pid: int) -> str | None:
    """Return boot and start time of a process, which tell it from a later one of the same number.

    ``None`` when there is no such process, when it is a zombie, or when the system has no ``/proc``.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    state, start = fields[0], fields[19]
    return None if state in {"Z", "X"} else f"{boot}/{start}"


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
