"""The profession of who asks, for the log of exchanges: a code of a national list, and nothing that names a person."""

from __future__ import annotations

from typing import Any

from mappings.nomenclature import nomenclature

HEADER = "Ror-Role-Metier-Code"
"""In which a client says whom it asks for, as on every call of the national ROR."""
LIST = "J229"
SOFTWARE = "AUTOMATE"
"""Role of a program that asks for nobody in particular."""
OTHER = "other"
"""What is said and is no code of the list: kept as this word, for it may be anything."""


def known(code: str) -> bool:
    """Say whether a code is one of a profession, or of a program."""
    return code == SOFTWARE or code in nomenclature()[LIST].concepts


def profession_of(said: Any) -> str | None:
    """Return the code that a claim or a header gives; ``other`` for what is none, ``None`` where nothing is said.

    Providers write a code by itself, before the list's OID (``10^1.2.250…``), or as the first of several.
    """
    first = said[0] if isinstance(said, list | tuple) and said else said
    if first is None or first in ("", [], ()):
        return None
    code = str(first).partition("^")[0].strip()
    return code if not isinstance(first, bool) and known(code) else OTHER
