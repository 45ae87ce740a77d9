"""Settings are checked when they are read, and secrets are not shown."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mappings.errors import InvalidInput
from orientation.settings import MASK, Settings, node_config
from orientation.signing import signing_key

BAD = {
    "ROR_ELASTICSEARCH_URL": (
        "search.example:9200",
        "ftp://x",
        "https://",
        "http://x:99999",
        "https://me:pass@x",
        "http://a:1,b",
    ),
    "ROR_ELASTICSEARCH_CA": ("/nowhere/ca.pem", "/"),
    "ROR_ENGINE_PORT": ("0", "65536", "http", "-1", "9200.0"),
    "ROR_ENGINE_HEAP": ("1", "0g", "1gb", "-1g", "lots"),
    "ROR_SEARCH_TIMEOUT": ("0", "61", "nan", "inf", "-1", "1s"),
    "ROR_PORT": ("65536", "x"),
    "ROR_WORKERS": ("0", "65", "two"),
    "ROR_THREADS": ("0", "257"),
    "ROR_MAX_BODY": ("0", "1023", "16MB"),
    "ROR_SECRET": ("short", "x" * 31),
    "ROR_ANONYMOUS_PROFILE": ("6", "-1", "public"),
    "ROR_GEOCODER": ("google", "BAN"),
    "ROR_GEOCODER_TIMEOUT": ("0", "31", "soon"),
    "ROR_PLACES_FILE": ("/nowhere.csv",),
    "ROR_DATA_DIR": ("/etc/passwd",),
    "ROR_TENSION_DEPARTMENTS": ("00", "76,", "76;27"),
    "ROR_TENSION_REGIONS": ("00", "Normandie"),
    "ROR_WRITE_KEYS": ("alone", "name:short", "a b:" + "k" * 16, f"a:{'k' * 16},b:{'k' * 16}"),
    "ROR_CSD_DIRECTORY": ("ROR", "-ror", "a b", "r" * 41),
    "ROR_HISTORY_DAYS": ("0", "3651", "month"),
    "ROR_PEERS_BUDGET": ["0", "31", "soon"],
    "ROR_PEERS_WHOLE_DAYS": ["0", "-1", "400", "week"],
    "ROR_EXCHANGES_DAYS": ["0", "30", "a"],
    "ROR_TILES_URL": (
        "tiles",
        "https://tiles.example/1/2/3",
        "ftp://t.example/{z}/{x}/{y}",
        "https://t.example/{z}/{x}/{y}; x",
    ),
    "ROR_BACKUP_FOLDER": ("/etc/passwd",),
    "ROR_LOG_LEVEL": ("loud",),
    "ROR_LOG_FORMAT": ("xml", "JSON"),
    "ROR_METRICS_FROM": ("everybody", "0.0.0.0/0", "10.0.0.1;10.0.0.2"),
    "ROR_METRICS_KEY": ("short", "k" * 15, "two words of a long key"),
    "ROR_TRUSTED_PROXIES": ("proxy", "10.0.0.1/33", "0.0.0.0/0", "10.0.0.1, ::/0"),
    "ROR_HOSTS": ("https://ror.example", "a b", "*"),
    "ROR_OIDC_JWKS": ("http://issuer.example/jwks", "/nowhere.json", "ftp://x/y"),
    "ROR_OIDC_ALGORITHMS": ("none", "HS256", "RS256,HS256"),
    "ROR_OIDC_PROFILE_CLAIM": ("a claim", "é"),
    "ROR_OIDC_ESTABLISHMENTS_CLAIM": ("a claim",),
    "ROR_OIDC_PROFESSION_CLAIM": ("a claim",),
    "ROR_OIDC_PROFILE": ("6", "-1"),
    "ROR_OIDC_LEEWAY": ("301", "-1", "1m"),
    "ROR_LIMIT_ADDRESS": ("lots", "10", "per minute"),
    "ROR_LIMIT_CLIENT": ("lots",),
    "ROR_LIMIT_STORAGE": ("memcached://x", "redis", "cache.example:6379"),
    "ROR_QUEUE": ("-1", "1001"),
    "ROR_MAX_DEPTH": ("99", "all"),
    "ROR_TLS_CERTIFICATE": ("/nowhere.pem",),
    "ROR_TLS_KEY": ("/nowhere.pem",),
    "ROR_CORS_ORIGINS": ("*", "null", "samu.example", "https://samu.example/path"),
}
FREE = {
    "ROR_ELASTICSEARCH_API_KEY", "ROR_ENGINE_USER", "ROR_HOST", "ROR_TILES_ATTRIBUTION", "ROR_OIDC_ISSUER",
    "ROR_OIDC_AUDIENCE",
}  # fmt: skip
"""Any one line of text will do."""


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_bad_setting_is_refused_by_name_value_and_rule(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Settings.from_env({name: value})
    error = caught.value.errors[0]
    assert error.field == name
    assert error.rule.startswith("must ")
    assert error.value == (
        MASK if name in {"ROR_SECRET", "ROR_WRITE_KEYS", "ROR_LIMIT_STORAGE", "ROR_METRICS_KEY"} else value
    )


def test_every_setting_is_documented_and_has_bad_values() -> None:
    rows = Settings.from_env({}).describe()
    assert {row["name"] for row in rows} == BAD.keys() | FREE
    assert all(row["doc"].endswith(".") for row in rows)


def test_a_misspelt_setting_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InvalidInput, match=r"ROR_ELASTICSEARCH_URI.*ROR_ELASTICSEARCH_URL"):
        Settings.from_env({"ROR_ELASTICSEARCH_URI": "http://x:9200", "ROR_TEST_ANYTHING": "1", "HOME": "/"})


def test_all_bad_settings_are_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        Settings.from_env({"ROR_PORT": "x", "ROR_WORKERS": "0", "ROR_NOPE": "1"})
    assert {error.field for error in caught.value.errors} == {"ROR_PORT", "ROR_WORKERS", "ROR_NOPE"}


def test_settings_that_mean_something_only_together_are_asked_for_together(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("")
    with pytest.raises(InvalidInput) as caught:
        Settings.from_env({"ROR_OIDC_ISSUER": "https://issuer.example", "ROR_TLS_KEY": str(key)})
    assert {error.field for error in caught.value.errors} == {
        "ROR_OIDC_AUDIENCE", "ROR_OIDC_JWKS", "ROR_TLS_CERTIFICATE",
    }  # fmt: skip


def test_no_limit_is_said_and_not_left_out() -> None:
    assert Settings.from_env({}).limit_address is not None
    assert Settings.from_env({"ROR_LIMIT_ADDRESS": "none"}).limit_address is None


def test_secrets_are_never_shown() -> None:
    given = {"ROR_SECRET": "s" * 40, "ROR_ELASTICSEARCH_API_KEY": "k" * 40}
    shown = {row["name"]: row["value"] for row in Settings.from_env(given).describe()}
    assert (shown["ROR_SECRET"], shown["ROR_ELASTICSEARCH_API_KEY"]) == (MASK, MASK)
    assert "s" * 40 not in str(Settings.from_env({}).describe())
    assert "s" * 40 not in repr(Settings.from_env(given))
    assert Settings.from_env({}).describe()[0]["value"] != MASK


def test_what_is_set_to_nothing_is_not_set() -> None:
    assert Settings.from_env({"ROR_PORT": " ", "ROR_SECRET": ""}).port == 8000


def test_the_embedded_engine_is_the_default(tmp_path: Path) -> None:
    settings = Settings.from_env({"ROR_DATA_DIR": str(tmp_path), "ROR_ENGINE_PORT": "9333"})
    assert settings.engine_url == "http://127.0.0.1:9333"
    assert node_config(settings).home == tmp_path / "engine"
    assert Settings.from_env({"ROR_ELASTICSEARCH_URL": "https://x:1/"}).engine_url == "https://x:1"


@pytest.mark.parametrize(
    ("uid", "environ", "expected"),
    [
        (0, {"XDG_DATA_HOME": "/data"}, "/var/lib/ror"),
        (1000, {"XDG_DATA_HOME": "/data"}, "/data/ror"),
        (1000, {"XDG_DATA_HOME": "not/absolute", "HOME": "/home/me"}, "/home/me/.local/share/ror"),
    ],
)
def test_data_is_kept_where_the_system_keeps_it(
    monkeypatch: pytest.MonkeyPatch, uid: int, environ: dict[str, str], expected: str
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: uid)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert Settings.from_env({}).data_dir == Path(expected)


def test_the_key_is_made_once_and_shared_by_all_who_start_at_once(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: signing_key(settings), range(64)))
    assert len(keys) == 1
    kept = settings.data_dir / "secret"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in settings.data_dir.iterdir()] == ["secret"]
    assert signing_key(settings) == keys.pop()


def test_a_given_key_is_used_and_no_file_is_made(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new", secret="g" * 32)
    assert signing_key(settings) == "g" * 32
    assert not settings.data_dir.exists()


def test_a_key_file_that_holds_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("short\n")
    with pytest.raises(InvalidInput, match="holds no key"):
        signing_key(Settings(data_dir=tmp_path))


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    impossible: dict[str, Any] = {"data_dir": tmp_path / "file" / "data"}
    with pytest.raises(InvalidInput, match="ROR_DATA_DIR"):
        signing_key(Settings(**impossible))
