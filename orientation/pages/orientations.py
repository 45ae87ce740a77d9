"""``/``: the orientation page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request

from mappings.errors import InvalidInput
from mappings.gazetteer import Found, Gazetteer
from orientation.api.context import access, asked_of, services
from orientation.api.federated import federated
from orientation.criteria import DEFAULT_FACETS, PRESETS, Criteria
from orientation.pages import elsewhere, results, typed, words
from orientation.pages.french import distance, moment, number, plural
from orientation.pages.links import Links
from orientation.pages.room import page
from orientation.question import Asked
from orientation.render.json import Sheet, facet
from orientation.render.json import criteria as labelled

IN_FORM = ("q", "place", "age", "beds_min", "use_case")
"""Parameters that the form shows; the others chosen are kept by hidden fields."""
FACET_HEAD = 6
"""Values of a facet shown at once."""
RADII = ("10km", "30km", "60km", "100km", "200km")


def routes(blueprint: Blueprint) -> None:
    """Register the page."""
    blueprint.add_url_rule("/", "orientation", show)


def show() -> Response:
    """Show the form, and the answer once something is asked."""
    given = typed.filled(request.args.to_dict(flat=False))
    links = Links("/", given)
    if not typed.asks(given):
        return page("orientation.html", {**_form(given, links), "found": None})
    try:
        found = ask(given)
    except InvalidInput as error:
        view = {**_form(given, links), "found": None, "problems": words.problems(error, links)}
        return page("orientation.html", view, 422)
    return page("orientation.html", {**_form(given, links, found), "found": answer_shown(found, links)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A question and its answer, as the page needs them."""

    asked: Asked
    sheet: Sheet
    shown: int


def ask(given: typed.Arguments) -> Answered:
    """Answer a question; ``InvalidInput`` names what is wrong with it."""
    known = services()
    asked = understood(given)
    wanted = typed.shown(given)
    both = federated(asked.criteria, replace(asked.page, size=wanted, facets=DEFAULT_FACETS), asked.peers)
    sheet = Sheet(
        answer=both.answer,
        gazetteer=known.gazetteer,
        warnings=asked.warnings,
        reading=asked.reading,
        peers=both.peers,
    )
    return Answered(asked=asked, sheet=sheet, shown=wanted)


def understood(given: typed.Arguments) -> Asked:
    """Return the question that the parameters of a page make."""
    asked = typed.question(given)
    try:
        return _criteria(asked)
    except InvalidInput as error:
        if "place" in given or {each.field for each in error.errors} - {"radius", "sort"}:
            raise
        return _criteria(typed.without_origin(asked))


def _criteria(asked: typed.Arguments) -> Asked:
    return asked_of(asked)


def _form(given: typed.Arguments, links: Links, found: Answered | None = None) -> dict[str, Any]:
    """Return what the form shows."""
    values = {name: given.get(name, [""])[0] for name in IN_FORM}
    if found is not None and values["place"].startswith("insee:"):
        values["place"] = _place_name(found.sheet, values["place"])
    hidden = [(name, value) for name, each in given.items() if name not in (*IN_FORM, "n") for value in each]
    return {
        "form": values,
        "hidden": hidden,
        "use_cases": [(code, preset.label) for code, preset in PRESETS.items()],
        "sees_counts": access().sees_counts,
        "problems": [],
        "clear": "/",
    }


def _place_name(sheet: Sheet, text: str) -> str:
    """Return the name of a place asked by its code, unless the name alone would mean another."""
    origin = sheet.answer.criteria.origin
    if origin is None:
        return text
    again = sheet.gazetteer.resolve(origin.label)
    return origin.label if isinstance(again, Found) and again.origin.insee == origin.insee else text


def answer_shown(found: Answered, links: Links) -> dict[str, Any]:
    """Return the whole answer as the page shows it."""
    sheet = found.sheet
    answer, criteria = sheet.answer, sheet.answer.criteria
    origin = criteria.origin
    return {
        "summary": _summary(sheet),
        "total": answer.total,
        "as_of": moment(criteria.as_of),
        "origin": {"lat": origin.point.lat, "lon": origin.point.lon, "label": origin.label} if origin else None,
        "radius_m": answer.radius_m if origin else None,
        "warnings": sheet.all_warnings,
        "chips": [*_read(sheet, links), *_chips(criteria, sheet.gazetteer, links)],
        "sorts": _sorts(criteria, links),
        "radii": _radii(answer.radius_m, links) if origin else [],
        "others": elsewhere.choices(links, found.asked.peers) if services().federation.register.enabled() else [],
        "asked_elsewhere": elsewhere.asked(sheet.peers),
        "results": [results.line(each, criteria, sheet.gazetteer, origin is not None) for each in answer.results],
        "facets": _facets(sheet, links),
        "more": _more(found, links),
        "wider": _wider(answer.radius_m, links) if origin else None,
        "csv": _export(links, "csv"),
        "geojson": _export(links, "geojson"),
        "points": links.elsewhere("/points.json", without=("n",)) if answer.total > len(answer.results) else "",
    }


