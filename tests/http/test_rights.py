"""Who may see and do what over HTTP: each surface to each profile, writing for named establishments, the audit log."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from beds.history import entry_id
from engine.gateway import Gateway
from mappings.capacity import BED, EXTRA, Capacity, CapacityKey
from orientation.access import Access
from orientation.app import create_app, tension_in_force
from orientation.audit import Audit
from orientation.guard import KEY as GUARD
from orientation.identity import Clients, Grant
from orientation.names import NameService
from orientation.search import SearchService
from orientation.settings import Settings
from orientation.visible import seen_entries
from tests.beds_kit import NOW, Ward, at, said
from tests.factory import make_beds, make_contact, make_place, make_site, make_unit
from tests.gazetteer_kit import GAZETTEER

API = "/api/v1"
OTHER = "140000001"
HOSPITAL = "760780239"
Ask = Callable[..., FlaskClient]


def extra(count: int = 66) -> Capacity:
    """Return beds above the installed ones, said just now."""
    key = CapacityKey(kind=BED, status=EXTRA, extra_kind="03")
    return Capacity(key=key, count=count, observed_at=NOW, source="04")


def directory() -> list[Any]:
    """Return a unit of each sort: plain, sharing a place with a sensitive one, medico-social, of another hospital."""
    counts = (*make_beds(observed_at=NOW - timedelta(minutes=9)), extra())
    shared = make_place(id="P1", capacities=counts)
    social = make_place(id="P-MS", capacities=make_beds())
    contacts = tuple(make_contact(level) for level in ("1", "2", "3"))
    site = make_site(helipad=True, orsan_level="1", contacts=contacts)
    other = make_site(finess=OTHER, name="CH de Caen")
    return [
        make_unit(id="U1", places=(shared,), contacts=contacts, site=site),
        make_unit(
            id="S1", places=(shared,), contacts=contacts, activities=("089",), sensitive=True, name="Unité cachée"
        ),
        make_unit(id="M1", field="04", activities=("004",), places=(social,), contacts=()),
        make_unit(id="O1", site=other, places=(make_place(id="P-O", capacities=make_beds()),)),
        make_unit(id="S2", site=other, places=(make_place(id="P-SECRET", capacities=make_beds()),), sensitive=True),
        make_unit(id="S3", site=other, places=(make_place(id="P-O"),), sensitive=True),
        make_unit(id="X1", activities=("083",), places=(make_place(id="P-X", capacities=(extra(),)),)),
    ]


@pytest.fixture(scope="module")
def ward(gateway: Gateway) -> Iterator[Ward]:
    """The directory in indices of its own, with an audit log of its own."""
    made = Ward(gateway, f"test-{uuid.uuid4().hex[:12]}")
    made.service.also = Audit(gateway, f"{made.prefix}-audit", lambda: made.now).count
    made.load(directory())
    yield made
    gateway.delete_index(*gateway.indices(f"{made.prefix}-*"))


@pytest.fixture(scope="module")
def clients(ward: Ward) -> Clients:
    """Its clients."""
    return Clients(ward.gateway, f"{ward.prefix}-clients", lambda: ward.now)


@pytest.fixture(scope="module")
def ask(ward: Ward, clients: Clients, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Make a client of a server on those indices, whose settings a test changes."""
    plain = Settings(
        data_dir=tmp_path_factory.mktemp("data"), secret="a secret of the tests, long enough to be taken",
        limit_address=None, limit_client=None,
    )  # fmt: skip
    communes = GAZETTEER

    def make(**changes: Any) -> FlaskClient:
        settings = replace(plain, **changes)
        app = create_app(settings, gateway=ward.gateway, gazetteer=communes, clock=lambda: ward.now)
        known = app.extensions["ror"]
        tensions = replace_clocked(known.tensions, ward)
        names = NameService(ward.gateway, ward.indices.units)
        app.extensions["ror"] = replace(
            known,
            search=SearchService(ward.gateway, index=ward.indices.units),
            beds=ward.service,
            tensions=tensions,
            tension=lambda: tension_in_force(settings, tensions),
            audit=Audit(ward.gateway, f"{ward.prefix}-audit", lambda: ward.now),
            words=replace(known.words, vocabulary=names.vocabulary, confirm=names.confirm),
        )
        app.extensions[GUARD].identity.clients = clients
        return app.test_client()

    return make


