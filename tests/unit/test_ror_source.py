"""ROR NDJSON: what is read, what is refused, and that nothing bad stops the rest."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexer.rejection import Item, Notice, Rejection, RejectsFile, SourceError, reject
from indexer.sources.ror import read_ror
from mappings.errors import FieldError
from mappings.schema.unit import unit_to_dict
from mappings.unit import Unit
from tests.indexing import make_unit

Read = Callable[[bytes], list[Item]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read bytes as a source."""

    def run(content: bytes) -> list[Item]:
        path = tmp_path / "units.ndjson"
        path.write_bytes(content)
        return list(read_ror(path))

    return run


def line(identifier: str = "U1", **changes: Any) -> bytes:
    """Return the line of a valid unit, with fields changed as raw JSON; ``None`` takes a field away."""
    data = unit_to_dict(make_unit(identifier)) | changes
    return json.dumps({name: value for name, value in data.items() if value is not None}).encode() + b"\n"


def ids(items: list[Item]) -> list[str | None]:
    """Return the id of each item."""
    return [item.id for item in items]


def refused(items: list[Item]) -> Rejection:
    """Return the only rejection."""
    (found,) = [item for item in items if isinstance(item, Rejection)]
    return found


def test_a_valid_line_is_a_unit(read: Read) -> None:
    assert read(line()) == [make_unit()]


def test_gzip_is_recognised_by_its_content_even_in_several_members(read: Read) -> None:
    assert ids(read(gzip.compress(line("A")) + gzip.compress(line("B")))) == ["A", "B"]


def test_byte_order_mark_blank_lines_and_a_missing_last_newline_are_taken(read: Read) -> None:
    assert ids(read(b"\xef\xbb\xbf" + line("A") + b"\n  \r\n" + line("B").rstrip())) == ["A", "B"]


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BufferedReader(io.BytesIO(line("A")))

    monkeypatch.setattr("sys.stdin", Stdin)
    assert ids(list(read_ror("-"))) == ["A"]


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.ndjson: No such file"):
        list(read_ror(tmp_path / "nowhere.ndjson"))
    with pytest.raises(SourceError, match="Is a directory"):
        list(read_ror(tmp_path))


def test_an_empty_file_says_so(read: Read) -> None:
    assert refused(read(b"")).reason == "the source is empty"
    assert refused(read(gzip.compress(b""))).reason == "the source is empty"


