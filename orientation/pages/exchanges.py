"""``/exchanges``: what was asked between directories and how it went, for whoever steers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, request

from mappings.nomenclature import nomenclature
from orientation.api.context import services
from orientation.api.exchanges import indicators_of
from orientation.exchanges.entry import IN, OUT
from orientation.identity.profession import LIST as PROFESSION_LIST
from orientation.pages import typed
from orientation.pages.bars import rate, share
from orientation.pages.copies import copied, lag
from orientation.pages.french import PARIS, moment, number, percent, plural
from orientation.pages.links import Links
from orientation.pages.room import page
from orientation.pages.words import AGE_BANDS, DIRECTIONS, FAILED, PROFESSIONS, TRANSACTIONS
from orientation.question import fields as f
from orientation.question.shape import Question, read
from orientation.render.labels import region

SPANS = {7: "7 jours", 30: "30 jours", 90: "3 mois", 365: "un an"}
"""Days until today → what the page calls them."""
_USUAL = 30
_GROUPS = {
    "peer": "Annuaire ou client", "region": "Région", "direction": "Sens", "day": "Jour", "profile": "Profil d’accès",
    "profession": "Profession", "outcome": "Issue", "age_band": "Âge du patient",
}  # fmt: skip
_DAY = "must be a day such as 2026-11-24"


class ExchangesPage(Question):
    """Parameters of the page; ``from`` and ``to`` are days of Paris, both included."""

    days = f.Whole("How many days until today.", 1, 3660)
    group_by = f.Choice("What a row stands for.", tuple(_GROUPS), load_default="peer")
    direction = f.Choice("Who asked.", (OUT, IN))
    peer = f.Member("Directory or client.", "must be a code", str.isprintable, repeatable=False)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).year >= 2000
    except ValueError:
        return False


_BOUNDS = {name: f.Member("A day.", _DAY, _is_day, repeatable=False) for name in ("from", "to")}
_PARAMETERS = ExchangesPage.from_dict(_BOUNDS, name="ExchangesOfDays")()  # type: ignore[arg-type]


def routes(blueprint: Blueprint) -> None:
    """Register the page."""
    blueprint.add_url_rule("/exchanges", "exchanges", show)


def show() -> Response:
    """Show the indicators of a span."""
    given = typed.filled(request.args.to_dict(flat=False))
    asked = read(_PARAMETERS, given)
    now = services().clock()
    first, last = _span(asked, now)
    question = {"group_by": [asked["group_by"]], "from": [_at(first)], "to": [_at(last + timedelta(days=1))]}
    question |= {name: [asked[name]] for name in ("direction", "peer") if name in asked}
    told = indicators_of(question)
    links, api = Links("/exchanges", given), Links("/api/v1/exchanges/indicators", question)
    names = {each.code: each.name for each in services().federation.register.all()}
    view = {
        "as_of": moment(now),
        "peer": names.get(asked["peer"], asked["peer"]) if "peer" in asked else "",
        "whole": links.with_(peer=None),
        "total": _gauges(told["total"]),
        "errors": _errors(told["total"]["errors"]),
        "copies": [copied(each, names, now) for each in told["copies"]],
        "never": _never(told["never_returned"]) if told["never_returned"] else None,
        "group": _GROUPS[asked["group_by"]],
        "rows": [_row(each, asked["group_by"], names, links) for each in _in_order(told["groups"], asked["group_by"])],
        "groups": [
            {"label": label, "url": links.with_(group_by=name), "on": name == asked["group_by"]}
            for name, label in _GROUPS.items()
        ],
        "spans": [
            {"label": label, "url": links.with_(days=str(days), **{"from": None, "to": None}),
             "on": not {"from", "to"} & asked.keys() and days == asked.get("days", _USUAL)}
            for days, label in SPANS.items()
        ],
        "directions": [
            {"label": label, "url": links.with_(direction=name), "on": name == asked.get("direction")}
            for name, label in ((None, "tous"), *DIRECTIONS.items())
        ],
        "first": first.isoformat(),
        "last": last.isoformat(),
        "hidden": [(name, asked[name]) for name in ("group_by", "direction", "peer") if name in asked],
        "csv": api.with_(format="csv"),
        "json": api.with_(),
    }  # fmt: skip
    return page("exchanges.html", view)


def _span(asked: Mapping[str, Any], now: datetime) -> tuple[date, date]:
    """Return the first and the last day, in their order."""
    today = now.astimezone(PARIS).date()
    last = date.fromisoformat(asked["to"]) if "to" in asked else today
    if "from" in asked:
        first = date.fromisoformat(asked["from"])
    else:
        first = last - timedelta(days=asked.get("days", _USUAL) - 1)
    return min(first, last), max(first, last)


def _at(day: date) -> str:
    return datetime.combine(day, time(), PARIS).isoformat()


def _gauges(total: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the figures of the whole span."""
    failed = sum(total["errors"].values())
    times = total["duration_ms"]
    return [
        {"label": "Échanges", "figure": number(total["exchanges"]), "note": plural(total["answered"], "réponse")},
        {"label": "Sans résultat", "figure": percent(total["share_without_result"]) or "–",
         "note": f"{number(total['without_result'])} sur {plural(total['answered'], 'réponse')}"},
        {"label": "En échec", "figure": percent(share(failed, total["exchanges"])) or "–",
         "note": plural(failed, "échange")},
        {"label": "Lits à vérifier", "figure": percent(total["share_stale"]) or "–",
         "note": f"de {plural(total['with_bed_counts'], 'réponse')} avec des comptes"},
        {"label": "Temps médian", "figure": _ms(times["p50"]),
         "note": f"95 % sous {_ms(times['p95'])}, 99 % sous {_ms(times['p99'])}"},
        {"label": "Dernière mise à jour vue", "figure": lag(total["lag_s"]) or "–",
         "note": plural(total["units_returned"], "unité rendue", "unités rendues")},
    ]  # fmt: skip


