"""``/beds``: the board of beds, for a desk or a wall."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from beds.board import BURNS
from mappings.nomenclature import activity_groups
from mappings.territory import departments, regions
from orientation.api.board import board_of
from orientation.api.context import services
from orientation.pages import typed
from orientation.pages.french import moment, plural, time_shown
from orientation.pages.links import Links
from orientation.pages.room import page
from orientation.render.labels import department, region

GROUPS = {
    "activity_group": "Groupe d’activités",
    "activity": "Activité",
    "site": "Établissement",
    "department": "Département",
    "region": "Région",
}
OF_PAGE = ("fragment", "wall")
_OF_STREAM = ("department", "region", "activity", "commune", "field")


def routes(blueprint: Blueprint) -> None:
    """Register the page."""
    blueprint.add_url_rule("/beds", "board", show)


def show() -> Response:
    """Show the board; with ``fragment`` only the part that changes, for the script that keeps it live."""
    every = typed.filled(request.args.to_dict(flat=False))
    given = {name: values for name, values in every.items() if name not in OF_PAGE}
    links = Links("/beds", given)
    told = board_of(given)
    view = {
        "board": _shown(told, links),
        "tensions": _tensions(given),
        "warnings": told["warnings"],
        "links": _choices(told, links),
        "regions": regions(),
        "departments": {code: each.label for code, each in departments().items()},
        "chosen": {name: given.get(name, [""])[0] for name in ("region", "department", "kind", "group_by", "view")},
        "stream": _stream(given, told),
        "fragment": links.with_(fragment="1"),
        "wall": "wall" in every,
    }
    return page("_board.html" if "fragment" in every else "board.html", view)


def _shown(told: Mapping[str, Any], links: Links) -> dict[str, Any]:
    now = datetime.fromisoformat(told["as_of"])
    rows = [_row(row, told, now, links) for row in _in_order(told)]
    return {
        "group": GROUPS[told["group_by"]],
        "noun": "Lits" if told["kind"] == "bed" else "Places",
        "rows": rows,
        "total": _row(told["total"], told, now, links),
        "as_of": {"iso": told["as_of"], "at": moment(now)},
    }


def _in_order(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows in the order of the groups, or by name."""
    order = {code: n for n, code in enumerate(activity_groups())}
    if told["group_by"] == "activity_group":
        return sorted(told["rows"], key=lambda row: order.get(row["code"], len(order)))
    return sorted(told["rows"], key=lambda row: row["label"])


def _row(row: Mapping[str, Any], told: Mapping[str, Any], now: datetime, links: Links) -> dict[str, Any]:
    troubles = []
    if row["stale"]:
        troubles.append({"state": "stale", "words": plural(row["stale"], "à vérifier", "à vérifier")})
    if row["silent"]:
        troubles.append({"state": "unknown", "words": plural(row["silent"], "muette")})
    return {
        **row,
        "url": _inside(row["code"], told["group_by"], links) if "code" in row else None,
        "tension": _is_tense(row["code"], told["group_by"]),
        "state": _state(row),
        "zones_words": plural(row["zones"], "zone"),
        "troubles": troubles,
        "oldest": time_shown(row["oldest"], now),
        "newest": time_shown(row["newest"], now),
    }


def _state(row: Mapping[str, Any]) -> str:
    if row["available"] is None:
        return "unknown"
    if row["available"] == 0:
        return "full"
    return "stale" if row["stale"] and row["stale"] + row["silent"] >= row["zones"] else "fresh"


def _inside(code: str, group_by: str, links: Links) -> str | None:
    """Return where a row leads: a territory to its own board, a group of activities to its units."""
    if group_by in {"department", "region"}:
        others: dict[str, str | None] = {"department": None, "region": None}
        return links.with_(**{**others, group_by: code, "group_by": None, "view": None})
    groups = activity_groups()
    where = [(name, value) for name in ("region", "department") for value in links.arguments.get(name, ())]
    if group_by == "activity":
        return "/?" + urlencode([("activity", code), *where, ("sort", "beds")])
    if group_by == "activity_group" and code in groups:
        return "/?" + urlencode([*(("activity", each) for each in groups[code].activities), *where, ("sort", "beds")])
    return None


def _is_tense(code: str, group_by: str) -> bool:
    tension = services().tension()
    return code in {"department": tension.departments, "region": tension.regions}.get(group_by, ())


def _tensions(given: typed.Arguments) -> list[dict[str, Any]]:
    """Return where tension holds, by call or by setting, within what is shown."""
    known = services()
    now = known.clock()
    told = {(each.kind, each.code): each.to_dict() for each in known.tensions.current()}
    held = known.tension()
    pairs = [*(("department", code) for code in held.departments), *(("region", code) for code in held.regions)]
    shown = []
    for kind, code in pairs:
        named = (department if kind == "department" else region)(code)
        said = told.get((kind, code), {})
        if kind in given and code not in given[kind]:
            continue
        shown.append(
            {
                "label": named["label"] if named else code,
                "code": code,
                "who": said.get("who", "réglage du serveur"),
                "since": time_shown(said.get("since"), now),
                "note": said.get("note"),
            }
        )
    return shown


def _choices(told: Mapping[str, Any], links: Links) -> dict[str, Any]:
    groups = [
        {
            "label": label,
            "url": links.with_(group_by=code, view=None),
            "on": told["group_by"] == code and not told["view"],
        }
        for code, label in GROUPS.items()
    ]
    kinds = [
        {"label": label, "url": links.with_(kind=code), "on": told["kind"] == code}
        for code, label in (("bed", "Lits"), ("place", "Places de jour"))
    ]
    burns = {"url": "/beds?view=burns", "on": told["view"] == "burns"}
    return {"groups": groups, "kinds": kinds, "burns": burns}


def _stream(given: typed.Arguments, told: Mapping[str, Any]) -> str:
    """Return the address of the changes of what is shown."""
    pairs = [(name, value) for name in _OF_STREAM for value in given.get(name, ())]
    if told["view"] == "burns":
        pairs += [("activity", code) for code in BURNS]
    return "/api/v1/beds/changes" + (f"?{urlencode(pairs)}" if pairs else "")