def replace_clocked(tensions: Any, ward: Ward) -> Any:
    """Return tensions on the indices of a ward."""
    return replace(tensions, indices=ward.indices, clock=lambda: ward.now)


@pytest.fixture(scope="module")
def key(clients: Clients) -> Callable[..., dict[str, str]]:
    """Give a client a key; return the header that bears it."""

    def give(profile: int, *scopes: str, establishments: tuple[str, ...] = ()) -> dict[str, str]:
        name = f"client-{uuid.uuid4().hex[:8]}"
        grant = Grant(
            client=name, profile=profile, scopes=scopes or ("search", "beds:read"), establishments=establishments
        )
        return {"Authorization": f"Bearer {clients.add(grant, 'tests', None)[1]}"}

    return give


Key = Callable[..., dict[str, str]]


@pytest.mark.parametrize("profile", range(6))
@pytest.mark.parametrize("form", ["json", "geojson", "csv"])
def test_each_format_shows_a_profile_what_it_may_see(ask: Ask, key: Key, profile: int, form: str) -> None:
    asked = f"{API}/orientations?place=Rouen&radius=5km&format={form}&size=50&facets=none"
    text = ask().get(asked, headers=key(profile)).get_data(as_text=True)
    assert ("Unité cachée" in text) == (profile in {1, 4})
    assert "0235000001" in text
    assert ("0235000002" in text) == (profile in {1, 2, 5})
    assert ("0235000003" in text) == (profile == 1)
    if form == "json":
        by_id = {each["unit"]["id"]: each for each in json.loads(text)["results"]}
        beds = {unit: by_id[unit]["beds"] for unit in ("U1", "M1", "X1")}
        assert (beds["U1"] is not None) == (profile in {1, 2, 4})
        assert (beds["M1"] is not None) == (profile in {1, 2, 3, 4})
        assert (beds["X1"] is not None) == (profile in {1, 4}), "nothing but extra beds is nothing to others"
        if beds["U1"]:
            assert (beds["U1"]["extra_with_staff"] == 66) == (profile in {1, 4})
            assert beds["U1"]["age_s"] == 540, "the time of the ordinary counts"


@pytest.mark.parametrize("profile", range(6))
def test_a_unit_is_shown_whole_as_far_as_the_profile_goes(ask: Ask, key: Key, profile: int) -> None:
    unit = ask().get(f"{API}/units/U1", headers=key(profile)).get_json()
    assert ("helipad" in unit["site"], "orsan_level" in unit["site"]) == (profile == 1, profile == 1)
    assert len(unit["site"]["contacts"]) == {0: 1, 1: 3, 2: 2, 3: 1, 4: 1, 5: 2}[profile]
    counts = {each["status"]["code"]: each for each in unit["places"][0]["capacities"]}
    assert counts.keys() == {1: {"01", "02", "06"}, 2: {"01", "02"}, 4: {"01", "02", "06"}}.get(profile, {"01"})
    assert ("source" in counts["01"]) == (profile in {1, 2, 4})
    hidden = ask().get(f"{API}/units/S1", headers=key(profile))
    never = ask().get(f"{API}/units/S9", headers=key(profile))
    assert hidden.status_code == (200 if profile in {1, 4} else 404)
    if profile not in {1, 4}:
        assert hidden.get_data(as_text=True).replace("S1", "S9") == never.get_data(as_text=True)


def test_totals_and_facets_say_nothing_of_what_is_hidden(ask: Ask, key: Key) -> None:
    asked = f"{API}/orientations?place=Rouen&radius=5km&facets=activity,site_category"
    found = {profile: ask().get(asked, headers=key(profile)).get_json() for profile in (1, 2)}
    assert found[1]["total"] == found[2]["total"] + 3
    codes = {profile: {each["code"] for each in answer["facets"]["activity"]} for profile, answer in found.items()}
    assert codes[1] - codes[2] == {"089"}
    alone = ask().get(f"{API}/orientations?activity=089", headers=key(2)).get_json()
    assert (alone["total"], alone["results"]) == (0, [])


