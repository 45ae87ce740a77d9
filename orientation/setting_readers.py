"""Readers of settings: text to value, ``ValueError`` with the rule when it breaks one."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from mappings.territory import departments as known_departments
from mappings.territory import regions as known_regions


def text(value: str) -> str:
    """Take one line of text."""
    if "\n" in value or "\r" in value:
        raise ValueError("must be one line")
    return value


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers between two bounds, inclusive."""
    rule = f"must be a whole number from {low} to {high}"

    def read(value: str) -> int:
        if not re.fullmatch(r"\d{1,12}", value, re.ASCII) or not low <= int(value) <= high:
            raise ValueError(rule)
        return int(value)

    return read


def real(low: float, high: float) -> Callable[[str], float]:
    """Return a reader of numbers between two bounds, inclusive."""
    rule = f"must be a number from {low:g} to {high:g}"

    def read(value: str) -> float:
        if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value, re.ASCII) or not low <= float(value) <= high:
            raise ValueError(rule)
        number = float(value)
        assert math.isfinite(number)
        return number

    return read


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a reader of one word of a few."""

    def read(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return read


def tiles(value: str) -> str:
    """Read the address of map tiles; nothing in it may end the policy that names its host."""
    address = r"https?://[A-Za-z0-9.{}-]+(:\d{1,5})?/[^\s;,'\"]*"
    if not re.fullmatch(address, value) or not all(name in value for name in ("{z}", "{x}", "{y}")):
        raise ValueError("must be an http or https address with {z}, {x} and {y}")
    return value


def url(value: str) -> str:
    """Take the address of a cluster; a password in it would be printed, so there is none."""
    try:
        parts = urlsplit(value)
        port_ok = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("must be an address such as https://search.example:9200") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_ok:
        raise ValueError("must be an address such as https://search.example:9200")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no password: give ROR_ELASTICSEARCH_API_KEY instead")
    return value.rstrip("/")


def urls(value: str) -> str:
    """Take the addresses of the nodes of one cluster, by comma."""
    return ",".join(url(each.strip()) for each in value.split(","))


def heap(value: str) -> str:
    """Take a size of memory as Java writes it."""
    if not re.fullmatch(r"[1-9]\d{0,5}[mMgG]", value, re.ASCII):
        raise ValueError("must be a size such as 512m or 2g")
    return value


def secret(value: str) -> str:
    """Take a key that cannot be guessed."""
    if len(value) < 32:
        raise ValueError("must have at least 32 characters")
    return value


def folder(value: str) -> Path:
    """Take a folder, which need not exist yet."""
    path = Path(value).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ValueError("must be a folder")
    return path


def existing_file(value: str) -> Path:
    """Take a file that can be read."""
    path = Path(value).expanduser().absolute()
    if not path.is_file() or not os.access(path, os.R_OK):
        raise ValueError("must be a file that can be read")
    return path


def directory_name(value: str) -> str:
    """Take the name of a CSD directory, which is part of addresses and of an alias."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", value, re.ASCII):
        raise ValueError("must have 1 to 40 small letters, digits and dashes, not a dash first")
    return value


def duration(value: str) -> timedelta:
    """Take a length of time such as 30d, 12h or 90m."""
    match = re.fullmatch(r"([1-9]\d{0,4})([dhm])", value, re.ASCII)
    if not match:
        raise ValueError("must be a length of time such as 90d, 12h or 30m")
    return int(match[1]) * {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}[match[2]]


def departments(value: str) -> tuple[str, ...]:
    """Take department codes and commas."""
    return _codes(value, known_departments(), "department codes such as 76,2A")


def regions(value: str) -> tuple[str, ...]:
    """Take region codes and commas."""
    return _codes(value, known_regions(), "region codes (INSEE) such as 28,11")


def write_keys(value: str) -> tuple[tuple[str, str], ...]:
    """Take names and keys of writers; the message never holds a key."""
    pairs = [tuple(part.strip() for part in each.split(":", 1)) for each in value.split(",")]
    found = []
    for number, pair in enumerate(pairs, start=1):
        if len(pair) != 2 or not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", pair[0], re.ASCII) or len(pair[1]) < 16:
            raise ValueError(
                "must be name:key and commas, a name of letters, digits and . _ -, a key of 16 characters or more "
                f"without comma; pair {number} is not"
            )
        found.append((pair[0], pair[1]))
    if len({key for _, key in found}) < len(found):
        raise ValueError("must not give one key to two writers")
    return tuple(found)


def _codes(value: str, known: Mapping[str, object], what: str) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(part.strip() for part in value.split(",")))
    if strange := [code for code in codes if code not in known]:
        raise ValueError(f"must be {what}; {strange[0]!r} is none")
    return codes


def default_data_dir() -> Path:
    """Return where data is kept when nothing says so: the system's place for root, else the user's own."""
    if os.geteuid() == 0:
        return Path("/var/lib/ror")
    home = os.environ.get("XDG_DATA_HOME", "")
    return (Path(home) if home.startswith("/") else Path.home() / ".local" / "share") / "ror"
