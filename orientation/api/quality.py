"""``/quality``: what the records of the directory are worth, by site and territory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from beds.recency import AGES as BED_AGES
from beds.recency import Recency
from mappings.beds import instant
from mappings.quality import COHERENCE, COMPLETENESS, EXACTNESS, RECENCY, RULES, STRUCTURE
from mappings.quality import THEMES as LABELS
from orientation.api import examples
from orientation.api.context import access, json_response, services
from orientation.api.doc import json_answer, query_parameters, route
from orientation.identity.scopes import STEERING
from orientation.quality import GROUPS, MAX_ROWS, RECENCY_RULE, UNIT_AGES, QualityQuestion, Row, quality
from orientation.quality.reading import Quality
from orientation.question import fields as f
from orientation.question.shape import Question, read
from orientation.render.labels import department, region

blueprint = Blueprint("quality", __name__, description="What the records are worth.")

THEMES = {"completeness": COMPLETENESS, "coherence": COHERENCE, "structure": STRUCTURE, "exactness": EXACTNESS}
"""Name in the answer → theme (R350)."""
RECENCY_LABEL = "non mise à jour depuis douze mois"


class QualityParameters(Question):
    """Parameters of the quality of the directory."""

    group_by = f.Choice("What a row stands for.", tuple(GROUPS), load_default="region")
    region = f.Region("Region of the units (INSEE code).")
    department = f.Department("Department of the units.")
    finess = f.Member(
        "Site, by its FINESS number.",
        "must be a FINESS number of nine characters",
        lambda code: len(code) == 9 and code.isascii() and code.isalnum(),
        example=["760780239"],
    )
    field = f.Code("Field of activity", "field")
    activity = f.Code("Activity", "activity")
    rule = f.Choice(
        "Lists the units that break this rule, the longest untouched first, in `units`.", (*RULES, RECENCY_RULE)
    )
    size = f.Whole("Rows of sites, and units listed, at most.", 1, MAX_ROWS, load_default=100)


_PARAMETERS = QualityParameters()

_SHARE = examples.record(rate=examples.maybe(examples.DEGREES), checked=examples.WHOLE, broken=examples.WHOLE)
_ROW = examples.record(
    code=examples.TEXT,
    label=examples.TEXT,
    units=examples.WHOLE,
    **dict.fromkeys(THEMES, _SHARE),
    rules=examples.many(examples.record(code=examples.TEXT, checked=examples.WHOLE, broken=examples.WHOLE)),
    recency=examples.record(
        ages=examples.many(examples.record(under_days=examples.maybe(examples.WHOLE), units=examples.WHOLE)),
        oldest=examples.maybe(examples.TIME),
        newest=examples.maybe(examples.TIME),
        sites=examples.WHOLE,
        recent_sites=examples.WHOLE,
    ),
    beds=examples.maybe(
        examples.record(
            zones=examples.WHOLE,
            silent=examples.WHOLE,
            stale=examples.WHOLE,
            ages=examples.many(examples.record(under_s=examples.maybe(examples.WHOLE), zones=examples.WHOLE)),
            oldest=examples.maybe(examples.TIME),
        )
    ),
)
SCHEMA_OF_QUALITY = examples.record(
    group_by=examples.TEXT,
    as_of=examples.TIME,
    rules=examples.many(examples.record(code=examples.TEXT, label=examples.TEXT, theme=examples.CODED)),
    rows=examples.many(_ROW),
    total=_ROW,
    units=examples.maybe(
        examples.record(
            total=examples.WHOLE,
            shown=examples.many(
                examples.record(
                    id=examples.TEXT,
                    name=examples.TEXT,
                    site=examples.record(finess=examples.maybe(examples.TEXT), name=examples.TEXT),
                    department=examples.maybe(examples.CODED),
                    updated_at=examples.TIME,
                    broken=examples.many(examples.TEXT),
                )
            ),
        )
    ),
    warnings=examples.many(examples.TEXT),
)


@route(
    blueprint,
    "/quality",
    answers={200: json_answer("The quality of the records.", SCHEMA_OF_QUALITY)},
    problems=("invalid-input", "engine-unavailable", "no-data"),
    parameters=query_parameters(_PARAMETERS),
)
def of_the_directory() -> Response:
    """Say how complete, coherent and recent the records are.

    Each record is judged by the rules listed, when it is indexed: `checked` units are those a rule is for, `broken`
    those that break it, `rate` the share of a theme's checks that hold. A unit counts in the territory of its first
    place, closed places included, else of its site; units closed today are left out. `recency` counts records by
    age, and the sites that keep national rule RE1.2 (a quarter of their units updated within twelve months, or one
    of fewer than eight). `beds` counts zones of units that host, in their own territory: `silent` ones say nothing
    of what is free now, `stale` ones said it too long ago for their activity; it is null for a profile that sees no
    counts. Rows of sites are those that break most rules.
    """
    return json_response(quality_of(request.args.to_dict(flat=False)))


def quality_of(given: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the quality that the parameters ask for."""
    question = _question(read(_PARAMETERS, given))
    known = services()
    found = quality(known.gateway, known.beds.indices, question)
    codes = [*RULES.values()]
    return {
        "group_by": question.group_by,
        "as_of": question.as_of.isoformat(),
        "rules": [
            *({"code": rule.id, "label": rule.label, "theme": _theme(rule.theme)} for rule in codes),
            {"code": RECENCY_RULE, "label": RECENCY_LABEL, "theme": _theme(RECENCY)},
        ],
        "rows": [_row(row, _label(question.group_by, row)) for row in found.rows],
        "total": _row(found.total, "Total"),
        "units": _units(found) if question.rule else None,
        "warnings": _warnings(question),
    }


