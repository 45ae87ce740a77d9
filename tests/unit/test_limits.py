"""Nobody keeps the others out: how often, and how much at once."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from orientation.errors import Overloaded, TooManyRequests
from orientation.limits import Rates, Slots
from tests.ports import free_port
from tests.waiting import LONG_S, until

WHO = "198.51.100.1"


def allowed(hit: Callable[[str], None], who: str = WHO, times: int = 20) -> int:
    """Return how many of some requests pass."""
    waits = []
    for _ in range(times):
        try:
            hit(who)
        except TooManyRequests as error:
            waits.append(error.retry_after_s)
    assert all(1 <= wait <= 60 for wait in waits)
    return times - len(waits)


def test_each_address_and_each_client_has_its_own_count() -> None:
    rates = Rates("5 per minute", "3 per minute")
    assert allowed(rates.address) == 5
    assert allowed(rates.address, "198.51.100.2") == 5
    assert allowed(rates.client, "key:a") == allowed(rates.client, "key:b") == 3
    assert allowed(rates.client, WHO) == 3, "a client whose name is an address is not that address"


def test_without_a_limit_everything_passes() -> None:
    assert allowed(Rates(None, None).address, times=500) == 500


@contextmanager
def redis_server(folder: Path, port: int) -> Iterator[None]:
    """Run a Redis until the block ends."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("needs redis-server (Debian: apt-get install redis-server)")
    arguments = ["--port", str(port), "--save", "", "--dir", str(folder), "--bind", "127.0.0.1"]
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + LONG_S
        while True:
            try:
                with redis.Redis(port=port) as connection:
                    connection.ping()
                break
            except redis.ConnectionError:
                assert time.monotonic() < deadline and process.poll() is None
        yield
    finally:
        process.terminate()
        process.wait(60)


def test_processes_count_together_in_redis_and_by_themselves_while_it_is_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    with redis_server(tmp_path, port):
        one, other = (Rates("6 per minute", None, f"redis://127.0.0.1:{port}") for _ in range(2))
        assert allowed(one.address, times=4) == 4
        assert allowed(other.address, times=4) == 2
    assert allowed(other.address) == 6, "Redis is gone: this process counts by itself, and answers"
    assert "counted by each process" in caplog.text
    assert allowed(other.address, times=1) == 0


def entered(slots: Slots, holder: str, log: list[str], stay: threading.Event) -> threading.Thread:
    """Enter in a thread of its own, note the outcome, and leave when told."""

    def run() -> None:
        try:
            slots.enter(holder)
        except Overloaded:
            log.append(f"{holder} away")
            return
        log.append(holder)
        stay.wait(LONG_S)
        slots.leave(holder)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_so_many_are_answered_at_once_and_the_next_waits_its_turn() -> None:
    slots, log, stay = Slots(2, 5, wait_s=LONG_S), [], threading.Event()
    threads = [entered(slots, "a", log, stay) for _ in range(2)]
    until(lambda: len(log) == 2)
    threads.append(entered(slots, "b", log, stay))
    until(lambda: slots.waiting == 1)
    assert log == ["a", "a"]
    stay.set()
    for thread in threads:
        thread.join(LONG_S)
    assert log == ["a", "a", "b"]
    slots.enter("c")
    slots.leave("c")


def test_whoever_has_least_under_way_is_next() -> None:
    slots, log = Slots(2, 10, wait_s=LONG_S), []
    first, rest = threading.Event(), threading.Event()
    threads = [entered(slots, "flood", log, first), entered(slots, "flood", log, rest)]
    until(lambda: len(log) == 2)
    for number, holder in enumerate(("flood", "flood", "flood", "calm"), start=1):
        threads.append(entered(slots, holder, log, rest))
        until(lambda wanted=number: slots.waiting == wanted)
    first.set()
    until(lambda: len(log) == 3)
    assert log[2] == "calm", "it came last and has nothing under way"
    rest.set()
    for thread in threads:
        thread.join(LONG_S)
    assert log.count("flood") == 5


def test_whoever_asked_least_of_late_goes_before_whoever_asked_much_and_was_refused() -> None:
    slots, log, first, rest = Slots(1, 2, wait_s=LONG_S), [], threading.Event(), threading.Event()
    for _ in range(50):
        slots.asked("flood")
    threads = [entered(slots, "other", log, first)]
    until(lambda: log == ["other"])
    threads.append(entered(slots, "flood", log, rest))
    until(lambda: slots.waiting == 1)
    threads.append(entered(slots, "flood too", log, rest))
    until(lambda: slots.waiting == 2)
    slots.asked("calm")
    threads.append(entered(slots, "calm", log, rest))
    until(lambda: "flood away" in log)
    first.set()
    until(lambda: len(log) == 3)
    rest.set()
    for thread in threads:
        thread.join(LONG_S)
    assert set(log) == {"other", "flood away", "calm", "flood too"}