def test_who_sees_beds_of_one_field_is_ranked_and_told_by_those_alone(ask: Ask, key: Key) -> None:
    client, headers = ask(), key(3)
    destination = client.get(f"{API}/orientations?place=Rouen&use_case=destination", headers=headers).get_json()
    assert {"U1", "M1"} <= {each["unit"]["id"] for each in destination["results"]}
    assert not any(reason["reason"].startswith("beds_") for each in destination["results"] for reason in each["why"])
    assert any("médico-social" in warning for warning in destination["warnings"])
    for asked in ("sort=beds", "beds_min=1", "beds_gender=f"):
        found = client.get(f"{API}/orientations?place=Rouen&radius=50km&{asked}", headers=headers).get_json()
        assert {each["unit"]["id"] for each in found["results"]} == {"M1"}
        assert any("médico-social" in warning for warning in found["warnings"])


def test_a_board_of_a_shared_place_tells_nothing_of_the_sensitive_unit(ask: Ask, key: Key) -> None:
    def board(profile: int) -> dict[str, Any]:
        return ask().get(f"{API}/beds?group_by=activity", headers=key(profile)).get_json()

    assert "089" in {row["code"] for row in board(1)["rows"]}
    seen = board(2)
    assert "089" not in {row["code"] for row in seen["rows"]}
    assert seen["total"]["extra_with_staff"] is None
    assert board(4)["total"]["extra_with_staff"] == 132


def test_a_history_tells_neither_extra_beds_nor_the_names_of_sensitive_units(ward: Ward, ask: Ask, key: Key) -> None:
    ward.now = NOW + timedelta(minutes=1)
    ward.one(count=4, observed_at=at(0))
    ward.one(status="06", extra_kind="03", count=67, observed_at=at(1))
    ward.gateway.refresh(ward.indices.every_history)
    path = f"{API}/places/P1/capacities/history"
    whole, seen = (ask().get(path, headers=key(profile)).get_json() for profile in (1, 2))
    assert (whole["total"], seen["total"]) == (2, 1)
    told = ward.told()
    of_stream = {n: seen_entries(ward.gateway, ward.indices.units, told, Access(n)) for n in (1, 2)}
    assert [entry["units"] for entry in of_stream[1]] == [["S1", "U1"]] * 2
    assert [entry["units"] for entry in of_stream[2]] == [["U1"]], "what the stream tells of the same entries"
    assert ask().get(path, headers=key(2, "search")).status_code == 403, "the scope of beds is missing"
    assert ask().get(path, headers=key(5)).status_code == 403


@pytest.mark.parametrize(
    ("path", "scope"),
    [("orientations?place=Rouen", "search"), ("units/U1", "search"), ("beds", "beds:read"), ("audit", "admin")],
)
def test_each_route_needs_its_scope(ask: Ask, key: Key, path: str, scope: str) -> None:
    others = {"search", "beds:read", "beds:write", "peers", "steering", "admin"} - {scope}
    refused = ask().get(f"{API}/{path}", headers=key(1, *others))
    assert refused.status_code == 403
    assert scope in refused.get_json()["detail"]
    assert ask().get(f"{API}/{path}", headers=key(1, scope)).status_code == 200


def test_without_the_scope_of_beds_a_profile_sees_what_is_free(ask: Ask, key: Key) -> None:
    headers = key(1, "search")
    answer = ask().get(f"{API}/orientations?place=Rouen&radius=5km", headers=headers).get_json()
    assert {each["beds"] for each in answer["results"]} == {None}
    assert ask().get(f"{API}/orientations?place=Rouen&sort=beds", headers=headers).status_code == 403
    [count] = ask().get(f"{API}/units/M1", headers=headers).get_json()["places"][0]["capacities"]
    assert count["status"]["code"] == "01" and "source" not in count


def write(client: FlaskClient, place: str, headers: dict[str, str], **changes: Any) -> Any:
    """Patch one zone."""
    item = {name: value for name, value in said(**changes).items() if name != "place"}
    return client.patch(f"{API}/places/{place}/capacities", json=[item], headers=headers)


