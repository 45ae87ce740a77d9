"""What the product is made of is locked by digest, and can be listed in a form that others read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from orientation.cli.supply import LOCK, bill, installed, locked
from tools.supply_chain import problems_of_locks

ROOT = Path(__file__).resolve().parents[2]


def test_every_dependency_is_locked_by_digest() -> None:
    assert problems_of_locks(ROOT) == []


def test_a_dependency_left_out_of_a_lock_or_without_a_digest_is_named(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    text = (tmp_path / "requirements.lock").read_text()
    packages = list(locked(text))
    first = packages[0]
    for digest in first.hashes:
        text = text.replace(f" \\\n    --hash=sha256:{digest}", "")
    (tmp_path / "requirements.lock").write_text(text.replace("click==", "clock=="))
    assert problems_of_locks(tmp_path) == [
        f"requirements.lock: {first.name} has no digest",
        "requirements.lock: click of pyproject.toml is not locked",
    ]


def test_the_bill_of_materials_is_one_and_names_every_package_and_the_engine() -> None:
    packages = list(locked(LOCK.read_text(encoding="utf-8")))
    made = bill(packages, datetime.now(UTC))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(made)) is None
    names = {each["name"] for each in made["components"]}
    assert names == {package.name for package in packages} | {"elasticsearch"}
    flask = next(each for each in made["components"] if each["name"] == "flask")
    assert flask["purl"].startswith("pkg:pypi/flask@3")
    assert flask["properties"][0]["name"] == "lock:sha256"
    needs = {each["ref"]: each["dependsOn"] for each in made["dependencies"]}
    assert any(ref.startswith("pkg:pypi/werkzeug@") for ref in needs[flask["purl"]])
    root = made["metadata"]["component"]["bom-ref"]
    assert any(ref.startswith("pkg:maven/org.elasticsearch") for ref in needs[root])


def test_without_a_lock_the_bill_is_of_what_is_installed() -> None:
    assert {"flask", "elasticsearch"} <= {package.name for package in installed()}
