"""Each way to fail has its own words."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from jgo.maven import MavenContext

from engine import install as installing
from engine import node, process
from engine.config import NodeConfig
from engine.disk import told_when_full
from engine.errors import (
    DiskFull,
    FolderUnreachable,
    InstallFailed,
    JavaNotFound,
    NodeError,
    PortTaken,
)
from engine.java import find_java
from engine.process import explain_death
from tests.ports import free_port

Maker = Callable[..., NodeConfig]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it mounts or drops privileges")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send every download to a proxy that is not there."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tiny_disk(open_folder: Path) -> Iterator[Path]:
    """Mount a real file system of 4 MiB."""
    place = open_folder / "tiny"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=755", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("which", ["port", "transport_port"])
def test_a_taken_port_is_named_with_who_has_it(installed: Maker, which: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"port {port} is taken by .*\(pid {os.getpid()}\)"):
            node.start(installed(**{which: port}))


def test_a_port_taken_by_another_engine_names_its_home(engine: object, installed: Maker) -> None:
    config: NodeConfig = engine.config  # type: ignore[attr-defined]
    with pytest.raises(PortTaken, match=f"the engine of {re.escape(str(config.home))}"):
        node.start(installed(port=config.port))


LISTENING = """
import mmap, signal, socket, sys
held = socket.create_server(("127.0.0.1", int(sys.argv[1])))
memory = mmap.mmap(-1, 400 * 2**20)
memory.madvise(mmap.MADV_NOHUGEPAGE)  # many small pages take the system a while to take back
for at in range(0, len(memory), mmap.PAGESIZE):
    memory[at] = 1
print("up", flush=True)
signal.pause()
"""


def test_a_port_that_a_killed_process_still_holds_is_waited_for() -> None:
    port = free_port()
    with subprocess.Popen([sys.executable, "-c", LISTENING, str(port)], stdout=subprocess.PIPE) as listening:
        assert listening.stdout is not None and listening.stdout.readline() == b"up\n"
        with pytest.raises(PortTaken, match=rf"\(pid {listening.pid}\)"):
            process.check_port_free(port)
        listening.kill()
        with suppress(psutil.ZombieProcess):
            while psutil.Process(listening.pid).cmdline():
                continue
        process.check_port_free(port)


def test_nothing_cached_and_no_network(make_config: Maker, open_folder: Path, no_network: None) -> None:
    config = make_config(archive_cache=open_folder / "empty")
    with pytest.raises(InstallFailed, match="could not be fetched: no network") as caught:
        node.start(config)
    assert str(open_folder / "empty") in str(caught.value)
    assert list((open_folder / "empty").iterdir()) == [], "no half of a download is left to be taken for a whole"


def test_offline_is_said_to_be_asked_for(make_config: Maker, open_folder: Path) -> None:
    with pytest.raises(InstallFailed, match="offline was asked for"):
        node.install(make_config(archive_cache=open_folder / "empty", offline=True))


def test_a_damaged_archive_is_never_unpacked(make_config: Maker, open_folder: Path, no_network: None) -> None:
    config = make_config(archive_cache=open_folder / "cache")
    place = installing._artifact(MavenContext(repo_cache=open_folder / "cache")).cached_path
    assert place is not None
    place.parent.mkdir(parents=True)
    place.write_bytes(b"half of a zip")
    with pytest.raises(InstallFailed, match="could not be fetched"):
        node.install(config)
    assert not config.dist.exists()


def test_an_archive_that_reaches_outside_is_refused(open_folder: Path) -> None:
    archive = open_folder / "bad.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("elasticsearch-1/../../escaped", b"x")
    with pytest.raises(InstallFailed, match="escaped"):
        installing._unpack(archive, open_folder / "elasticsearch-1")
    assert not (open_folder.parent / "escaped").exists()


def test_an_empty_home_variable_still_has_a_cache(make_config: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("M2_REPO", raising=False)
    monkeypatch.setenv("HOME", "")
    config = make_config()
    assert installing._caches(config) == [config.home / "cache"]


def test_no_java_says_what_was_tried_and_what_to_do(open_folder: Path) -> None:
    environ = {"JAVA_HOME": str(open_folder / "gone"), "PATH": str(open_folder)}
    with pytest.raises(JavaNotFound, match="Java 17 or newer") as caught:
        find_java(environ)
    assert f"there is no {open_folder}/gone/bin/java" in str(caught.value)
    assert "install" in str(caught.value).lower()
    with pytest.raises(JavaNotFound, match="neither JAVA_HOME nor PATH has one"):
        find_java({"PATH": str(open_folder)})


def test_no_java_and_no_network_says_both(open_folder: Path, no_network: None) -> None:
    with pytest.raises(JavaNotFound, match="fetching one: "):
        find_java({"PATH": str(open_folder)}, cache=open_folder / "jdk")


def test_a_java_too_old_is_named_with_its_version(open_folder: Path) -> None:
    java = open_folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text(
        "#!/bin/sh\necho '    java.home = /old' >&2\necho '    java.specification.version = 1.8' >&2\n",
        encoding="ascii",
    )
    java.chmod(0o755)
    with pytest.raises(JavaNotFound, match="Java 8 is too old"):
        find_java({"JAVA_HOME": str(open_folder), "PATH": ""})


def test_java_given_wrongly_stops_the_start(installed: Maker, open_folder: Path) -> None:
    with pytest.raises(JavaNotFound, match="nowhere"):
        node.start(installed(java_home=open_folder / "nowhere", offline=True))


@needs_root
def test_a_full_disk_is_named_before_the_engine_starts(installed: Maker, tiny_disk: Path) -> None:
    with pytest.raises(DiskFull, match=r"disk full at .*tiny.*100 MiB, \d are free"):
        node.start(installed(home=tiny_disk / "home"))


@needs_root
def test_a_disk_that_fills_up_on_the_way_is_named(tiny_disk: Path) -> None:
    with pytest.raises(DiskFull, match="no room left for this test"), told_when_full(tiny_disk, "this test"):
        (tiny_disk / "big").write_bytes(bytes(5 * 1024 * 1024))


@needs_root
def test_a_folder_on_the_way_that_the_account_cannot_enter_is_named(installed: Maker, open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(FolderUnreachable, match=rf"'nobody', who cannot enter {re.escape(str(closed))} "):
        node.start(installed(home=closed / "home"))


@needs_root
@pytest.mark.parametrize(("name", "words"), [("no-such-user", "no account"), ("root", "is root")])
def test_an_account_that_cannot_run_it_is_refused(make_config: Maker, name: str, words: str) -> None:
    with pytest.raises(NodeError, match=words):
        node.start(make_config(run_as=name))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"port": 0}, "port 0 is not between"),
        ({"port": 9300, "transport_port": 9300}, "are both 9300"),
        ({"heap": "1 gigabyte"}, "not a size such as 512m"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(
    make_config: Maker, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(NodeError, match=words):
        make_config(**changes)


def test_the_cause_named_is_the_log_s_and_not_an_option_of_the_machine(tmp_path: Path) -> None:
    config = NodeConfig(home=tmp_path)
    config.log.mkdir()
    config.log_file.write_text("JVM arguments [-XX:+ExitOnOutOfMemoryError]\nIOException: Mount point not found\n")
    assert "no mounted file system" in str(explain_death(config, "the engine ended while starting"))
    config.log_file.write_text("java.lang.OutOfMemoryError: Java heap space\n")
    assert "not enough memory" in str(explain_death(config, "the engine ended while starting"))
