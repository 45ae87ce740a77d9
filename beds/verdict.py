"""What becomes of one write, as every surface tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from beds.records import KEY_PARTS, Decision, Record, Write
from mappings.errors import FieldError, shorten

ZONE = "Location"
"""Expression of a verdict on the zone itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome of one write.

    ``status`` is that of HTTP: 200 done, 404 no such zone (``expression`` is ``Location``) or no such count,
    409 late, 412 several zones have the sync id, 422 against the rules (``errors`` names each field).
    ``result`` is ``accepted``, ``unchanged`` (said before) or ``refused``; ``stored`` shows what stands.
    """

    status: int
    result: str
    code: str = ""
    detail: str = ""
    expression: str = ""
    place: str = ""
    stored: Record | None = None
    errors: tuple[FieldError, ...] = ()

    @property
    def done(self) -> bool:
        """Whether what was said stands."""
        return self.status == 200

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON, empty things left out."""
        said: dict[str, Any] = {"status": self.status, "result": self.result}
        said |= {
            name: getattr(self, name)
            for name in ("code", "detail", "expression", "place", "stored")
            if getattr(self, name)
        }
        if self.errors:
            said["errors"] = [error_to_dict(error) for error in self.errors]
        return said


def error_to_dict(error: FieldError) -> dict[str, str]:
    """Return a field error for JSON."""
    shown = {"field": error.field, "rule": error.rule, "value": error.value}
    return {name: text for name, text in shown.items() if text}


def unknown_zone(ref: str) -> Verdict:
    """No zone has this id or sync id."""
    detail = f"no bed zone has the id or the external sync id {shorten(ref)!r}"
    return Verdict(status=404, result="refused", code="not-found", detail=detail, expression=ZONE)


def ambiguous_zone(ref: str, count: int) -> Verdict:
    """Several zones bear one sync id: only people can settle it."""
    detail = f"{count} bed zones have the external sync id {shorten(ref)!r}: write to one by its id"
    return Verdict(status=412, result="refused", code="multiple-matches", detail=detail, expression=ZONE)


def against_rules(errors: list[FieldError], place: str = "") -> Verdict:
    """The write breaks rules, each named."""
    detail = "; ".join(str(error) for error in errors)
    return Verdict(status=422, result="refused", code="business-rule", detail=detail, place=place, errors=tuple(errors))


def of_decision(decision: Decision, write: Write, place: str, stored: Record | None) -> Verdict:
    """Tell a decision in words."""
    if decision in {"accept", "same"}:
        return Verdict(status=200, result="accepted" if decision == "accept" else "unchanged", place=place)
    where = expression(write)
    if decision == "absent":
        return Verdict(
            status=404,
            result="refused",
            code="not-found",
            detail=f"no count to {write.op} for this key in the zone; send add to create it",
            expression=where,
            place=place,
        )
    late = "was observed later" if decision == "older" else "was observed at the same instant and differs"
    return Verdict(
        status=409,
        result="refused",
        code="conflict",
        detail=f"what is stored for this key {late}",
        expression=where,
        place=place,
        stored=stored,
    )


def expression(write: Write) -> str:
    """Return the capacity that a write is about, each part of its key named."""
    parts = (f"{part}={getattr(write.key, part)}" for part in KEY_PARTS if getattr(write.key, part))
    return f"Location.capacity({', '.join(parts)})"
