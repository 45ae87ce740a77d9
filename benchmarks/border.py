"""Two real regions, each in a directory of its own, asked at their border: is the one list that of their union?

``ror bench border --questions 500 --data ../shared/data``. Loads Normandie and Île-de-France out of the SAE (as
``ror index load --from sae`` reads it) into two services that talk CSD and nothing else, on the engine of the settings
in indices of their own; asks random questions at Dreux and Mantes, and holds each answer, page by page, against brute
force over the units of both. Exit code 1 where one differs.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.region import percentiles
from engine import node
from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from orientation.app import gateway_config
from orientation.settings import node_config, settings_from_environment
from tests.asking import Questioner
from tests.peers.border import DREUX, MANTES, border, question
from tests.peers.union import held


def main() -> None:
    """Load, ask, compare, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of sae2023 and its sites")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if not (given.data / "sae2023").is_dir():
        raise SystemExit(f"{given.data} holds no sae2023: the open data of the SAE, with the file of its sites")
    chosen = replace(settings_from_environment(), search_timeout=30.0, limit_address=None, secret="x" * 40)
    node.start(node_config(chosen))
    gazetteer, now = Gazetteer.load(chosen.communes_file), datetime.now(UTC)
    totals = {"results_of_home": 0, "results_from_elsewhere": 0, "of_both": 0, "empty": 0, "cut": 0, "differ": 0}
    seconds = []
    with Gateway(gateway_config(chosen)) as gateway, border(chosen, gateway, gazetteer, given.data, now) as real:
        questioner = Questioner(Random(given.seed), real.ours + real.theirs, (DREUX, MANTES), now)
        for number in range(given.questions):
            asked = question(questioner)
            started = time.perf_counter()
            found = held(real.client, real.items, asked, gazetteer, now)
            seconds.append(time.perf_counter() - started)
            totals["results_of_home"] += found.home
            totals["results_from_elsewhere"] += found.elsewhere
            totals["of_both"] += bool(found.home and found.elsewhere)
            totals["empty"] += not found.home + found.elsewhere
            totals["cut"] += found.cut
            totals["differ"] += bool(found.faults)
            if found.faults:
                print(number, asked, *found.faults[:5], sep="\n  ")
        run: dict[str, Any] = {
            "cores": os.cpu_count(), "units_of_home": len(real.ours), "units_elsewhere": len(real.theirs),
            "questions": given.questions, **totals, "whole_answer_ms": percentiles(seconds),
        }  # fmt: skip
    print(json.dumps(run, indent=1))
    if given.out:
        given.out.write_text(json.dumps(run, indent=1) + "\n")
    raise SystemExit(min(1, totals["differ"]))


if __name__ == "__main__":
    main()
