"""What a load knows of the lines of the one before, and of what its documents are made with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from indexer.making import digest_of_files
from indexer.recall import LINE, Recall
from indexer.rejection import Item, Recalled, Rejection
from indexer.sources.ror import read_ror
from mappings.schema.unit import unit_to_dict
from mappings.unit import Unit
from tests.indexing import make_unit, write_ndjson


class Columns:
    """The columns of an index, as a gateway reads them."""

    def __init__(self, lines: dict[str, int | None]) -> None:
        self.lines = lines

    def columns(self, index: str, fields: Any) -> Iterator[dict[str, Any]]:
        assert index == "units"
        for name, line in self.lines.items():
            yield {"_id": name} | ({"fields": {LINE: [line]}} if line is not None and LINE in fields else {})


def recall_of(units: dict[str, bytes | None]) -> tuple[Recall, Any]:
    """Return a recall that read an index whose units were made of these lines, and what it read."""
    maker = Recall()
    held: dict[str, int | None] = {}
    for name, text in units.items():
        if text is not None:
            maker.note(name, text)
        held[name] = maker.take(name)
    recall, columns = Recall(), Columns(held)
    recall.read(columns, "units")  # type: ignore[arg-type]
    return recall, columns


def test_lines_ids_and_what_is_lost_are_known_however_many_there_are() -> None:
    random = Random(4)
    units = {f"U{n}": random.choice((None, random.randbytes(20))) for n in range(5000)}
    recall, columns = recall_of(units)
    for name, text in units.items():
        assert not recall.same(name, b"another")
        assert recall.same(name, text or b"") == (text is not None)
    seen = {name for name in units if random.random() < 0.7}
    for name in (*seen, *random.sample(sorted(seen), 100)):
        recall.find(name)
    recall.find("new")
    assert not recall.same("new", b"x") and not recall.is_noticed("new")
    assert set(recall.lost(columns, "units")) == units.keys() - seen
    recall.forget()
    assert not any(recall.same(name, text or b"") for name, text in units.items())


def test_a_line_is_kept_until_its_document_is_made_or_it_is_dropped() -> None:
    recall = Recall()
    for name in ("A", "B"):
        recall.note(name, b"text")
    recall.drop("B")
    for name in ("B", "C"):
        recall.notice(name)
    first = recall.take("A")
    assert first is not None and 0 < first < 2**63, "as the engine keeps whole numbers"
    assert (recall.take("A"), recall.take("B"), recall.take("C")) == (None, None, None)


def test_what_was_said_of_a_unit_is_part_of_what_is_known_of_its_line() -> None:
    maker = Recall()
    held: dict[str, int | None] = {}
    for name in ("quiet", "noticed"):
        maker.note(name, b"text")
        if name == "noticed":
            maker.notice(name)
        held[name] = maker.take(name)
    recall = Recall()
    recall.read(Columns(held), "units")  # type: ignore[arg-type]
    assert [recall.same(name, b"text") for name in held] == [True, True]
    assert [recall.is_noticed(name) for name in held] == [False, True]


def read(path: Path, recall: Recall) -> list[Item]:
    return list(read_ror(path, recall=recall))


def test_only_lines_that_are_the_same_byte_for_byte_are_not_read_again(tmp_path: Path) -> None:
    units = [make_unit(f"U{n}") for n in range(4)]
    path = write_ndjson(tmp_path / "units.ndjson", units)
    lines = path.read_bytes().splitlines()
    recall, _ = recall_of({f"U{n}": line for n, line in enumerate(lines)})
    spaced = json.dumps(unit_to_dict(units[1]), separators=(", ", " : ")).encode()
    changed = json.dumps(unit_to_dict(make_unit("U2", name="Autre"))).encode()
    path.write_bytes(b"\n".join([lines[0], spaced, changed, lines[3], lines[0], b"{"]) + b"\n")
    items = read(path, recall)
    assert [type(item) for item in items] == [Recalled, Unit, Unit, Recalled, Rejection, Rejection]
    assert isinstance(items[0], Recalled) and items[0].read() == units[0]
    assert isinstance(items[4], Rejection) and "U0" in str(items[4].id)
    assert [recall.take(name) is not None for name in ("U0", "U1", "U2", "U3")] == [True, True, True, False]


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "a.py").write_text("2"),
        lambda folder: (folder / "a.py").rename(folder / "b.py"),
        lambda folder: (folder / "deep" / "new.csv").write_text(""),
        lambda folder: (folder / "deep" / "t.csv").unlink(),
    ],
)
def test_a_hash_of_files_changes_with_any_of_them(tmp_path: Path, change: Callable[[Path], Any]) -> None:
    folder, other = tmp_path / "folder", tmp_path / "other.csv"
    (folder / "deep" / "__pycache__").mkdir(parents=True)
    for path, text in ((folder / "a.py", "1"), (folder / "deep" / "t.csv", "x"), (other, "o")):
        path.write_text(text)
    before = digest_of_files([folder, other], "said")
    (folder / "deep" / "__pycache__" / "a.pyc").write_text("of this machine")
    assert digest_of_files([folder, other], "said") == before
    assert digest_of_files([folder, other], "else") != before
    change(folder)
    assert digest_of_files([folder, other], "said") != before