def _errors(errors: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the kinds of failure, most often first."""
    return [
        {"label": FAILED.get(kind, kind), "count": count}
        for kind, count in sorted(errors.items(), key=lambda each: (-each[1], each[0]))
    ]


def _never(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the units that no answer to another directory held."""
    return {
        "words": f"{number(found['units'])} sur {plural(found['known'], 'unité')}",
        "bar": rate(found["share"]),
        "departments": [
            {"label": f"{each['label']} ({each['code']})", "count": each["units"]} for each in found["departments"]
        ],
    }


def _in_order(groups: list[dict[str, Any]], group_by: str) -> list[dict[str, Any]]:
    """Return days newest first, and other groups as they come: most exchanges first."""
    return sorted(groups, key=lambda each: str(each["key"]), reverse=True) if group_by == "day" else groups


def _row(each: Mapping[str, Any], group_by: str, names: Mapping[str, str], links: Links) -> dict[str, Any]:
    times = each["duration_ms"]
    key = each["key"]
    return {
        "label": _label(group_by, key, names),
        "url": links.with_(peer=key, group_by="day") if group_by == "peer" else None,
        "exchanges": each["exchanges"],
        "empty": rate(each["share_without_result"]),
        "times": [{"label": name, "text": _ms(times[name])} for name in ("p50", "p95", "p99")],
        "errors": _errors(each["errors"]),
        "stale": rate(each["share_stale"]),
        "lag": lag(each["lag_s"]),
    }


def _label(group_by: str, key: str, names: Mapping[str, str]) -> str:
    if group_by == "day":
        return date.fromisoformat(key).strftime("%d/%m/%Y")
    if group_by == "region":
        found = region(key)
        return found["label"] if found else key
    if group_by == "profession":
        return PROFESSIONS.get(key) or nomenclature().label(PROFESSION_LIST, key)
    words = {"peer": names, "direction": DIRECTIONS, "outcome": FAILED, "age_band": AGE_BANDS,
             "transaction": TRANSACTIONS}  # fmt: skip
    return words.get(group_by, {}).get(key, key)


def _ms(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{number(round(value))}\u202fms"