def test_a_cut_gzip_keeps_what_came_before_and_says_after_which_line(read: Read) -> None:
    whole = gzip.compress(b"".join(line(f"U{number}") for number in range(500)))
    items = read(whole[: len(whole) // 2])
    units = [item for item in items if isinstance(item, Unit)]
    assert 0 < len(units) < 500
    last = items[-1]
    assert isinstance(last, Rejection)
    assert last.ends_source
    assert "cut short" in last.reason
    assert last.line is not None
    assert last.line >= len(units)


def test_a_corrupt_gzip_keeps_what_came_before(read: Read) -> None:
    whole = bytearray(gzip.compress(line("A"))) + gzip.compress(line("B"))
    whole[-6] ^= 0xFF  # in the checksum
    items = read(bytes(whole))
    assert items[0] == make_unit("A")
    assert isinstance(items[-1], Rejection)
    assert "corrupt" in items[-1].reason


def test_a_line_of_another_encoding_is_refused_alone(read: Read) -> None:
    latin = line("B", name="Réa").decode().encode().replace(rb"R\u00e9a", "Réa".encode("latin-1"))
    items = read(line("A") + latin + line("C"))
    assert ids(items) == ["A", None, "C"]
    assert "not UTF-8 (byte 0xe9" in refused(items).reason
    assert refused(items).line == 2


@pytest.mark.parametrize("bad", [b"{", b"not json", b"[1, 2", b'{"id": NaN}', b"[" * 5000])
def test_a_line_that_is_not_json_is_refused_alone(read: Read, bad: bytes) -> None:
    items = read(line("A") + bad + b"\n" + line("C"))
    assert ids(items) == ["A", None, "C"]
    assert "not JSON" in refused(items).reason


@pytest.mark.parametrize("bad", [b"[]", b"3", b'"unit"', b"null"])
def test_json_that_is_no_object_is_refused(read: Read, bad: bytes) -> None:
    items = read(bad + b"\n" + line("C"))
    assert ids(items) == [None, "C"]


def test_an_immense_line_is_refused_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "units.ndjson"
    with path.open("wb") as file:
        file.write(line("A"))
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b"\n" + line("C"))
    tracemalloc.start()
    items = list(read_ror(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ids(items) == ["A", None, "C"]
    assert "longer than" in refused(items).reason
    assert refused(items).line == 2
    assert peak < 20_000_000


def test_a_gzip_bomb_of_one_line_is_refused_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "units.ndjson.gz"
    with gzip.open(path, "wb") as file:
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b"\n" + line("C"))
    tracemalloc.start()
    items = list(read_ror(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ids(items) == [None, "C"]
    assert peak < 20_000_000


def test_the_second_of_two_units_of_one_id_is_refused(read: Read) -> None:
    items = read(line("A") + line("B") + line("A", name="Other"))
    assert items[:2] == [make_unit("A"), make_unit("B")]
    assert (refused(items).line, refused(items).id, refused(items).field) == (3, "A", "id")


PLACE = {"id": "L", "insee": "76540"}


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"activities": ["999"]}, "activities.0", "is not a code of list R211"),
        ({"care_mode": "99"}, "care_mode", "R213"),
        ({"field": 1}, "field", "codes are strings"),
        ({"age": {"min": 40, "max": 18}}, "age", "is below age.min"),
        ({"age": {"min": 16}}, "age.max", ""),
        ({"name": None}, "name", ""),
        ({"colour": "red"}, "colour", "Unknown"),
        ({"places": [PLACE | {"point": {"lat": 95, "lon": 1}}]}, "places.0.point", "lat"),
        ({"places": [PLACE | {"point": {"lat": "49", "lon": 1}}]}, "places.0.point", "numbers"),
        ({"places": [{"id": "L"}]}, "places.0.insee", ""),
        ({"updated_at": "2026-01-01T00:00:00"}, "updated_at", ""),
    ],
)
def test_a_bad_field_is_named_and_the_rest_goes_on(read: Read, changes: dict[str, Any], field: str, said: str) -> None:
    items = read(line("A") + line("B", **changes) + line("C"))
    assert ids(items) == ["A", "B", "C"]
    assert (refused(items).line, refused(items).field) == (2, field)
    assert said in refused(items).reason


def test_everything_wrong_with_a_unit_is_said_at_once(read: Read) -> None:
    found = refused(read(line("A", care_mode="99", field="99")))
    assert {found.field, *(error.field for error in found.also)} == {"care_mode", "field"}


def test_the_source_says_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "units.ndjson"
    path.write_bytes(b"".join(line(f"U{number}") for number in range(1000)))
    seen: list[tuple[int, int | None]] = []
    list(read_ror(path, watch=lambda done, total: seen.append((done, total))))
    assert len(seen) == 5
    assert seen == sorted(seen)
    assert seen[-1][1] == path.stat().st_size


def test_the_rejects_file_has_a_line_for_each_thing_wrong(tmp_path: Path) -> None:
    path = tmp_path / "rejects.ndjson"
    with RejectsFile(path) as rejects:
        rejects.write(reject(3, "A", [FieldError("age", "is wrong", "x"), FieldError("name", "is missing")]))
        rejects.write(Notice(None, "B", "places.0.point", "no coordinates"))
    rows = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]
    assert [(row["severity"], row["line"], row["id"], row["field"]) for row in rows] == [
        ("rejected", 3, "A", "age"),
        ("rejected", 3, "A", "name"),
        ("notice", None, "B", "places.0.point"),
    ]


def test_a_rejects_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot write the rejects file"):
        RejectsFile(tmp_path / "no" / "such" / "folder.ndjson")
