"""A peer in plain CSD that knows nothing of ours: what its codes say is taken, nothing is supposed of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from csd.peers.asker import MOST_FACILITIES
from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from mappings.nomenclature import nomenclature
from orientation.cli import ror
from orientation.peers.copied import copy_alias
from orientation.peers.copies import Copies
from orientation.peers.register import COPY, FACILITY_SEARCH, Peer, Register
from tests.peers.conftest import World, app_of
from tests.peers.copying import new_peer, pulling, units_of
from tests.peers.plain_peer import PlainDirectory, name, plain_peer

ASKED = {"place": "insee:78361", "radius": "20km", "peers": "all", "size": 100}
CODED = (("R211", "083"), ("R227", "01"), ("R213", "28"), ("R208", "06"), ("R208", "10"), ("R208", "11"))
"""Medicine, MCO, full hospitalisation, adults of any age."""
MANTES = ("78200", "Mantes-la-Jolie", "48.9908", "1.7172")


def codes(*coded: tuple[str, str]) -> str:
    return "".join(f'<codedType code="{code}" codingScheme="{nomenclature()[each].oid}"/>' for each, code in coded)


def facility(
    number: int,
    coded: str = codes(*CODED),
    where: tuple[str, str, str, str] = MANTES,
    status: str = "Active",
    services: str = "",
) -> str:
    """A facility as another maker writes one: no extension, no INSEE code."""
    postcode, city, lat, lon = where
    return f"""<facility entityID="urn:oid:1.2.3.{number}">{coded}<primaryName>Clinique {number}</primaryName>
      <address type="Billing"><addressLine component="city">Lille</addressLine></address>
      <address type="Practice"><addressLine component="streetAddress">1 rue A</addressLine>
        <addressLine component="postalCode">{postcode}</addressLine><addressLine component="city">{city}</addressLine>
      </address>
      <geocode><latitude>{lat}</latitude><longitude>{lon}</longitude><coordinateSystem>WGS84</coordinateSystem></geocode>
      <contactPoint><codedType code="BP" codingScheme="1.2">01 02 03 04 05</codedType></contactPoint>
      <organizations><organization entityID="urn:oid:9.9.9">{services}</organization></organizations>
      <record created="2014-12-01T14:00:00" updated="2026-11-01T14:00:00+00:00" status="{status}"/></facility>"""


def service(number: int, *coded: tuple[str, str]) -> str:
    return f"""<service entityID="urn:oid:1.2.4.{number}">{codes(*coded)}
      <record updated="2026-11-01T14:00:00Z" status="Active"/></service>"""


def organization(number: str, called: str, parent: str = "") -> str:
    return f"""<organization entityID="urn:oid:9.9.{number}"><primaryName>{called}</primaryName>{parent}
      <record updated="2026-11-01T14:00:00Z" status="Active"/></organization>"""


def document(facilities: str, services: str = "", organizations: str = "") -> bytes:
    return f"""<CSD xmlns="urn:ihe:iti:csd:2013"><organizationDirectory>{organizations}</organizationDirectory>
      <serviceDirectory>{services}</serviceDirectory><facilityDirectory>{facilities}</facilityDirectory>
      <providerDirectory/></CSD>""".encode()


WITHOUT_MODE = codes(*(each for each in CODED if each[0] != "R213"))
NAMES_SERVICES = '<service entityID="urn:oid:1.2.4.1"/><service entityID="urn:oid:1.2.4.2"/>'
NAMES_UNLIKE = '<service entityID="urn:oid:1.2.4.1"/><service entityID="urn:oid:1.2.4.3"/>'
OF_MEDICINE = document(
    facility(1)
    + facility(2, WITHOUT_MODE)
    + facility(3, "", services=NAMES_SERVICES)
    + facility(4, where=("69003", "Lyon", "45.76", "4.85"))
    + facility(5, status="Inactive")
    + facility(6, where=("78200", "Mantes-la-Jolie", "43.3", "5.4"))
    + facility(7, where=("78200", "Nulle-Part", "48.99", "1.71"))
    + facility(8, "", services=NAMES_UNLIKE)
    + facility(9, codes(*CODED[:3], ("R208", "06"), ("R208", "11"))),
    service(1, *CODED) + service(2, ("R211", "127"), *CODED[1:]) + service(3, *CODED[:3], ("R208", "01")),
    organization("9", "Hôpital", '<parent entityID="urn:oid:9.9.1"/>') + organization("1", "Groupe"),
)
"""1 is a unit; 3 is one by its services; the others lack a mode, are elsewhere, gone, misplaced, of no commune, of
services that differ by the ages they take, and of ages with a gap."""


@dataclass(slots=True)
class Asking:
    """Home, which knows one plain peer."""

    directory: PlainDirectory
    peer: Peer
    ask: Callable[..., dict[str, Any]]
    register: Register
    copies: Copies


@pytest.fixture
def asking(world: World, gateway: Gateway, gazetteer: Gazetteer, tmp_path: Path) -> Iterator[Asking]:
    directory = PlainDirectory()
    directory.add(OF_MEDICINE)
    with plain_peer(directory) as address:
        peer = new_peer(address, region="11", document="plain", dialect=FACILITY_SEARCH, url=address)
        register = Register(gateway, index=f"{copy_alias(peer)}.register")
        register.add(peer, "test")
        with pulling(gateway, gazetteer, tmp_path, peer) as puller:
            app = app_of(world.home, register)
            federation = app.extensions["ror"].federation
            federation.copies = Copies(gateway, puller.states)

            def ask(**changes: Any) -> dict[str, Any]:
                response = app.test_client().get("/api/v1/orientations", query_string=ASKED | changes)
                assert response.status_code == 200, response.get_json()
                return response.get_json()

            yield Asking(directory, peer, ask, register, federation.copies)
            federation.asker.exchanges.close()


def theirs(answer: dict[str, Any]) -> list[str]:
    return [result["unit"]["id"] for result in answer["results"] if "source" in result]


def test_what_its_codes_say_is_found_and_what_they_do_not_is_counted(asking: Asking) -> None:
    answer = asking.ask(activity="083")
    [told] = answer["peers"]
    assert told["status"] == "answered"
    assert theirs(answer) == ["urn:oid:1.2.3.1"]
    [found] = [result for result in answer["results"] if "source" in result]
    assert found["unit"]["place"]["insee"] == "78361", "its commune, by postcode and town"
    assert found["unit"]["age"]["label"] == "De 22 ans à 120 ans" or found["unit"]["age"]["min"]["value"] == 22
    assert found["unit"]["site"]["name"] == "Clinique 1"
    assert found["beds"] is None
    # 2 lacks its mode, 7 its commune, 9 has a gap in its ages; 4 is elsewhere, 6 is not where its commune is. 3 and 8
    # bear no code of their own: by its activity this search cannot find them.
    assert (told["total"], told["not_taken"]) == (3, 5)
    told_of = " ".join(answer["warnings"])
    assert "3 × unité sans les codes nationaux" in told_of
    assert "1 × unité hors de son territoire" in told_of
    assert "1 × unité aux coordonnées impossibles" in told_of
    assert "recherche d’établissements de CSD" in told_of


def test_the_question_is_judged_here_since_the_search_of_facilities_does_not_carry_it(asking: Asking) -> None:
    assert theirs(asking.ask(activity="083", age="40")) == ["urn:oid:1.2.3.1"]
    child = asking.ask(activity="083", age="5")
    assert theirs(child) == []
    assert not any("qui ne répond pas" in line for line in child["warnings"]), "it was never told the age"
    assert theirs(asking.ask(activity="083", radius="1km", place="insee:78646")) == []
    assert theirs(asking.ask(activity="083", mode="29")) == []


def test_one_code_is_asked_for_where_every_result_must_bear_it_and_none_where_not(asking: Asking) -> None:
    def coded() -> list[str | None]:
        return [each.get("code") for each in asking.directory.asked[-1].iter(name("codedType"))]

    asking.ask(activity="083")
    assert coded() == ["083"]
    asking.ask(activity=["083", "127"])
    assert coded() == []
    everything = asking.ask()
    assert coded() == []
    assert asking.directory.asked[-1].findtext(f".//{name('max')}") == str(MOST_FACILITIES)
    assert everything["peers"][0]["not_taken"] == 7, "3 and 8 now too"


def test_a_copy_knows_the_services_too(asking: Asking, gateway: Gateway, gazetteer: Gazetteer, tmp_path: Path) -> None:
    copied = replace(asking.peer, dialect=COPY)
    asking.register.add(copied, "test")
    with pulling(gateway, gazetteer, tmp_path, copied) as puller:
        state = puller.pull(copied).state
        assert (state.facilities, state.units) == (8, 4), "5 is no more"
        assert state.unread == {"uncoded": 4}
        assert sorted(units_of(gateway, copied)) == [f"urn:oid:1.2.3.{number}" for number in (1, 3, 4, 6)]
        asking.copies.states.put(state)
        answer = asking.ask(activity="127")
        assert theirs(answer) == ["urn:oid:1.2.3.3"]
        [told] = answer["peers"]
        assert (told["status"], told["not_taken"]) == ("copy", 4)
        assert units_of(gateway, copied)["urn:oid:1.2.3.1"]["site"]["name"] == "Hôpital"
        changing = asking.directory.entities
        changing["service"]["urn:oid:1.2.4.2"].find(name("codedType")).set("code", "128")
        changing["organization"]["urn:oid:9.9.1"].find(name("primaryName")).text = "Autre groupe"
        changing["facility"]["urn:oid:1.2.3.1"].find(name("record")).set("status", "Inactive")
        asking.directory.add(document(facility(2)))
        changed = ("service", "1.2.4.2"), ("organization", "9.9.1"), ("facility", "1.2.3.1"), ("facility", "1.2.3.2")
        for kind, number in changed:
            changing[kind][f"urn:oid:{number}"].find(name("record")).set("updated", "2999-01-01T00:00:00Z")
        done = puller.pull(copied)
        assert done.drift is None, "all of it by what changed"
        held = units_of(gateway, copied)
        assert sorted(held) == [f"urn:oid:1.2.3.{number}" for number in (2, 3, 4, 6)]
        assert held["urn:oid:1.2.3.3"]["activities"] == ["083", "128"]
        assert held["urn:oid:1.2.3.4"]["site"]["legal_entity"]["name"] == "Autre groupe"
        assert done.state.unread == {"uncoded": 3}


def test_a_peer_of_one_directory_is_asked_at_its_base(
    asking: Asking, gateway: Gateway, gazetteer: Gazetteer, tmp_path: Path
) -> None:
    alone = replace(asking.peer, document="")
    asking.register.add(alone, "test")
    assert theirs(asking.ask(activity="083")) == ["urn:oid:1.2.3.1"]
    with pulling(gateway, gazetteer, tmp_path, alone) as puller:
        puller.pull(alone)
    assert asking.directory.paths == ["/careServicesRequest", "/getUpdatedServices"]
    asking.directory.paths.clear()
    asking.register.add(asking.peer, "test")
    asking.ask(activity="083")
    assert asking.directory.paths == ["/csr/plain/careServicesRequest"]


def test_the_connectathons_directories_are_read_and_said_to_hold_nothing_that_can_be_judged(
    asking: Asking, shared: Path
) -> None:
    asking.directory.entities = {kind: {} for kind in asking.directory.entities}
    folder = shared / "reference" / "csd" / "directories"
    for each in sorted(folder.glob("*-Connectathon-20150120.xml")):
        asking.directory.add(each.read_bytes())
    answer = asking.ask()
    [told] = answer["peers"]
    assert (told["status"], told["total"], told["not_taken"]) == ("answered", 0, 3)
    assert theirs(answer) == []
    assert any("3 × unité sans les codes nationaux" in line for line in answer["warnings"])
    # With a facility that bears national codes among them, that one is found.
    asking.directory.add(document(facility(1)))
    assert theirs(asking.ask()) == ["urn:oid:1.2.3.1"]


def test_check_says_what_a_plain_peer_supports(asking: Asking, gateway: Gateway, tmp_path: Path) -> None:
    environ = {"ROR_ELASTICSEARCH_URL": gateway.config.url, "ROR_DATA_DIR": str(tmp_path), "COLUMNS": "200"}
    peer = asking.peer
    Register(gateway).add(peer, "test")

    def check(dialect: str) -> tuple[int, dict[str, str], str]:
        Register(gateway).add(replace(peer, dialect=dialect), "test")
        done = CliRunner().invoke(ror, ["peers", "check", peer.code], env=environ)
        rows = [line.split("  ") for line in done.output.splitlines()]
        found = {row[0].strip(): [part.strip() for part in row[1:] if part.strip()] for row in rows if row[0].strip()}
        return done.exit_code, {each: parts[0] for each, parts in found.items() if parts}, done.output

    try:
        status, supported, output = check("facility-search")
        assert status == 0, output
        assert supported["orientation function"] == "no"
        searches = [f"{kind}-search" for kind in ("organization", "service", "facility", "provider")]
        assert [supported[each] for each in searches] == ["yes"] * 4
        assert supported["ITI-74 updates"] == "yes"
        assert check("copy")[0] == 0
        status, _, output = check("orientation")
        assert status == 3
        assert "unsupported" in output
        asking.directory.functions = ()
        status, supported, _ = check("facility-search")
        assert (status, supported["facility-search"]) == (3, "no")
    finally:
        gateway.delete("peers", peer.code, refresh="true")