def test_counts_are_written_for_the_establishments_named_and_no_other(ward: Ward, ask: Ask, key: Key) -> None:
    client = ask()
    writer = key(0, "beds:write", establishments=(HOSPITAL,))
    ward.now = NOW + timedelta(hours=1)
    assert write(client, "P1", writer, observed_at=at(55)).status_code == 200
    other = write(client, "P-O", writer, observed_at=at(55))
    assert other.status_code == 403
    assert other.get_json()["outcomes"][0]["detail"].startswith("this zone is of another establishment")
    hidden, never = (write(client, place, writer, observed_at=at(55)) for place in ("P-SECRET", "P-NEVER"))
    assert hidden.status_code == never.status_code == 404
    assert hidden.get_data(as_text=True).replace("P-SECRET", "P-NEVER") == never.get_data(as_text=True)
    items = [said(place=place, observed_at=at(56)) for place in ("P1", "P-O", "P-SECRET")]
    items += [{**said(place=None, observed_at=at(57)), "unit": unit} for unit in ("O1", "S2", "S3", "S9", "X1")]
    body = "".join(json.dumps(each) + "\n" for each in items)
    many = client.post(f"{API}/capacities", data=body, headers={**writer, "Content-Type": "application/x-ndjson"})
    outcomes = [json.loads(line) for line in many.data.splitlines()]
    assert [outcome["status"] for outcome in outcomes] == [200, 403, 404, 403, 404, 404, 404, 200]
    of_a_shared_place, of_no_unit = (json.dumps(outcome) for outcome in outcomes[5:7])
    assert of_a_shared_place.replace("S3", "S9").replace('"line": 6', '"line": 7') == of_no_unit
    assert "P-SECRET" not in json.dumps(outcomes[4]), "asked by unit, answered by unit"
    own = key(0, "beds:write", establishments=(OTHER,))
    assert write(client, "P-SECRET", own, observed_at=at(58)).status_code == 200, "a hospital writes its own"
    for nobody in ({}, key(1, "search", "beds:read", "steering")):
        assert write(client, "P1", nobody, observed_at=at(59)).status_code == 403


def test_the_form_of_a_ward_asks_for_the_key_where_counts_are_not_public(ward: Ward, ask: Ask, key: Key) -> None:
    ward.now = NOW + timedelta(hours=2)
    client, text = ask(), key(2, "search", "beds:read", "beds:write", establishments=(HOSPITAL,))["Authorization"][7:]
    path = "/beds/entry?unit=U1"
    closed = client.get(path)
    assert closed.status_code == 403
    assert "write_key" in closed.get_data(as_text=True) and "P1" not in closed.get_data(as_text=True)
    assert client.post(path, data={"write_key": "nobody's key at all"}).status_code == 401
    opened = client.post(path, data={"write_key": text})
    assert opened.status_code == 200 and 'name="count"' in opened.get_data(as_text=True)
    line = {"zone": "P1", "key": "01|02|01|||||01", "was": "", "seen": "", "count": "5", "write_key": text}
    first = client.post(path, data=line)
    assert first.status_code == 409, "somebody wrote since: it is shown before it is written over"
    stored = ward.stored("P1")["01|02|01|||||01"]
    sent = client.post(path, data=line | {"seen": stored["observed_at"], "was": str(stored["count"])})
    assert sent.status_code == 200 and "Enregistré" in sent.get_data(as_text=True)
    assert ward.stored("P1")["01|02|01|||||01"]["count"] == 5
    other = ward.stored("P-O")["01|02|01|||||01"]["observed_at"]
    elsewhere = client.post("/beds/entry?unit=O1", data={**line, "zone": "P-O", "seen": other})
    assert elsewhere.status_code == 422 and "autre établissement" in elsewhere.get_data(as_text=True)


def test_the_form_shows_extra_beds_to_who_may_see_them(ask: Ask, key: Key) -> None:
    path, crafted = (
        "/beds/entry?unit=U1",
        {"zone": "P1", "was": "", "seen": "", "count": "1", "key": "01|06|01|||03||01"},
    )
    for profile, shown in ((1, True), (2, False), (4, True)):
        client = ask(anonymous_profile=profile)
        assert ("supplémentaires" in client.get(path).get_data(as_text=True)) == shown
        assert ("supplémentaires" in client.post(path, data=crafted).get_data(as_text=True)) == shown
    writer = key(2, "search", "beds:read", "beds:write", establishments=(HOSPITAL,))["Authorization"][7:]
    own = ask(anonymous_profile=2).post(path, data={"write_key": writer})
    assert "supplémentaires" in own.get_data(as_text=True), "its own zone"


