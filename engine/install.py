"""Fetch the publisher's minimal archive through jgo's Maven API, check it, unpack it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import requests
from jgo.constants import default_maven_repo
from jgo.maven import Artifact, MavenContext, PythonResolver

from engine.config import VERSION, NodeConfig
from engine.disk import MEBIBYTE, check_room, told_when_full
from engine.errors import FolderUnreachable, InstallFailed

GROUP = "org.elasticsearch.distribution.integ-test-zip"
ARTIFACT = "elasticsearch"
SHA512 = (
    "cf6b0a93860d329937ae7f913ec5073b0c726c77639764b93fc83a304aa1dd9d"
    "4defcfa2849948eea3b0b47c2065f994908603939fc2a4774c9c4d868c5ec1dd"
)
"""Of the archive of ``VERSION``, as published beside it. Pinned, because jgo only logs a mismatch."""

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Told the name and size in bytes; gives a function told each number of bytes that came."""

_ARCHIVE_BYTES = 110 * MEBIBYTE
_UNPACKED_BYTES = 130 * MEBIBYTE
_READ_SECONDS = 30


def install(config: NodeConfig, progress: Progress | None = None) -> Path:
    """Return the folder of the unpacked engine, fetching and unpacking it where it is not there yet."""
    if (config.dist / "bin" / "elasticsearch").is_file():
        return config.dist
    archive = fetch_archive(config, progress)
    check_room(config.dist, _UNPACKED_BYTES, "unpacking the engine")
    with told_when_full(config.dist, "unpacking the engine"), _writable(config.dist.parent):
        config.dist.parent.mkdir(parents=True, exist_ok=True)
        _unpack(archive, config.dist)
    return config.dist


def fetch_archive(config: NodeConfig, progress: Progress | None = None) -> Path:
    """Return the checked archive, from the cache or the network; a damaged one is fetched again."""
    caches = _caches(config)
    for cache in caches:
        cached = _artifact(MavenContext(repo_cache=cache)).cached_path
        # Not is_file(): it raises where the folder on the way, another account's say, cannot be entered.
        if cached is not None and os.access(cached, os.R_OK) and _sha512(cached) == SHA512:
            return cached
    target = next((folder for folder in caches if _can_write(folder)), None)
    if target is None:
        raise FolderUnreachable(f"the engine's archive cannot be kept in {' nor in '.join(map(str, caches))}")
    if config.offline:
        raise InstallFailed(f"Elasticsearch {VERSION} is not in {caches[0]}, and offline was asked for")
    check_room(target, _ARCHIVE_BYTES, "fetching the engine")
    with told_when_full(target, "fetching the engine"), tempfile.TemporaryDirectory(dir=target) as staging:
        # Fetched beside the cache and moved when whole: jgo writes straight to the final name, and a broken
        # download would pass for a cached file ever after.
        resolver = PythonResolver(progress_callback=progress)
        context = MavenContext(repo_cache=Path(staging), timeout=_READ_SECONDS, resolver=resolver)
        return _download(_artifact(context), _artifact(MavenContext(repo_cache=target)), caches[0])


def _download(source: Artifact, target: Artifact, shown: Path) -> Path:
    """Fetch one artifact, check it and move it to its place in the cache."""
    try:
        fetched = source.resolve()
    except requests.RequestException as error:
        raise InstallFailed(
            f"Elasticsearch {VERSION} is not in {shown} and could not be fetched: no network, or "
            f"Maven Central out of reach ({type(error).__name__}). Try again on line, or use another cluster"
        ) from error
    except RuntimeError as error:
        raise InstallFailed(f"Maven Central does not have {target}: {error}") from error
    if (found := _sha512(fetched)) != SHA512:
        raise InstallFailed(f"the archive fetched is not the published one: its SHA-512 is {found}")
    place = target.cached_path
    if place is None:
        raise InstallFailed(f"jgo has no place for {target}")
    place.parent.mkdir(parents=True, exist_ok=True)
    Path(fetched).replace(place)
    return place


def _artifact(context: MavenContext) -> Artifact:
    """Name the archive to jgo."""
    return context.project(GROUP, ARTIFACT).at_version(VERSION).artifact(packaging="zip")


def _caches(config: NodeConfig) -> list[Path]:
    """List where the archive may be kept: the one asked for, else Maven's own, else the engine's home."""
    own = config.home / "cache"
    if config.archive_cache is not None:
        return [config.archive_cache]
    try:
        shared = default_maven_repo()
    except RuntimeError:  # no HOME and no such user
        return [own]
    # An empty HOME makes "~" the root folder, where no cache belongs.
    return [own] if shared.parent.parent == Path("/") else [shared, own]


def _can_write(folder: Path) -> bool:
    """Tell whether a folder exists, or can be made, and takes files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """Name the folder that refuses to be written."""
    try:
        yield
    except PermissionError as error:
        raise FolderUnreachable(f"the engine cannot be unpacked in {folder}: {error.strerror}") from error


def _sha512(path: Path) -> str:
    """Digest a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha512").hexdigest()


def _unpack(archive: Path, target: Path) -> None:
    """Unpack beside the target and rename, so that a half-unpacked engine never counts as installed.

    Every entry must lie under the one folder of the version. Modes are set so that any account can run it.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as staging, zipfile.ZipFile(archive) as bundle:
        for entry in bundle.infolist():
            parts = Path(entry.filename).parts
            if not parts or parts[0] != target.name or ".." in parts:
                raise InstallFailed(f"the engine's archive holds {entry.filename!r}, not in {target.name}")
            path = Path(bundle.extract(entry, staging))
            executable = entry.is_dir() or (entry.external_attr >> 16) & 0o100
            path.chmod(0o755 if executable else 0o644)
        try:
            (Path(staging) / target.name).rename(target)
        except OSError:
            if not (target / "bin" / "elasticsearch").is_file():  # else another process was first: as good
                shutil.rmtree(target, ignore_errors=True)
                (Path(staging) / target.name).rename(target)