def turns(waiting: list[str]) -> list[str]:
    """Return the order in which those that wait for the one slot get it; who is called busy asked much of late."""
    slots, log, first, rest = Slots(1, 50, wait_s=LONG_S), [], threading.Event(), threading.Event()
    rest.set()
    for _ in range(50):
        slots.asked("busy")
    threads = [entered(slots, "other", log, first)]
    until(lambda: log == ["other"])
    for number, holder in enumerate(waiting, start=1):
        threads.append(entered(slots, holder, log, rest))
        until(lambda wanted=number: slots.waiting == wanted)
    first.set()
    for thread in threads:
        thread.join(LONG_S)
    return log[1:]


def test_whoever_asked_much_is_not_put_off_until_all_others_have_had_their_turns() -> None:
    fresh = [f"fresh {number}" for number in range(12)]
    assert turns(["busy", *fresh]) == [*fresh[:3], "busy", *fresh[3:]]


def test_one_turn_in_four_is_all_that_whoever_asked_much_gets_before_others() -> None:
    fresh = [f"fresh {number}" for number in range(6)]
    order = turns([*["busy"] * 8, *fresh])
    assert order == [*fresh[:3], "busy", *fresh[3:], *["busy"] * 7]


def test_one_slot_in_four_is_kept_for_those_who_asked_little() -> None:
    slots, log, stay = Slots(4, 10, wait_s=LONG_S), [], threading.Event()
    for _ in range(50):
        slots.asked("flood")
    threads = [entered(slots, "flood", log, stay) for _ in range(5)]
    until(lambda: len(log) == 3 and slots.waiting == 2)
    slots.asked("calm")
    slots.enter("calm")  # at once, before those that wait
    slots.leave("calm")
    assert slots.waiting == 2, "what calm gave back is not for those who asked much"
    stay.set()
    for thread in threads:
        thread.join(LONG_S)
    assert log == ["flood"] * 5
    assert slots.waiting == 0


def test_the_slots_kept_are_not_kept_twice() -> None:
    slots = Slots(4, 10, wait_s=LONG_S)
    for _ in range(50):
        slots.asked("busy")
    for holder in ("calm 1", "calm 2", "calm 3", "busy"):
        slots.enter(holder)  # at once: those who asked little have more than what is kept for them
    for holder in ("calm 1", "calm 2", "calm 3", "busy"):
        slots.leave(holder)


def test_when_no_more_may_wait_the_one_who_has_most_waiting_is_sent_away() -> None:
    slots, log, stay = Slots(1, 3, wait_s=LONG_S), [], threading.Event()
    threads = [entered(slots, "flood", log, stay)]
    until(lambda: log == ["flood"])
    for number in range(1, 4):
        threads.append(entered(slots, "flood", log, stay))
        until(lambda wanted=number: slots.waiting == wanted)
    with pytest.raises(Overloaded):
        slots.enter("flood")
    threads.append(entered(slots, "calm", log, stay))
    until(lambda: "flood away" in log)
    stay.set()
    for thread in threads:
        thread.join(LONG_S)
    assert log.count("calm") == 1
    assert log.count("flood") == 3


def test_nobody_waits_for_ever() -> None:
    slots = Slots(1, 5, wait_s=0.05)
    slots.enter("a")
    started = time.monotonic()
    with pytest.raises(Overloaded, match="in time"):
        slots.enter("b")
    assert time.monotonic() - started < 5
    assert slots.waiting == 0
    slots.leave("a")
    slots.enter("b")


def test_slots_are_never_lost_nor_made_up_by_many_threads() -> None:
    slots, most, now, lock = Slots(3, 50, wait_s=20), 0, 0, threading.Lock()

    def work(holder: str) -> None:
        nonlocal most, now
        for _ in range(30):
            slots.enter(holder)
            with lock:
                now += 1
                most = max(most, now)
            with lock:
                now -= 1
            slots.leave(holder)

    threads = [threading.Thread(target=work, args=(f"h{n % 4}",)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert now == 0 and most <= 3
    assert slots.waiting == 0
    for _ in range(3):
        slots.enter("end")