def test_what_was_done_is_in_the_audit_log_by_whom_and_once(ward: Ward, ask: Ask, key: Key, clients: Clients) -> None:
    ward.now = NOW + timedelta(hours=3)
    client = ask()
    name = f"client-{uuid.uuid4().hex[:8]}"
    scopes = ("beds:write", "steering", "search")
    text = clients.add(Grant(client=name, profile=2, scopes=scopes, establishments=("*",)), "tests", None)[1]
    writer = {"Authorization": f"Bearer {text}", "X-Request-Id": "request-7"}
    for _ in range(2):
        assert write(client, "P1", writer, count=7, observed_at=at(170)).status_code == 200
    assert write(client, "P1", writer, count=9, observed_at=at(100)).status_code == 409
    assert client.put(f"{API}/tension/department/76", json={"note": "n"}, headers=writer).status_code == 200
    assert client.delete(f"{API}/tension/department/76", headers=writer).status_code == 200
    exported = client.get(f"{API}/audit?since={at(175).replace('+', '%2B')}", headers=key(0, "admin"))
    entries = [json.loads(line) for line in exported.data.splitlines()]
    entries.sort(key=lambda each: each["action"])  # all of one moment here
    assert [(each["action"], each["target"], each["who"]) for each in entries] == [
        ("beds.write", "P1", name), ("tension.declare", "department:76", name), ("tension.lift", "department:76", name),
    ]  # fmt: skip
    first = entries[0]
    assert (first["proved_by"], first["request"], first["detail"]["count"]) == ("key", "request-7", 7)
    assert first["at"] == "2026-11-24T12:00:00.000Z"
    zone = ward.service.store.load(["P1"])["P1"]
    assert first["id"] == entry_id("P1", zone.counts["01|02|01|||||01"]), "the same thing said twice is one entry"
    assert text not in exported.get_data(as_text=True)


def test_a_count_that_cannot_be_noted_is_not_acknowledged(ward: Ward, ask: Ask, key: Key) -> None:
    ward.now = NOW + timedelta(hours=4)
    writer = key(0, "beds:write", establishments=("*",))
    assert write(ask(), "P-O", writer, count=2, observed_at=at(230)).status_code == 200
    name = f"{ward.prefix}-audit-2026"
    ward.gateway.put_settings(name, {"index.blocks.write": True})
    try:
        refused = write(ask(), "P-O", writer, count=1, observed_at=at(235))
        assert refused.status_code in {500, 503}
    finally:
        ward.gateway.put_settings(name, {"index.blocks.write": None})
    again = write(ask(), "P-O", writer, count=1, observed_at=at(235))
    assert again.get_json()["outcomes"][0]["result"] == "unchanged"
    noted = [each for each in Audit(ward.gateway, f"{ward.prefix}-audit").entries() if each["target"] == "P-O"]
    assert sorted(each["detail"]["count"] for each in noted) == [1, 2], "sent again, it is noted"


def test_a_cursor_is_of_no_use_to_another_client_of_the_same_profile(ask: Ask, key: Key) -> None:
    mine, theirs = key(2), key(2)
    asked = f"{API}/orientations?place=Rouen&radius=5km&size=1&facets=none"
    cursor = ask().get(asked, headers=mine).get_json()["next"]
    assert ask().get(f"{asked}&cursor={cursor}", headers=mine).status_code == 200
    for headers in (theirs, {}):
        refused = ask().get(f"{asked}&cursor={cursor}", headers=headers)
        assert refused.status_code == 422
        assert set(refused.get_json()["errors"]) == {"cursor"}


def test_results_are_paged_through_so_deep_and_no_deeper(ask: Ask, key: Key) -> None:
    client, headers = ask(max_depth=2), key(2)
    asked = f"{API}/orientations?place=Rouen&radius=5km&size=1&facets=none"
    found, pages = client.get(asked, headers=headers), 1
    while found.status_code == 200 and pages < 10:
        found = client.get(f"{asked}&cursor={found.get_json()['next']}", headers=headers)
        pages += 1
    assert found.status_code == 422
    assert "no further than 2 results" in found.get_json()["errors"]["cursor"][0]["rule"]
    assert pages == 3
