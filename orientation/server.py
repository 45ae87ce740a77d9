"""The production server: gunicorn, told in code what the settings say."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from orientation import ending
from orientation.monitoring import metrics
from orientation.monitoring.logs import ServerLogger, configure
from orientation.settings import Settings

TURN_S = 0.001
"""Seconds that a thread may keep the others of its process from running: those that read names and build suggestions
compute for seconds beside requests of milliseconds."""
_OBJECTS = 50_000
"""Objects made and not yet let go before the collector looks through them; measured, a tenth of what a write costs."""
GRACE_S = 20
"""Seconds that requests under way are given when the server is told to end."""
STUCK_S = 60
"""Seconds after which a process that gives no sign is replaced."""


class Server(BaseApplication):
    """Gunicorn with our settings, and no file or command line of its own."""

    def __init__(self, settings: Settings, make: Callable[[], Flask], ready: Callable[[], None]) -> None:
        """Keep the settings; ``make`` is called in each process, after the fork: no connection is shared."""
        self._settings = settings
        self._make = make
        self._ready = ready
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn its options."""
        for name, value in options(self._settings).items():
            self.cfg.set(name, value)
        self.cfg.set("when_ready", lambda arbiter: self._ready())
        self.cfg.set("post_worker_init", lambda worker: ending.watch(lambda: worker.alive))
        self.cfg.set("child_exit", lambda arbiter, worker: metrics.process_ended(worker.pid))
        # Called in the first process only; a block around the run would end in each of those forked, too.
        self.cfg.set("on_exit", lambda arbiter: metrics.unshare())

    def load(self) -> Any:
        """Make the application of one process.

        What it is made of stays as long as it: the collector, which would look through all of it (every commune, every
        code) at each round, is told to leave it alone, and to look less often: answers of the engine are made of many
        objects that go without its help.
        """
        made = self._make()
        gc.collect()
        gc.freeze()
        gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
        sys.setswitchinterval(TURN_S)
        return made


def options(settings: Settings) -> dict[str, Any]:
    """Return the options of gunicorn."""
    return {
        "bind": f"{settings.host}:{settings.port}",
        "workers": settings.workers,
        "worker_class": "gthread",
        # Those that answer, those that wait their turn, and the streams, which hold theirs.
        "threads": settings.threads + settings.queue + streams(settings),
        "certfile": str(settings.tls_certificate) if settings.tls_certificate else None,
        "keyfile": str(settings.tls_key) if settings.tls_key else None,
        "forwarded_allow_ips": ",".join(settings.trusted_proxies),
        "forwarder_headers": "",
        "limit_request_fields": 64,
        "graceful_timeout": GRACE_S,
        "timeout": STUCK_S,
        "keepalive": 5,
        "loglevel": settings.log_level,
        "logger_class": ServerLogger,
        "limit_request_line": 8190,
        "proc_name": "ror",
    }


def streams(settings: Settings) -> int:
    """Return how many streams of changes one process serves at once."""
    return max(1, settings.threads // 2)


def serve(settings: Settings, make: Callable[[], Flask], ready: Callable[[], None] = lambda: None) -> None:
    """Serve until told to end (SIGTERM, SIGINT), finishing what is under way; ``ready`` is called once it listens."""
    configure(settings.log_level, settings.log_format)
    metrics.share()
    Server(settings, make, ready).run()
