"""What the tests of the gazetteer share: the built-in one, and how its answers are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from mappings.errors import InvalidInput
from mappings.gazetteer import Ambiguous, Commune, Found, Gazetteer, Origin, Unknown

OFFICIAL = "data/communes_fr_2026.csv.gz"
HEADER = "insee,name,postcodes,population,department,parent,lat,lon"
ROUEN = "76540,Rouen,76000 76100,117662,76,,49.4431,1.0993"
GAZETTEER = Gazetteer.load()


def official_file() -> Path:
    """Return the official file beside the checkout, or skip."""
    path = Path(__file__).parents[2] / "shared" / OFFICIAL
    if not path.exists():
        pytest.skip(f"needs ../shared/{OFFICIAL}")
    return path


def origin(text: str) -> Origin:
    """Return the origin of a text that must mean one place."""
    answer = GAZETTEER.resolve(text)
    assert isinstance(answer, Found), answer
    return answer.origin


def codes(text: str) -> list[str]:
    """Return the codes of the candidates of a text that must be ambiguous."""
    answer = GAZETTEER.resolve(text)
    assert isinstance(answer, Ambiguous), answer
    return [commune.insee for commune in answer.candidates]


def unknown(text: str) -> Unknown:
    """Return the answer to a text that must mean nothing."""
    answer = GAZETTEER.resolve(text)
    assert isinstance(answer, Unknown), answer
    return answer


def write(folder: Path, *lines: str) -> Path:
    """Write a table of communes."""
    path = folder / "communes.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    """Return the message with which a file is refused."""
    with pytest.raises(InvalidInput) as refused:
        Gazetteer.load(path)
    return str(refused.value)


def commune_of(code: str) -> Commune:
    commune = GAZETTEER.get(code)
    assert commune is not None, code
    return commune
