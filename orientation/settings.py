"""The settings: one frozen object, read from ``ROR_*`` variables at start, checked, every key documented.

``Settings`` declares each key once: its field gives the variable's name, its default, its documentation, the
function that reads it and whether it is secret.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Any

from engine.config import NodeConfig
from mappings.errors import FieldError, InvalidInput, shorten
from orientation import setting_readers as read
from orientation.security_settings import SecuritySettings, incomplete
from orientation.security_settings import setting as _setting

PREFIX = "ROR_"
TEST_PREFIX = "ROR_TEST_"
"""Variables of this prefix are for the tests and mean nothing to the product."""
MASK = "********"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(SecuritySettings):
    """All that can be set; ``ROR_DATA_DIR`` is read into ``data_dir``, and so on."""

    data_dir: Path = _setting(
        None,
        "Folder of all that the product keeps: embedded engine, secret, clients.",
        read.folder,
        shown="/var/lib/ror for root, else ror in the user's data folder (XDG_DATA_HOME)",
    )
    elasticsearch_url: str | None = _setting(
        None,
        "Address of an Elasticsearch 8.19 or 9 cluster, or of several of its nodes by comma: where one does not take"
        " the connection, the next is asked.",
        read.urls,
        shown="the embedded engine",
    )
    elasticsearch_api_key: str | None = _setting(None, "API key of that cluster.", read.text, secret=True)
    elasticsearch_ca: Path | None = _setting(
        None, "PEM file of the authority that signed the cluster's certificate.", read.existing_file
    )
    engine_port: int = _setting(9209, "HTTP port of the embedded engine, on loopback.", read.whole(1, 65535))
    engine_heap: str = _setting("1g", "Memory of the embedded engine, such as 512m or 2g.", read.heap)
    engine_user: str = _setting("nobody", "Account that runs the embedded engine when this process is root.", read.text)
    backup_folder: Path | None = _setting(
        None,
        "Folder of backups, the same on every node, which each node may write in (path.repo).",
        read.folder,
        shown="in the data folder, beside the embedded engine",
    )
    search_timeout: float = _setting(
        2.0, "Seconds the engine has to answer a search; past them the answer is 503.", read.real(0.05, 60)
    )
    host: str = _setting("127.0.0.1", "Address the server listens on.", read.text)
    port: int = _setting(8000, "Port the server listens on.", read.whole(0, 65535))
    workers: int = _setting(2, "Processes of the server.", read.whole(1, 64))
    threads: int = _setting(8, "Threads of each process, hence questions answered at once.", read.whole(1, 256))
    max_body: int = _setting(
        16 * 2**20, "Largest request body in bytes; a question takes 64 KiB at most.", read.whole(1024, 2**31)
    )
    secret: str | None = _setting(
        None,
        "Key that signs cursors, at least 32 characters, the same on every server of one address.",
        read.secret,
        secret=True,
        shown="made once, in the data folder",
    )
    anonymous_profile: int = _setting(
        0, "Access profile (0 to 5) of whoever gives no key; 1 sees all, for a demonstration.", read.whole(0, 5)
    )
    geocoder: str = _setting(
        "none",
        "Where postal addresses are looked up: none, or ban (national address base).",
        read.one_of("none", "ban"),
    )
    geocoder_timeout: float = _setting(2.0, "Seconds the geocoder has to answer.", read.real(0.05, 30))
    places_file: Path | None = _setting(
        None, "File of communes that replaces the built-in gazetteer.", read.existing_file
    )
    tension_departments: tuple[str, ...] = _setting(
        (), "Departments, by code and comma, where bed counts must be fresher (tension).", read.departments
    )
    tension_regions: tuple[str, ...] = _setting(
        (), "Regions, by INSEE code and comma, where bed counts must be fresher (tension).", read.regions
    )
    write_keys: tuple[tuple[str, str], ...] = _setting(
        (),
        "Operators who may write every bed count and declare tension, as name:key and commas; a key has 16 characters"
        " or more. Others are given keys by `ror clients add`.",
        read.write_keys,
        secret=True,
        shown="nobody",
    )
    csd_directory: str = _setting(
        "ror", "Name of this directory among the documents of the CSD facade.", read.directory_name
    )
    peers_budget: float = _setting(
        1.5,
        "Seconds that other regions have to answer a question; past them it is answered without.",
        read.real(0.05, 30),
    )
    peers_whole_days: float = _setting(
        7.0,
        "Days after which a pull of another region's directory compares the whole of it with our copy.",
        read.real(0.01, 365),
    )
    exchanges_days: int = _setting(
        1095,
        "Days for which the log of exchanges with other directories is kept, by whole months.",
        read.whole(31, 36500),
    )
    history_days: int = _setting(90, "Days for which the history of bed counts is kept.", read.whole(1, 3650))
    tiles_url: str | None = _setting(
        None,
        "Tiles of the map's base, with {z}, {x} and {y}; pages load nothing from another host without it.",
        read.tiles,
        shown="none: a grid and the names of towns",
    )
    tiles_attribution: str | None = _setting(None, "Whom the map thanks for its tiles, as text.", read.text)
    log_level: str = _setting(
        "info", "Least grave message logged.", read.one_of("debug", "info", "warning", "error", "critical")
    )
    log_format: str = _setting(
        "json", "How logs are written: json, one object a line, or text for a terminal.", read.one_of("json", "text")
    )

    def __post_init__(self) -> None:
        """Find the data folder where none is given."""
        if self.data_dir is None:
            object.__setattr__(self, "data_dir", read.default_data_dir())

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment; ``InvalidInput`` names every variable that is wrong, its value and the rule.

        A variable set to nothing counts as not set. A ``ROR_*`` variable that means nothing is refused: it is
        a spelling mistake that would otherwise pass for a setting.
        """
        errors = _unknown(environ)
        values = {}
        for key in fields(cls):
            text = environ.get(variable(key), "")
            if not text.strip():
                continue
            try:
                values[key.name] = key.metadata["read"](text.strip())
            except ValueError as error:
                given = MASK if key.metadata["secret"] else shorten(text)
                errors.append(FieldError(variable(key), str(error), given))
        errors += incomplete(values, PREFIX)
        if errors:
            raise InvalidInput(errors)
        return cls(**values)

    def describe(self) -> list[dict[str, str]]:
        """Return one row a key: ``name``, ``value``, ``default``, ``doc``; a secret is masked."""
        return [
            {
                "name": variable(key),
                "value": _shown(getattr(self, key.name), secret=key.metadata["secret"]),
                "default": key.metadata["shown"] or _shown(key.default, secret=False),
                "doc": key.metadata["doc"],
            }
            for key in sorted(fields(self), key=_of_security)
        ]

    @property
    def loaded_places(self) -> Path:
        """Where ``ror places load`` keeps the communes of this installation."""
        return self.data_dir / "communes.csv.gz"

    @property
    def communes_file(self) -> Path | None:
        """File of communes in use: the setting's, else the loaded one; ``None`` for the built-in table."""
        loaded = self.loaded_places if self.loaded_places.is_file() else None
        return self.places_file or loaded

    @property
    def backups(self) -> Path:
        """Where ``ror backup`` keeps what it is not told to keep elsewhere, as the engine sees the folder."""
        return self.backup_folder or node_config(self).backup_folder

    @property
    def engine_url(self) -> str:
        """Address of the engine in use, embedded or not."""
        return self.elasticsearch_url or node_config(self).url


