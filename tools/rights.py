"""Write the table of docs/rights.md from what the tests hold the product to.

``python -m tools.rights`` rewrites it; a test fails when the page lags behind.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from orientation.identity.scopes import SCOPES
from tests.rights_table import markdown

PAGE = Path(__file__).resolve().parents[1] / "docs" / "rights.md"
_BLOCK = r"(<!-- {name}: python -m tools.rights -->\n).*?(<!-- end -->)"


def _between(table: str, found: re.Match[str]) -> str:
    return f"{found[1]}{table}\n{found[2]}"


def written(page: str) -> str:
    """Return the page with its tables as the tests and the code have them."""
    scopes = "\n".join(
        ["| scope | allows |", "| --- | --- |", *(f"| `{name}` | {doc} |" for name, doc in SCOPES.items())]
    )
    for name, table in (("profiles", markdown()), ("scopes", scopes)):
        block = re.compile(_BLOCK.format(name=name), re.DOTALL)
        assert len(block.findall(page)) == 1, name
        page = block.sub(partial(_between, table), page)
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
