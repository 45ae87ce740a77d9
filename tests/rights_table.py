"""Who may see what, written down once from the national policy, for the tests and for ``docs/rights.md``.

Sources: the ROR's access policy for exposition model 3.0 (profiles 0 to 5) and the profile mappings of its FHIR guide
(unit, contact, capacity, EG attributes).
"""

from __future__ import annotations

from dataclasses import dataclass

ALL = frozenset(range(6))


@dataclass(frozen=True, slots=True)
class Row:
    """A thing, and the profiles that see it where the unit is medico-social or not."""

    key: str
    thing: str
    elsewhere: frozenset[int]
    medico_social: frozenset[int]
    of_sensitive: frozenset[int]


def row(key: str, thing: str, elsewhere: set[int], medico_social: set[int] | None = None, sensitive: str = "") -> Row:
    """Return a row; what is of a sensitive unit is for profiles 1 and 4, or those said."""
    hidden = {1, 4} if not sensitive else set(map(int, sensitive))
    social = elsewhere if medico_social is None else medico_social
    return Row(key, thing, frozenset(elsewhere), frozenset(social), frozenset(elsewhere & hidden))


TABLE = (
    row("unit", "the unit: name, activities, acts, places, hours, in results, totals, facets, names", set(ALL)),
    row("level_1", "contacts and telecoms, free (R283 1)", set(ALL)),
    row("level_2", "contacts and telecoms, restricted (R283 2)", {1, 2, 5}, {1, 2, 3, 5}, sensitive="1"),
    row("level_3", "contacts and telecoms, very restricted (R283 3)", {1}, sensitive="1"),
    row("installed", "installed beds: number and date", set(ALL)),
    row("detail", "installed beds: source, comment; those assigned to Covid", {1, 2, 4}, {1, 2, 3, 4}),
    row(
        "ordinary", "beds available, occupied, reserved, closed; their board, stream, history", {1, 2, 4}, {1, 2, 3, 4}
    ),
    row("ranking", "that beds filter, rank and explain (`why`)", {1, 2, 4}, {1, 2, 3, 4}),
    row("exceptional", "beds above the installed ones, or of a crisis; that there are any", {1, 4}),
    row("defence", "helipad and ORSAN level of the site", {1}, sensitive="1"),
)


def markdown() -> str:
    """Return the table for people: one column a profile; *ms* where a profile sees it of medico-social units only."""
    lines = ["| | 0 anybody | 1 | 2 | 3 medico-social | 4 | 5 |", "| --- | --- | --- | --- | --- | --- | --- |"]
    lines += [f"| {each.thing} | {' | '.join(_cell(each, profile) for profile in sorted(ALL))} |" for each in TABLE]
    sensitive = " | ".join("yes" if profile in {1, 4} else "" for profile in sorted(ALL))
    lines.append(f"| any of it, of a sensitive unit (contacts as in their row) | {sensitive} |")
    return "\n".join(lines)


def _cell(each: Row, profile: int) -> str:
    if profile in each.elsewhere:
        return "yes"
    return "*ms*" if profile in each.medico_social else ""