def _theme(code: str) -> dict[str, str]:
    return {"code": code, "label": LABELS[code]}


def _question(values: Mapping[str, Any]) -> QualityQuestion:
    known = services()
    tension = known.tension()
    return QualityQuestion(
        as_of=known.clock(),
        group_by=values["group_by"],
        regions=values.get("region", ()),
        departments=values.get("department", ()),
        sites=values.get("finess", ()),
        fields=values.get("field", ()),
        activities=values.get("activity", ()),
        rule=values.get("rule"),
        size=values["size"],
        access=access(STEERING),
        tension_departments=tension.departments,
        tension_regions=tension.regions,
    )


def _warnings(question: QualityQuestion) -> list[str]:
    if not question.access.counts_of_one_field:
        return []
    return ["Les comptes de lits jugés sont ceux des unités médico-sociales : votre profil ne voit pas les autres."]


def _label(group_by: str, row: Row) -> str:
    if group_by == "site":
        return row.name or row.code
    named = (region if group_by == "region" else department)(row.code)
    return named["label"] if named else row.code


def _row(row: Row, label: str) -> dict[str, Any]:
    themes = {name: _share(row, theme) for name, theme in THEMES.items()}
    rules = [
        {"code": rule, "checked": checked, "broken": row.broken.get(rule, 0)} for rule, checked in row.checked.items()
    ]
    ages = zip((*(age.days for age in UNIT_AGES), None), row.ages, strict=True)
    return {
        "code": row.code,
        "label": label,
        "units": row.units,
        **themes,
        "rules": [each for each in rules if each["checked"]],
        "recency": {
            "ages": [{"under_days": days, "units": units} for days, units in ages],
            "oldest": _time(row.oldest),
            "newest": _time(row.newest),
            "sites": row.sites,
            "recent_sites": row.recent_sites,
        },
        "beds": _beds(row.beds) if row.beds else None,
    }


def _share(row: Row, theme: str) -> dict[str, Any]:
    wanted = [rule.id for rule in RULES.values() if rule.theme == theme]
    checked = sum(row.checked[id] for id in wanted)
    broken = sum(row.broken.get(id, 0) for id in wanted)
    return {"rate": round(1 - broken / checked, 4) if checked else None, "checked": checked, "broken": broken}


def _beds(beds: Recency) -> dict[str, Any]:
    ages = zip((*(round(age.total_seconds()) for age in BED_AGES), None), beds.ages, strict=True)
    return {
        "zones": beds.zones,
        "silent": beds.silent,
        "stale": beds.stale,
        "ages": [{"under_s": seconds, "zones": zones} for seconds, zones in ages],
        "oldest": _time(beds.oldest),
    }


def _units(found: Quality) -> dict[str, Any]:
    return {
        "total": found.units_total,
        "shown": [
            {
                "id": unit["id"],
                "name": unit["unit"]["name"],
                "site": {"finess": unit.get("finess"), "name": unit["unit"]["site"]["name"]},
                "department": department(unit["quality"].get("department")),
                "updated_at": unit["updated_at"],
                "broken": unit["quality"].get("broken", []),
            }
            for unit in found.units
        ],
    }


def _time(when: datetime | None) -> str | None:
    return instant(when) if when else None
