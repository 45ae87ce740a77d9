"""Normandie and Île-de-France out of the open data of 2023, as two services that talk CSD and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from flask.testing import FlaskClient

from engine.gateway import Gateway
from indexer.locate import locate
from indexer.sources.sae import read_sae
from mappings.gazetteer import Gazetteer
from mappings.unit import Unit
from orientation.peers.register import Peer, Register
from orientation.settings import Settings
from tests import brute
from tests.asking import Arguments, Questioner
from tests.csd.own import own_directory
from tests.peers.conftest import app_of, served

HOME, BESIDE = "28", "11"
MANTES, DREUX = "insee:78361", "insee:28134"
"""One in the region beside, the other in neither: both nearer to some of its hospitals than to most of ours."""


@dataclass(frozen=True, slots=True)
class Border:
    """A client of Normandie, which asks Île-de-France; the units of each, and all of them by brute force."""

    client: FlaskClient
    ours: list[Unit]
    theirs: list[Unit]
    items: list[brute.Known]


def units_of(data: Path, gazetteer: Gazetteer, region: str) -> list[Unit]:
    """Return the units of a region as ``ror index load --from sae`` locates them."""
    items = read_sae(data / "sae2023", data / "sites_sae2023_geo.csv.gz", region=region)
    return [locate(item, gazetteer)[0] for item in items if isinstance(item, Unit)]


def question(questioner: Questioner) -> Arguments:
    """Return a random question, asked at Dreux or at Mantes where it is asked somewhere."""
    arguments, _ = questioner.ask()
    asked = {name: values for name, values in arguments.items() if name not in {"size", "facets", "lat", "lon"}}
    if "lat" in arguments:
        asked["place"] = [questioner.random.choice((DREUX, MANTES))]
    return asked


@contextmanager
def border(settings: Settings, gateway: Gateway, gazetteer: Gazetteer, data: Path, now: datetime) -> Iterator[Border]:
    """Load both, serve the other region on loopback, make it known to ours; delete all of it afterwards."""
    ours, theirs = (units_of(data, gazetteer, region) for region in (HOME, BESIDE))
    chosen = replace(settings, anonymous_profile=1, peers_budget=20.0)
    with ExitStack() as stack:
        home = stack.enter_context(own_directory(chosen, gateway, gazetteer, ours, now))
        beside = stack.enter_context(own_directory(chosen, gateway, gazetteer, theirs, now))
        for each in (home, beside):
            stack.callback(_drop, gateway, each.name)
        beside.client()
        beside.apps[1].extensions["ror"].journal.index = f"{beside.name}-exchanges"
        register = Register(gateway, index=f"{home.name}-peers")
        url = f"{stack.enter_context(served(beside.apps[1]))}/csd"
        register.add(Peer(code="idf", name="Île-de-France", region=BESIDE, url=url, document=beside.name), "test")
        app = app_of(home, register)
        stack.callback(app.extensions["ror"].federation.asker.exchanges.close)
        yield Border(app.test_client(), ours, theirs, brute.known([*ours, *theirs]))


def _drop(gateway: Gateway, name: str) -> None:
    for pattern in (f"{name}-peers", f"{name}-exchanges-*"):
        gateway.delete_index(*gateway.indices(pattern))
