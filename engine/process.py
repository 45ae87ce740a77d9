"""The engine's process: launch it detached, recognise it, end it, and read why it died."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil

from engine.account import Account
from engine.config import NodeConfig
from engine.errors import DiskFull, NodeCrashed, NodeError, PortTaken
from engine.java import Java

LAUNCHER_LOG = "launcher.log"
_MARK = "-Dror.engine.home="
_PORT_SECONDS = 10.0


def mark(config: NodeConfig) -> str:
    """Return the JVM argument that says whose engine a process is: pids are reused, this is not."""
    return f"{_MARK}{config.home}"


def find(config: NodeConfig) -> psutil.Process | None:
    """Return the live process of this very home: by its pid file, else (file lost) among all processes."""
    try:
        process = psutil.Process(int(config.pid_file.read_text(encoding="ascii")))
    except (OSError, ValueError, psutil.NoSuchProcess):
        process = None
    if process is not None and is_ours(process, config):
        return process
    # By its command line, already read: ``is_ours`` would read every process of the machine again.
    for other in psutil.process_iter(["cmdline"]):
        if mark(config) in (other.info["cmdline"] or ()) and alive(other):
            return other
    return None


def is_ours(process: psutil.Process, config: NodeConfig) -> bool:
    """Tell whether a process is alive and runs the engine of this home."""
    try:
        return mark(config) in process.cmdline() and alive(process)
    except psutil.Error:
        return False


def alive(process: psutil.Process) -> bool:
    """Tell whether a process still runs or holds anything.

    A zombie does not, and in a container nobody may reap it; but one whose other threads are still going
    down has its ports and its data folder until the last is gone.
    """
    try:
        if not process.is_running():
            return False
        return process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1
    except psutil.NoSuchProcess:
        return False


def check_port_free(port: int) -> None:
    """Refuse to start on a port where something listens, and say what, where the system tells.

    A port that nobody seems to hold is tried again for a while: an engine killed just now gives it back late.
    """
    deadline = time.monotonic() + _PORT_SECONDS
    while (error := _bind_error(port)) is not None:
        if isinstance(error, PermissionError):
            raise PortTaken(f"port {port} is reserved to root: choose one above 1023") from error
        holder = _listener(port)
        if holder or time.monotonic() > deadline:
            raise PortTaken(
                f"port {port} is taken{holder}: stop that program, or choose another engine port"
            ) from error
        time.sleep(0.1)


def _bind_error(port: int) -> OSError | None:
    """Try to take a port on loopback; return what prevents it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error
    return None


def _listener(port: int) -> str:
    """Describe who listens on a port, as far as this account may see; nobody, if it is dying.

    A killed process loses its memory, and with it its command line, before its ports.
    """
    try:
        pids = {
            connection.pid
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
        }
        for pid in pids - {None}:
            process = psutil.Process(pid)
            command = process.cmdline()
            if not command:
                continue
            homes = [part.removeprefix(_MARK) for part in command if part.startswith(_MARK)]
            return f" by {'the engine of ' + homes[0] if homes else process.name()} (pid {pid})"
    except psutil.Error:
        return ""
    return ""


def launch(config: NodeConfig, java: Java, account: Account | None, wait: float) -> None:
    """Run the engine's launcher, which returns once the engine listens and leaves it in the background.

    It gets its own session, so that Ctrl-C in a terminal does not reach it, and a bare environment, so that
    no stray ``ES_JAVA_OPTS`` does. Raises ``NodeCrashed``, or what the log shows to be the cause.
    """
    environ = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(config.home),
        "ES_JAVA_HOME": str(java.home),
        "ES_PATH_CONF": str(config.home / "config"),
        "ES_TMPDIR": str(config.home / "tmp"),
    }
    if " " not in str(config.home):  # the launcher's script splits these at blanks
        environ["CLI_JAVA_OPTS"] = f"-Djava.io.tmpdir={config.home / 'tmp'}"
    command = [str(config.dist / "bin" / "elasticsearch"), "-d", "-p", str(config.pid_file)]
    with (config.log / LAUNCHER_LOG).open("wb") as log:
        launcher = subprocess.Popen(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=config.home,
            **(account.popen if account else {}),
        )
    try:
        code = launcher.wait(wait)
    except subprocess.TimeoutExpired as error:
        raise explain_death(config, f"the engine was not ready after {wait:.0f} s and was ended") from error
    finally:
        if launcher.poll() is None:  # late, or interrupted: nothing is left half started
            os.killpg(launcher.pid, signal.SIGKILL)
            launcher.wait()
    if code != 0:
        raise explain_death(config, f"the engine ended while starting (exit {code})")


def terminate(process: psutil.Process, grace: float) -> bool:
    """Ask a process to end, and force it after ``grace`` seconds; return whether it ended by itself."""
    try:
        process.terminate()
        deadline = time.monotonic() + grace
        while alive(process) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not alive(process):
            return True
        process.kill()
        while alive(process):
            time.sleep(0.05)
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied as error:
        raise NodeError(
            f"the engine (pid {process.pid}) runs as {process.username()!r}, whom this account may not stop: "
            "do it as that user or as root"
        ) from error
    return False


_CAUSES: tuple[tuple[str, type[NodeError], str], ...] = (
    (
        r"BindException|BindHttpException|BindTransportException|Address already in use",
        PortTaken,
        "port taken",
    ),
    (r"No space left on device|Disk quota exceeded", DiskFull, "disk full"),
    (
        r"Could not reserve enough space|insufficient memory|Cannot allocate memory|java\.lang\.OutOfMemoryError",
        NodeCrashed,
        "not enough memory for the heap asked for",
    ),
    (r"Mount point not found", NodeCrashed, "its data folder is on no mounted file system (a bare chroot?)"),
    (r"failed to obtain node lock", NodeCrashed, "its data folder is in use by another engine"),
    (r"cannot upgrade a node|cannot downgrade a node", NodeCrashed, "its data folder is of another version"),
)
"""What a log says, the error that it means, and the words for it; first match wins."""


def explain_death(config: NodeConfig, what: str) -> NodeError:
    """Make the error that names the cause of a death, with the last lines that the engine wrote."""
    launcher, engine = tail(config.log / LAUNCHER_LOG), tail(config.log_file)
    text = "\n".join((*engine, *launcher))
    cause = next(((kind, f": {words}") for pattern, kind, words in _CAUSES if re.search(pattern, text)), None)
    kind, words = cause or (NodeCrashed, "")
    shown = "\n".join((launcher or engine)[-12:])
    return kind(f"{what}{words}. Log in {config.log}, which ends with:\n{shown}")


def tail(path: Path, lines: int = 40, limit: int = 32_768) -> list[str]:
    """Return the last lines of a file, none when it is not there; at most ``limit`` bytes are read."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - limit))
            return stream.read().decode("utf-8", "replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []
