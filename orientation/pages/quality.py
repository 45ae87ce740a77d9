"""``/quality``: what the records are worth, for whoever must correct them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from mappings.territory import departments, regions
from orientation.api.context import services
from orientation.api.quality import THEMES, quality_of
from orientation.pages import typed
from orientation.pages.bars import bars, rate, share, width
from orientation.pages.french import moment, number, percent, plural, time_shown
from orientation.pages.links import Links
from orientation.pages.results import unit_url
from orientation.pages.room import page
from orientation.quality import RECENCY_RULE

GROUPS = {"region": "Région", "department": "Département", "site": "Établissement"}
_NEXT = {"region": "department", "department": "site", "finess": "site"}
"""What is shown inside what was chosen, unless something else is asked for."""
_NOUNS = {"region": "région", "department": "département", "site": "établissement"}
_FILTER = {"region": "region", "department": "department", "site": "finess"}
_THEME_WORDS = {
    "completeness": "Complétude",
    "coherence": "Cohérence",
    "structure": "Structuration",
    "exactness": "Exactitude",
}
_RECORD_AGES = ("moins de 3 mois", "de 3 à 12 mois", "de 1 à 2 ans", "plus de 2 ans")
_COUNT_AGES = ("moins d’une heure", "moins de 24 h", "moins de 7 jours", "plus de 7 jours")


def routes(blueprint: Blueprint) -> None:
    """Register the page."""
    blueprint.add_url_rule("/quality", "quality", show)


def show() -> Response:
    """Show the quality of what the address names."""
    given = typed.filled(request.args.to_dict(flat=False))
    inner = [group for name, group in _NEXT.items() if name in given]
    asked = given if "group_by" in given or not inner else {**given, "group_by": [inner[-1]]}
    told = quality_of(asked)
    links = Links("/quality", given)
    now = services().clock()
    rule = given.get("rule", [""])[0]
    named = {each["code"]: each["label"] for each in told["rules"]}
    view = {
        "title": _title(given, told),
        "as_of": moment(datetime.fromisoformat(told["as_of"])),
        "total": _summary(told["total"]),
        "rules": _rules(told, links, rule),
        "group": GROUPS[told["group_by"]],
        "group_noun": _NOUNS[told["group_by"]],
        "rows": [_row(row, told["group_by"], now) for row in told["rows"]],
        "groups": [
            {"label": label, "url": links.with_(group_by=code, rule=None), "on": told["group_by"] == code}
            for code, label in GROUPS.items()
        ],
        "units": _units(told, named, links, now) if rule else None,
        "warnings": told["warnings"],
        "regions": regions(),
        "departments": {code: each.label for code, each in departments().items()},
        "chosen": {name: given.get(name, [""])[0] for name in ("region", "department", "group_by")},
        "json": Links("/api/v1/quality", asked).with_(),
    }
    return page("quality.html", view)


def _title(given: typed.Arguments, told: Mapping[str, Any]) -> str:
    if "finess" in given:
        return told["rows"][0]["label"] if told["rows"] else given["finess"][0]
    if "department" in given:
        return ", ".join(departments()[code].label for code in given["department"])
    return ", ".join(regions()[code] for code in given.get("region", ()))


def _summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the whole is worth: themes, ages of records, bed zones."""
    themes = [
        {"label": _THEME_WORDS[name], **rate(row[name]["rate"]), "broken": plural(row[name]["broken"], "écart")}
        for name in THEMES
    ]
    ages = [each["units"] for each in row["recency"]["ages"]]
    recent = share(sum(ages[:2]), row["units"])
    sites = row["recency"]
    themes.insert(
        2, {"label": "Récence", **rate(recent), "broken": f"{plural(sum(ages[2:]), 'fiche')} de plus d’un an"}
    )
    return {
        "units": plural(row["units"], "unité"),
        "themes": themes,
        "ages": bars(_RECORD_AGES, ages, "fiche"),
        "sites": f"{number(sites['recent_sites'])} sur {number(sites['sites'])}",
        "beds": _beds(row["beds"]) if row["beds"] else None,
    }


def _beds(beds: Mapping[str, Any]) -> dict[str, Any]:
    ages = [each["zones"] for each in beds["ages"]]
    return {
        "zones": plural(beds["zones"], "zone"),
        "stale": plural(beds["stale"], "à vérifier", "à vérifier"),
        "silent": plural(beds["silent"], "muette"),
        "ages": bars((*_COUNT_AGES, "jamais dit"), (*ages, beds["silent"]), "zone"),
    }


def _rules(told: Mapping[str, Any], links: Links, chosen: str) -> list[dict[str, Any]]:
    """Return the rules that are broken, most often first, each with the way to the units that break it."""
    total = told["total"]
    counts = {each["code"]: (each["broken"], each["checked"]) for each in total["rules"]}
    old = sum(each["units"] for each in total["recency"]["ages"][2:])
    counts[RECENCY_RULE] = (old, total["units"])
    shown = [
        {
            "label": rule["label"],
            "theme": rule["theme"]["label"],
            "broken": broken,
            "checked": checked,
            "url": links.with_(rule=rule["code"]) + "#units",
            "on": rule["code"] == chosen,
            "share": percent(share(broken, checked)),
            "width": width(broken, checked),
        }
        for rule in told["rules"]
        for broken, checked in [counts.get(rule["code"], (0, 0))]
        if broken
    ]
    return sorted(shown, key=lambda rule: -rule["broken"])


def _row(row: Mapping[str, Any], group_by: str, now: datetime) -> dict[str, Any]:
    ages = [each["units"] for each in row["recency"]["ages"]]
    beds = row["beds"]
    return {
        "label": row["label"],
        "code": row["code"],
        "url": Links("/quality", {}).with_(**{_FILTER[group_by]: row["code"]}),
        "units": row["units"],
        "themes": [{"label": _THEME_WORDS[name], **rate(row[name]["rate"])} for name in THEMES],
        "recent": rate(share(sum(ages[:2]), row["units"])),
        "oldest": time_shown(row["recency"]["oldest"], now),
        "sites": row["recency"],
        "beds": beds and {**beds, "zones": plural(beds["zones"], "zone")},
    }


def _units(told: Mapping[str, Any], named: Mapping[str, str], links: Links, now: datetime) -> dict[str, Any]:
    rule = links.arguments["rule"][0]
    found = told["units"]
    shown = [
        {
            **unit,
            "url": unit_url(unit["id"]),
            "updated": time_shown(unit["updated_at"], now),
            "others": [named[code] for code in unit["broken"] if code != rule],
        }
        for unit in found["shown"]
    ]
    return {
        "title": named[rule],
        "count": plural(found["total"], "unité"),
        "shown": shown,
        "more": found["total"] - len(shown),
        "close": links.with_(rule=None),
    }
