"""Ask thousands of random questions over HTTP and by brute force, and count the disagreements.

``ror bench random_questions SOURCE… --questions 2000``, where SOURCE is ``synth:3000`` or ``sae:FOLDER:SITES``.
Uses the engine of the settings (``ROR_*``), in indices of its own.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from engine.bulk import Action
from engine.gateway import Gateway
from indexer.locate import locate
from indexer.sources.sae import read_sae
from indexer.synth import synthesize
from mappings.definitions import index_definition
from mappings.document import unit_to_document
from mappings.gazetteer import Gazetteer
from mappings.unit import Unit
from orientation.app import gateway_config
from orientation.settings import Settings, settings_from_environment
from tests import brute
from tests.asking import Asker, Questioner

AS_OF = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PLACES = ("insee:76540", "insee:75056", "insee:14366", "insee:27056", "insee:50129", "76000")


def units_of(source: str, gazetteer: Gazetteer) -> list[Unit]:
    """Return the located units of a source."""
    kind, _, rest = source.partition(":")
    if kind == "synth":
        units = list(synthesize(int(rest), seed=3, gazetteer=gazetteer, as_of=AS_OF))
    else:
        folder, _, sites = rest.partition(":")
        units = [item for item in read_sae(Path(folder), Path(sites)) if isinstance(item, Unit)]
    return [locate(unit, gazetteer)[0] for unit in units]


def run(source: str, questions: int, seed: int, settings: Settings) -> int:
    """Print the figures of one source; return the number of disagreements."""
    gazetteer = Gazetteer.load(settings.communes_file)
    units = units_of(source, gazetteer)
    index = f"bench-{os.getpid()}"
    with Gateway(gateway_config(replace(settings, search_timeout=10.0))) as gateway:
        gateway.create_index(index, index_definition("units"))
        try:
            for outcome in gateway.stream_bulk(Action("index", index, u.id, unit_to_document(u)) for u in units):
                assert outcome.ok, outcome
            gateway.refresh(index)
            asker = Asker(settings, gazetteer, gateway, index, units, AS_OF)
            questioner = Questioner(Random(seed), units, PLACES, AS_OF)
            wrong = empty = 0
            started = time.monotonic()
            for number in range(questions):
                arguments, profile = questioner.ask()
                arguments["size"] = ["100"] if arguments["size"] in (["1"], ["5"]) else arguments["size"]
                if (said := asker.disagreements(arguments, profile)) and (wrong := wrong + 1) <= 10:
                    print(number, profile, arguments, said)
                empty += not brute.answer(asker.items, asker.criteria(arguments, profile))[0]
        finally:
            gateway.delete_index(index)
    seconds = time.monotonic() - started
    print(f"{source}: {len(units):,} units, {questions:,} questions, {wrong} disagreements, "
          f"{empty} empty answers, {seconds:.0f} s", flush=True)  # fmt: skip
    return wrong


def main() -> None:
    """Read the arguments, run each source."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--questions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    settings = replace(settings_from_environment(), secret="x" * 40, limit_address=None)
    raise SystemExit(min(1, sum(run(source, given.questions, given.seed, settings) for source in given.sources)))


if __name__ == "__main__":
    main()
