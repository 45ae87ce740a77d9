"""Check what the product is made of: every dependency locked by digest, and none with a known hole.

``python -m tools.supply_chain``. The locks are always checked. Known holes are asked for with pip-audit; without a
network that is said and passed over, since a build must not hang on the weather, and the next one with a network tells.
Exit code 1 for a lock that is not whole or a package with a known hole.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from orientation.cli.supply import locked, normal

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
SECONDS = 180


def problems_of_locks(root: Path) -> list[str]:
    """Name each dependency that is not locked, or locked without a digest."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {"requirements.lock": project["project"]["dependencies"],
              "requirements-dev.lock": project["dependency-groups"]["dev"]}  # fmt: skip
    found = []
    for name in LOCKS:
        packages = {package.name: package for package in locked((root / name).read_text(encoding="utf-8"))}
        found += [f"{name}: {each.name} has no digest" for each in packages.values() if not each.hashes]
        names = {normal(re.split(r"[<>=~!\[; ]", line, maxsplit=1)[0]) for line in wanted[name]}
        found += [f"{name}: {each} of pyproject.toml is not locked" for each in sorted(names - packages.keys())]
    return found


def holes(lock: Path) -> list[str] | None:
    """Return the packages of a lock with known holes; ``None`` when nobody could be asked."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--require-hashes", "--disable-pip",
               "--format", "json", "--progress-spinner", "off", "--timeout", "15"]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        told = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return [
        f"{each['name']} {each['version']}: {hole['id']} (fixed in {', '.join(hole['fix_versions']) or 'no version'})"
        for each in told["dependencies"]
        for hole in each.get("vulns", ())
    ]


def main() -> int:
    """Say what is wrong."""
    wrong = problems_of_locks(ROOT)
    for name in LOCKS:
        found = holes(ROOT / name)
        if found is None:
            print(f"{name}: known holes not asked for: no network, or the advisories did not answer")
        else:
            print(f"{name}: {len(found)} known holes")
            wrong += found
    print("\n".join(wrong) or "locks whole")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
