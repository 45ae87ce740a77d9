"""``ror index load`` of another night's file: what is the same is copied, and told."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.nights import another_night
from benchmarks.restore import command
from engine.config import NodeConfig


def told(output: str) -> dict[str, str]:
    """Return the rows of the summary of a load."""
    rows = re.findall(r"^(indexed|added|changed|removed|unchanged|result)\s+(\S.*?)\s*$", output, re.MULTILINE)
    return dict(rows)


def test_the_command_copies_what_is_the_same_unless_it_is_told_to_make_all_anew(
    spare: NodeConfig, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.ndjson", tmp_path / "second.ndjson"
    first.write_text(command(spare, tmp_path, "synth", "300"), encoding="utf-8")
    differing = another_night(first, second, 0.1)
    assert differing > 10
    assert told(command(spare, tmp_path, "index", "load", str(first), "--anew")).keys() == {"indexed", "result"}
    again = told(command(spare, tmp_path, "index", "load", str(first)))
    assert (again["indexed"], again["unchanged"], again["changed"], again["removed"]) == ("300", "300", "0", "0")
    other = told(command(spare, tmp_path, "index", "load", str(second)))
    assert int(other["added"]) + int(other["changed"]) == differing
    assert int(other["unchanged"]) == int(other["indexed"]) - differing
    assert int(other["removed"]) == 300 - int(other["unchanged"]) - int(other["changed"])
    assert told(command(spare, tmp_path, "index", "load", str(second), "--anew")).keys() == {"indexed", "result"}
    assert told(command(spare, tmp_path, "index", "load", str(second)))["unchanged"] == other["indexed"]
