"""Copy our directory by ITI-74 while it changes at random; the copy must be the source, removals included.

``ror bench csd_polling --changes 1000``. Uses the engine of the settings, in indices of its own. The overlap that
polls of our own directory have is taken off, so that nothing is right by being sent twice.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from datetime import timedelta

from csd.routes import updates
from engine import node
from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from orientation.app import gateway_config
from orientation.settings import node_config, settings_from_environment
from tests.csd.own import own_directory
from tests.csd.test_polling import first_units, polled
from tests.factory import NOW


def main() -> None:
    """Change, poll, compare, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=1000)
    given = parser.parse_args()
    chosen = replace(
        settings_from_environment(),
        anonymous_profile=1,
        search_timeout=30.0,
        limit_address="1000000/minute",
        secret="x" * 40,
    )
    node.start(node_config(chosen))
    updates.OVERLAP = timedelta()
    gazetteer = Gazetteer.load(chosen.communes_file)
    started = time.monotonic()
    with (
        Gateway(gateway_config(chosen)) as gateway,
        own_directory(chosen, gateway, gazetteer, first_units(), NOW) as own,
    ):
        copy, removals = polled(own, rounds=given.changes // 20, each=20)
    seconds = time.monotonic() - started
    print(f"{given.changes:,} changes, {removals} removals, {given.changes // 20} polls, {copy.sent:,} entities sent, "
          f"{len(copy.entities)} held: the copy is the source, {seconds:.0f} s")  # fmt: skip


if __name__ == "__main__":
    main()
