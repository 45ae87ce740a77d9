"""What was understood of a free text, as JSON: each part can be removed by its span."""

from __future__ import annotations

from typing import Any

from orientation.words import Reading, Understood


def understood(reading: Reading) -> list[dict[str, Any]]:
    """Return the parts in the order of the text; ``span`` counts characters, its end excluded."""
    return [_part(part) for part in reading.parts]


def _part(part: Understood) -> dict[str, Any]:
    """Return one part; ``parameter`` is null for a part that changes nothing."""
    return {
        "span": [part.start, part.end],
        "text": part.text,
        "kind": part.kind,
        "code": part.code,
        "codes": list(part.values),
        "label": part.label,
        "confidence": part.confidence,
        "parameter": part.parameter,
        "alternatives": [
            {"kind": other.kind, "codes": list(other.codes), "label": other.label} for other in part.alternatives
        ],
    }
