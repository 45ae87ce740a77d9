"""What an orientation says of a facility: its rank, its distance, the reasons, and the beds that it was ranked by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from csd.mapping.common import extension
from csd.mapping.identity import ROR
from csd.mapping.shapes import xml_name
from csd.mapping.text import attributes, content, element

EXTENSION = "orientation"
Json = Mapping[str, Any]


def result(found: Json) -> str:
    """Write the extension of a result (``rank``, ``distance_m``, ``why``, ``place``, ``beds``)."""
    inner = [element("ror:why", content(why["label"]), attributes({"reason": why["reason"]})) for why in found["why"]]
    if found["beds"] is not None:
        beds = {**found["beds"], "source": (found["beds"]["source"] or {}).get("code")}
        inner.append(element("ror:beds", "", _known(beds)))
    place = {name: found[name] for name in ("rank", "distance_m", "place")}
    return extension(EXTENSION, element("ror:orientation", "".join(inner), f' xmlns:ror="{ROR}"{_known(place)}'))


def _known(values: Json) -> str:
    """Write as attributes what is known; what is not known is absent, and never zero."""
    return attributes({xml_name(name): _said(value) for name, value in values.items() if value is not None})


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
