"""Find a Java for the engine: the one given, JAVA_HOME, PATH, or a fetched one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.account import Account
from engine.errors import JavaNotFound

MINIMUM = 17
"""Elasticsearch 8.19 starts on Java 17 and later."""
FETCHED = "21"
"""The long-term version fetched when the machine has none."""
_PROBE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Java:
    """A Java runtime: its home folder and feature version."""

    home: Path
    version: int


def find_java(
    environ: Mapping[str, str],
    *,
    given: Path | None = None,
    account: Account | None = None,
    cache: Path | None = None,
) -> Java:
    """Return the first usable Java; ``cache`` is where one may be fetched to (``None``: never fetch).

    Each candidate is really run, as the account that will run the engine. Raises ``JavaNotFound`` with
    what was tried and why it was not enough.
    """
    tried = []
    for source, executable in _candidates(environ, given):
        found = _probe(executable, account)
        if isinstance(found, Java) and found.version >= MINIMUM:
            return found
        tried.append(f"{source}: {found if isinstance(found, str) else f'Java {found.version} is too old'}")
    if not tried:
        tried.append("neither JAVA_HOME nor PATH has one")
    if cache is not None:
        fetched = _fetch(cache, account)
        if isinstance(fetched, Java):
            return fetched
        tried.append(f"fetching one: {fetched}")
    raise JavaNotFound(
        f"the engine needs Java {MINIMUM} or newer and found none ({'; '.join(tried)}). Install one "
        "(Debian, Ubuntu: apt-get install openjdk-17-jre-headless) or set JAVA_HOME"
    )


def _candidates(environ: Mapping[str, str], given: Path | None) -> Iterator[tuple[str, Path]]:
    """Yield what to try and where it comes from; a Java that was given is the only one tried."""
    if given is not None:
        yield str(given), given / "bin" / "java"
        return
    if home := environ.get("JAVA_HOME"):
        yield f"JAVA_HOME={home}", Path(home) / "bin" / "java"
    if on_path := shutil.which("java", path=environ.get("PATH", os.defpath)):
        yield f"PATH: {on_path}", Path(on_path)


def _probe(executable: Path, account: Account | None) -> Java | str:
    """Run one Java and read its own account of itself, or say in words why that failed."""
    command = [str(executable), "-XshowSettings:properties", "-version"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            check=False,
            cwd="/",
            **(account.popen if account else {}),
        )
    except FileNotFoundError:
        return f"there is no {executable}"
    except PermissionError:
        return f"{executable} cannot be run" + (f" by {account.name!r}" if account else "")
    except subprocess.TimeoutExpired:
        return f"{executable} did not answer in {_PROBE_SECONDS} s"
    home = re.search(r"^\s*java\.home = (.+)$", done.stderr, re.MULTILINE)
    version = re.search(r"^\s*java\.specification\.version = (?:1\.)?(\d+)\s*$", done.stderr, re.MULTILINE)
    if done.returncode or home is None or version is None:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        return f"{executable} failed (exit {done.returncode}): {last[0]}"
    return Java(Path(home[1].strip()), int(version[1]))


def _fetch(cache: Path, account: Account | None) -> Java | str:
    """Fetch a Java into a cache folder with cjdk, or say in words why that failed."""
    import cjdk  # only here: it is slow to import and hardly ever needed

    try:
        home = cjdk.java_home(vendor="adoptium", version=FETCHED, cache_dir=cache, progress=False)
    except (cjdk.CjdkError, OSError) as error:
        return " ".join(str(error).split())[:300]
    return _probe(Path(home) / "bin" / "java", account)
