"""Ask random questions of the JSON search and of the CSD orientation function; count the orders that differ.

``ror bench csd_order --questions 500``. Uses the engine of the settings, in indices of its own.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from random import Random

from engine import node
from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from orientation.app import gateway_config
from orientation.settings import node_config, settings_from_environment
from tests.asking import Questioner
from tests.csd.own import own_directory
from tests.csd.test_orientation import PLACES, ask, by_json, units_of
from tests.random_region import AS_OF, random_units


def main() -> None:
    """Ask, compare, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--units", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chosen = replace(settings_from_environment(), search_timeout=30.0, limit_address="1000000/minute", secret="x" * 40)
    node.start(node_config(chosen))
    gazetteer = Gazetteer.load(chosen.communes_file)
    units = random_units(Random(given.seed), given.units)
    different = empty = results = 0
    started = time.monotonic()
    with Gateway(gateway_config(chosen)) as gateway, own_directory(chosen, gateway, gazetteer, units, AS_OF) as own:
        questioner = Questioner(Random(given.seed), units, PLACES, AS_OF)
        for number in range(given.questions):
            arguments, profile = questioner.ask()
            wanted = {name: values for name, values in arguments.items() if name not in {"size", "facets"}}
            expected = [result["unit"]["id"] for result in by_json(own, wanted, profile)]
            found = units_of(own, ask(own, wanted, profile=profile))
            if found != expected:
                different += 1
                print(number, profile, wanted, found[:5], expected[:5])
            results += len(expected)
            empty += not expected
    seconds = time.monotonic() - started
    print(f"{given.units} units, {given.questions} questions, {results:,} results, {empty} empty answers, "
          f"{different} orders differ, {seconds:.0f} s")  # fmt: skip
    raise SystemExit(min(1, different))


if __name__ == "__main__":
    main()