def _summary(sheet: Sheet) -> str:
    answer = sheet.answer
    said = plural(answer.total, "unité")
    origin = answer.criteria.origin
    if origin is None:
        return said
    if answer.radius_m is None:
        return f"{said} depuis {origin.label}"
    return f"{said} à moins de {distance(answer.radius_m)} de {origin.label}"


def _read(sheet: Sheet, links: Links) -> list[dict[str, str]]:
    """Return what the box was understood to say, each part with the address without it."""
    text = links.arguments.get("q", [""])[0]
    if sheet.reading is None or not text:
        return []
    return [
        {
            "name": f"« {part.text} »",
            "label": part.label,
            "url": links.with_(q=" ".join((text[: part.start] + text[part.end :]).split()) or None, n=None),
        }
        for part in sheet.reading.parts
        if part.parameter is not None
    ]


def _chips(criteria: Criteria, gazetteer: Gazetteer, links: Links) -> list[dict[str, str]]:
    """Return what is selected, each with the address without it."""
    chips = []
    for name, value in labelled(criteria, gazetteer).items():
        if isinstance(value, list):
            chips += [
                {"name": words.title(name), "label": each["label"], "url": links.toggled(name, each["code"])}
                for each in value
                if each["code"] in links.arguments.get(name, ())
            ]
        elif name in links.arguments and name in words.CHIPS:
            chips.append(
                {"name": words.title(name), "label": words.CHIPS[name](value), "url": links.with_(**{name: None})}
            )
    return chips


def _sorts(criteria: Criteria, links: Links) -> list[dict[str, Any]]:
    usable = {
        "suitability": True,
        "distance": criteria.origin is not None,
        "beds": criteria.access.sees_counts,
    }
    return [
        {
            "label": label,
            "url": links.with_(sort=None if name == "suitability" else name, n=None),
            "on": criteria.sort == name,
        }
        for name, label in words.SORTS.items()
        if usable[name]
    ]


def _radii(used: int | None, links: Links) -> list[dict[str, Any]]:
    asked = links.arguments.get("radius", [None])[0]
    auto = {"label": "auto", "url": links.with_(radius=None, n=None), "on": asked is None}
    every = [
        {"label": text.replace("km", "\u202fkm"), "url": links.with_(radius=text, n=None), "on": text == asked}
        for text in RADII
    ]
    if asked is not None and asked not in RADII:
        every.append({"label": distance(used), "url": links.with_(radius=asked), "on": True})
    return [auto, *every]


def _wider(used: int | None, links: Links) -> dict[str, str] | None:
    """Return the next wider radius, for an answer with nothing in it."""
    wider = next((text for text in RADII if used is not None and int(text[:-2]) * 1000 > used), None)
    return {"label": f"Chercher à {wider[:-2]}\u202fkm", "url": links.with_(radius=wider, n=None)} if wider else None


def _facets(sheet: Sheet, links: Links) -> list[dict[str, Any]]:
    """Return the facets; chosen is what the address says: what the box said is chosen again by a click."""
    shown = []
    for name, counted in sheet.answer.facets.items():
        chosen = links.arguments.get(name, ())
        values = [
            {
                "label": value["label"],
                "count": number(value["count"]),
                "url": links.toggled(name, value["code"]),
                "selected": value["code"] in chosen,
            }
            for value in facet(name, counted, sheet.gazetteer)
            if value["count"] or value["code"] in chosen
        ]
        values.sort(key=lambda value: not value["selected"])
        if values:
            shown.append({"title": words.title(name), "head": values[:FACET_HEAD], "rest": values[FACET_HEAD:]})
    return shown


def _more(found: Answered, links: Links) -> dict[str, str] | None:
    """Return the way to more results on the same page."""
    step = next((step for step in typed.SHOWN if step > found.shown), None)
    if step is None or found.sheet.answer.total <= found.shown:
        return None
    rest = min(step, found.sheet.answer.total)
    return {"label": f"Afficher {number(rest)} résultats", "url": links.with_(n=str(step)) + f"#r{found.shown + 1}"}


def _export(links: Links, form: str) -> str:
    asked = Links("/api/v1/orientations", typed.question({name: list(each) for name, each in links.arguments.items()}))
    return asked.with_(format=form, size="100", facets="none")
