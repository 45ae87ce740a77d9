"""One module decides who may see what; it is held to a table written down from the national policy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from beds.store import Zone
from mappings.beds import summarise, summary_to_dict
from mappings.capacity import Capacity, CapacityKey
from orientation.access import MEDICO_SOCIAL, PROFILES, Access, Sees, exceptional, seen_count
from orientation.criteria import BedCriteria, Criteria
from orientation.errors import Forbidden
from orientation.identity import Caller, anybody
from orientation.identity.scopes import SCOPES
from orientation.query.filters import unit_clauses
from tests.factory import NOW, make_beds
from tests.rights_table import ALL, TABLE, Row
from tools.rights import PAGE, written

SANITARY = "01"
INSTALLED = {"kind": "01", "status": "01", "count": 3, "observed_at": "x", "source": "02", "comment": "c"}
COVID = INSTALLED | {"assignment": "02"}
AVAILABLE = INSTALLED | {"status": "02", "gender": "01"}
EXTRA = INSTALLED | {"status": "06", "extra_kind": "03"}

Look = Callable[[Access, str, bool], bool]


def _sees(count: dict[str, object], part: str) -> Look:
    def look(access: Access, field: str, sensitive: bool) -> bool:
        seen = seen_count(count, access.counts(field, sensitive=sensitive))
        return seen is not None and part in seen

    return look


def _ranks(access: Access, field: str, sensitive: bool) -> bool:
    criteria = Criteria(as_of=NOW, access=access, beds=BedCriteria(minimum=1))
    asked = {clause["term"]["field"] for clause in unit_clauses(criteria) if "field" in clause.get("term", {})}
    return criteria.beds_matter and (not asked or field in asked) and (not sensitive or access.sees_sensitive)


LOOKS: dict[str, Look] = {
    "unit": lambda access, field, sensitive: access.sees_sensitive or not sensitive,
    **{
        f"level_{level}": (
            lambda access, field, sensitive, level=str(level): (
                (access.sees_sensitive or not sensitive)
                and access.sees_confidentiality(level, field, sensitive=sensitive)
            )
        )
        for level in (1, 2, 3)
    },
    "installed": _sees(INSTALLED, "count"),
    "detail": lambda *asked: _sees(INSTALLED, "source")(*asked) and _sees(COVID, "count")(*asked),
    "ordinary": _sees(AVAILABLE, "count"),
    "ranking": _ranks,
    "exceptional": _sees(EXTRA, "count"),
    "defence": lambda access, field, sensitive: access.sees_defence,
}


@pytest.mark.parametrize("each", TABLE, ids=lambda each: each.key)
def test_each_profile_sees_what_the_table_says_and_nothing_else(each: Row) -> None:
    look = LOOKS[each.key]
    found = {
        (field, sensitive): frozenset(profile for profile in PROFILES if look(Access(profile), field, sensitive))
        for field in (SANITARY, MEDICO_SOCIAL)
        for sensitive in (False, True)
    }
    assert found == {
        (SANITARY, False): each.elsewhere,
        (MEDICO_SOCIAL, False): each.medico_social,
        (SANITARY, True): each.of_sensitive,
        (MEDICO_SOCIAL, True): each.of_sensitive,
    }


def test_the_table_of_the_documentation_is_the_one_of_the_tests() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page), "run python -m tools.rights"
    assert TABLE[0].thing in page


def test_every_row_of_the_table_is_looked_at() -> None:
    assert {each.key for each in TABLE} == LOOKS.keys()
    assert set(PROFILES) == ALL


@pytest.mark.parametrize("profile", [-1, 6, None, "1"])
def test_a_profile_that_does_not_exist_is_no_profile(profile: object) -> None:
    with pytest.raises(ValueError, match="none of 0 to 5"):
        Access(profile)  # type: ignore[arg-type]


def test_of_an_installed_count_the_public_sees_number_and_date_only() -> None:
    assert seen_count(AVAILABLE | {"status": "01"}, Sees.INSTALLED) == {
        "kind": "01", "status": "01", "count": 3, "observed_at": "x",
    }  # fmt: skip
    assert seen_count(COVID, Sees.INSTALLED) is None
    assert seen_count(INSTALLED, Sees.NOTHING) is None


@pytest.mark.parametrize("profile", PROFILES)
def test_without_the_scope_of_beds_every_profile_sees_what_is_free(profile: int) -> None:
    access = Access(profile, reads_beds=False)
    assert not access.sees_counts
    assert not access.sees_exceptional
    assert access.counts(MEDICO_SOCIAL, sensitive=False) is Sees.INSTALLED
    assert not Criteria(as_of=NOW, access=access, sort="beds").beds_matter


def test_who_sees_counts_of_one_field_is_not_ranked_by_those_of_others() -> None:
    destination = Criteria(as_of=NOW, access=Access(3), use_case="destination")
    assert not destination.beds_matter
    assert Criteria(as_of=NOW, access=Access(3), use_case="destination", fields=(MEDICO_SOCIAL,)).beds_matter
    assert not Criteria(
        as_of=NOW, access=Access(3), use_case="destination", fields=(MEDICO_SOCIAL, SANITARY)
    ).beds_matter
    assert Criteria(as_of=NOW, access=Access(2), use_case="destination").beds_matter
    for criteria in (
        Criteria(as_of=NOW, access=Access(3), sort="beds"),
        Criteria(as_of=NOW, access=Access(3), beds=BedCriteria(gender="f")),
    ):
        assert {"term": {"field": MEDICO_SOCIAL}} in unit_clauses(criteria)


def test_extra_beds_leave_no_trace_in_what_others_are_told() -> None:
    """The time, the source and the kind of a summary are those of the ordinary counts."""
    extra = Capacity(key=CapacityKey(kind="02", status="06", extra_kind="03"), count=9, observed_at=NOW, source="04")
    crisis = Capacity(key=CapacityKey(kind="01", status="06", crisis="02"), count=8, observed_at=NOW, source="04")
    ordinary = make_beds(observed_at=NOW - timedelta(hours=1), source="01")
    plain, mixed = (summary_to_dict(summarise(counts)) for counts in (ordinary, (*ordinary, extra, crisis)))
    assert plain is not None
    assert mixed == plain
    alone = summary_to_dict(summarise([crisis]))
    assert alone is not None
    assert alone["only_extra"] is True
    assert exceptional({"status": "06"})
    assert exceptional({"status": "02", "crisis": "02"})
    assert not exceptional({"status": "02"})


def caller(*scopes: str, establishments: tuple[str, ...] = (), profile: int = 0) -> Caller:
    """Return a client by its key."""
    return Caller(
        name="x", kind="key", profile=profile, scopes=frozenset(scopes), establishments=frozenset(establishments)
    )


def zone(*, sites: list[str], sensitive: bool = False) -> Zone:
    """Return a bed zone of some establishments."""
    return Zone("Z", {"sites": sites, "sensitive": sensitive, "units": ["U"]}, {}, 0, 0)


def test_counts_are_written_for_the_establishments_named_and_no_other() -> None:
    writer = caller("beds:write", establishments=("760780239",))
    assert writer.permit("Z", zone(sites=["760780239", "140000001"])) is None
    refused = writer.permit("Z", zone(sites=["140000001"]))
    assert refused is not None and refused.status == 403
    assert caller("beds:write").permit("Z", zone(sites=["760780239"])) is not None, "no name is not every name"
    assert caller("beds:write", establishments=("*",)).permit("Z", zone(sites=["1"])) is None


def test_a_zone_that_may_not_be_known_of_does_not_exist_for_other_writers() -> None:
    hidden = zone(sites=["140000001"], sensitive=True)
    refused = caller("beds:write", establishments=("760780239",)).permit("Z", hidden)
    assert refused is not None and (refused.status, refused.code) == (404, "not-found")
    own = caller("beds:write", establishments=("140000001",))
    assert own.permit("Z", hidden) is None, "a hospital writes its own counts, whatever it sees of others"
    knowing = caller("beds:write", establishments=("760780239",), profile=1).permit("Z", hidden)
    assert knowing is not None and knowing.status == 403


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_is_needed_by_name(scope: str) -> None:
    caller(scope).require(scope)
    caller(scope).require("other", scope)
    others = [each for each in SCOPES if each != scope]
    with pytest.raises(Forbidden, match=scope):
        caller(*others).require(scope)
    with pytest.raises(Forbidden):
        caller().require(scope)


def test_whoever_gives_no_key_writes_and_administers_nothing_whatever_it_sees() -> None:
    for profile in PROFILES:
        assert anybody(profile).scopes.isdisjoint({"beds:write", "admin"})
        assert anybody(profile).establishments == frozenset()
    assert anybody(0).scopes == {"search", "beds:read"}
