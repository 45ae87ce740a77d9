"""The names of the index in memory."""

from __future__ import annotations

from engine.gateway import Gateway, GatewayConfig
from orientation.names import REFRESH_S, NameService
from orientation.search import UNITS
from tests.ports import free_port


def test_names_of_sites_are_read_with_their_words_and_uses(loaded: Gateway) -> None:
    names = NameService(loaded, UNITS).load()
    assert [site.finess for site in names.sites] == sorted({site.finess for site in names.sites})
    assert "chu" in names.vocabulary
    assert any(kind == "activity" and count > 0 for (kind, _), count in names.uses.items())
    assert names.units == loaded.count(UNITS, {"term": {"sensitive": False}})


def test_a_word_is_confirmed_by_a_name_and_a_sensitive_one_only_for_some(loaded: Gateway) -> None:
    service = NameService(loaded, UNITS)
    assert service.confirm(["havre", "zzqx"], False) == {"havre"}
    assert service.confirm(["sensible"], False) == frozenset()
    assert service.confirm(["sensible"], True) == {"sensible"}


def test_names_are_kept_until_it_is_time_to_look_again(loaded: Gateway) -> None:
    now = 0.0
    service = NameService(loaded, UNITS, clock=lambda: now)
    first = service.current()
    assert first is not None and service.current() is first
    now = REFRESH_S + 1
    assert service.current() is first


def test_an_engine_out_of_reach_leaves_names_unknown() -> None:
    with Gateway(GatewayConfig(f"http://127.0.0.1:{free_port()}")) as away:
        assert NameService(away, UNITS).current() is None


def test_the_words_of_sensitive_units_are_in_the_vocabulary_of_those_who_see_them_only(loaded: Gateway) -> None:
    service = NameService(loaded, UNITS)
    service.load()
    seen, every = service.vocabulary(sensitive=False), service.vocabulary(sensitive=True)
    assert seen is not None and every is not None
    assert "sensible" not in seen
    assert "sensible" in every