def _of_security(key: Field[Any]) -> bool:
    """Say whether a key comes after those of what the server is for."""
    return key in fields(SecuritySettings)


def variable(key: Field[Any]) -> str:
    """Return the name of the environment variable of a key."""
    return PREFIX + key.name.upper()


def settings_from_environment() -> Settings:
    """Read the settings of this process."""
    return Settings.from_env(os.environ)


def node_config(settings: Settings) -> NodeConfig:
    """Return what the embedded engine is told."""
    return NodeConfig(
        home=settings.data_dir / "engine",
        port=settings.engine_port,
        heap=settings.engine_heap,
        run_as=settings.engine_user,
        backups=settings.backup_folder,
    )


def _unknown(environ: Mapping[str, str]) -> list[FieldError]:
    """Name each ``ROR_*`` variable that is no setting, with the nearest one that is."""
    known = [variable(key) for key in fields(Settings)]
    strange = sorted(
        name for name in environ if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX) and name not in known
    )
    return [FieldError(name, "is no setting" + nearest(name, known)) for name in strange]


def nearest(name: str, known: list[str]) -> str:
    """Return a hint such as ``; did you mean radius?``, or nothing."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def _shown(value: object, *, secret: bool) -> str:
    """Write a value for people."""
    if value is None or value == ():
        return ""
    if secret:
        return MASK
    return ",".join(value) if isinstance(value, tuple) else str(value)
