"""``/beds/entry``: a ward says its beds on a phone; works as a plain form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request

from beds.records import KEY_PARTS, Record
from beds.store import Zone
from mappings.beds import instant
from mappings.errors import NotFound
from orientation.access import Access
from orientation.api.context import access, services
from orientation.errors import Forbidden, Unauthorized
from orientation.guard import caller, identity
from orientation.identity import Caller
from orientation.identity.scopes import BEDS_READ, BEDS_WRITE
from orientation.pages import typed, zones
from orientation.pages.french import moment
from orientation.pages.room import page

PATH = "/beds/entry"
SCOPES = frozenset({"unit", "site"})
MAX_FORM = 256 * 1024
_WORDS = {
    403: "Cette zone est d’un autre établissement que ceux de la clé.",
    404: "Cette zone n’est plus dans l’annuaire.",
    409: "Un compte plus récent existe déjà.",
    412: "Plusieurs zones portent cet identifiant.",
    422: "Un nombre entier de 0 à 10 000 est attendu.",
}


def routes(blueprint: Blueprint) -> None:
    """Register the form and its sending."""
    blueprint.add_url_rule(PATH, "entry", show)
    blueprint.add_url_rule(PATH, "entry_sent", send, methods=["POST"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """What a form is about: its title, the query that leads to it, its zones with the names of their units."""

    title: str
    query: dict[str, str]
    zones: Mapping[str, Zone]
    units: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said back to the person."""

    problem: str = ""
    conflicts: Mapping[tuple[str, str], Record] = field(default_factory=dict)
    errors: Mapping[tuple[str, str], str] = field(default_factory=dict)


def show() -> Response:
    """Show the form of a unit or a site; without either, how to come to one; the key first where that is needed."""
    given = typed.filled(request.args.to_dict(flat=False))
    if not SCOPES & given.keys():
        return page("entry_start.html", {"site": "", "unknown": ""})
    rights = access(BEDS_READ)
    if not rights.sees_counts:
        return _ask_key(given, "", 403)
    ward = _ward(given, rights)
    saved = given.get("saved", [""])[0]
    return _form(ward, _lines_of(ward, rights, None), Told(), saved=saved if saved.isdigit() else "")


def send() -> Response:
    """Take a form: nothing is written over what somebody else wrote meanwhile unless it is sent again.

    A form of the key alone, where counts are not for everybody, is answered with the form of the counts.
    """
    request.max_content_length = MAX_FORM
    given = typed.filled(request.args.to_dict(flat=False))
    if not SCOPES & given.keys():
        raise NotFound("no unit or site is named")
    form = request.form.to_dict(flat=False)
    rights = access(BEDS_READ)
    writer, refusal = _writer()
    if not rights.sees_counts:
        if writer is None or not writer.access.sees_counts:
            return _ask_key(given, refusal.problem, 401 if writer is None else 403)
        rights = writer.access
    ward = _ward(given, rights)
    if "zone" not in form:
        return _form(ward, _lines_of(ward, rights, writer), Told())
    lines = _seen([line for line in _lines(form) if line.zone in ward.zones], ward, rights, writer)
    if writer is None:
        return _form(ward, lines, refusal, 401 if request.form.get("write_key") else 403)
    clash = zones.conflicts(lines, ward.zones)
    if clash:
        lines = [
            zones.refreshed(line, clash[line.zone, line.key]) if (line.zone, line.key) in clash else line
            for line in lines
        ]
        words = "Quelqu’un a écrit entre-temps. Rien n’a été envoyé : vérifier, puis envoyer à nouveau."
        return _form(ward, lines, Told(problem=words, conflicts=clash), 409)
    return _write(ward, lines, writer)


def _writer() -> tuple[Caller | None, Told]:
    """Return who writes, by the key of the form or else by what came with the request; or what to tell."""
    key = request.form.get("write_key", "").strip()
    try:
        found = identity().of_secret(key) if key else caller()
        found.require(BEDS_WRITE)
    except Unauthorized:
        return None, Told(problem="Cette clé n’est pas connue.")
    except Forbidden:
        words = "Cette clé ne permet pas d’écrire des lits." if key else "Une clé de saisie est nécessaire."
        return None, Told(problem=words)
    return found, Told()


def _ask_key(given: typed.Arguments, problem: str, status: int) -> Response:
    """Ask for the key before anything is shown: counts are not for everybody here."""
    query = {name: values[0] for name, values in given.items() if name in SCOPES}
    return page("entry_key.html", {"action": f"{PATH}?{urlencode(query)}", "problem": problem}, status)


def _write(ward: Ward, lines: list[zones.Line], writer: Caller) -> Response:
    known = services()
    told = [line for line in lines if line.told]
    now = instant(known.clock())
    verdicts = known.beds.take([zones.write_of(line, now) for line in told], writer.name, permit=writer.permit)
    errors = {
        (line.zone, line.key): _WORDS.get(verdict.status, verdict.detail)
        for line, verdict in zip(told, verdicts, strict=True)
        if not verdict.done
    }
    if errors:
        ward = _again(ward)
        words = f"{len(errors)} compte(s) refusé(s), les autres sont enregistrés."
        return _form(ward, lines, Told(problem=words, errors=errors), 422)
    if not access(BEDS_READ).sees_counts:
        ward = _again(ward)
        return _form(ward, _lines_of(ward, writer.access, writer), Told(), saved=str(len(told)))
    response = redirect(f"{PATH}?{urlencode({**ward.query, 'saved': str(len(told))})}", 303)
    return Response(response.get_data(), 303, headers=list(response.headers))


def _again(ward: Ward) -> Ward:
    """Return a ward with its counts as they are now."""
    return replace(ward, zones=services().beds.store.load(ward.zones))


def _lines_of(ward: Ward, rights: Access, writer: Caller | None) -> list[zones.Line]:
    lines = [line for zone in ward.zones.values() for line in zones.lines_of(zone)]
    return _seen(lines, ward, rights, writer)


def _seen(lines: list[zones.Line], ward: Ward, rights: Access, writer: Caller | None) -> list[zones.Line]:
    """Return the lines that may be seen: of its own zones a writer sees all, others as far as their profile goes."""
    if rights.sees_exceptional:
        return lines
    own = {zone.id for zone in ward.zones.values() if writer is not None and writer.permit(zone.id, zone) is None}
    return [line for line in lines if not line.exceptional or line.zone in own]


def _ward(given: typed.Arguments, rights: Access) -> Ward:
    """Return the ward that the address names; ``NotFound`` for one that does not exist or may not be seen."""
    known = services()
    if "unit" in given:
        document = known.search.unit(given["unit"][0], rights)
        documents = [document] if zones.may_write(document, rights) else []
        query = {"unit": given["unit"][0]}
    else:
        documents = zones.units_of_site(known.gateway, known.search.index, given["site"][0], rights)
        query = {"site": given["site"][0]}
    if not documents:
        raise NotFound("no unit whose beds may be seen is there")
    names: dict[str, list[str]] = {}
    for document in documents:
        for place in document.get("place_ids", ()):
            names.setdefault(place, []).append(document["unit"]["name"])
    found = known.beds.store.load(names)
    if "site" in given:
        # A hospital has many consulting rooms that never count beds: a unit's own form is for the first count.
        # What only beds above the installed ones are counted of is, to others, not counted.
        hidden = not rights.sees_exceptional
        counted = (
            zone
            for zone in found.values()
            if any(not (hidden and count.key.exceptional) for count in zone.capacities())
        )
        found = {zone.id: zone for zone in islice(counted, zones.MAX_ZONES)}
    title = documents[0]["unit"]["site"]["name"] if "site" in given else documents[0]["unit"]["name"]
    return Ward(title=title, query=query, zones=found, units=names)


def _lines(form: Mapping[str, list[str]]) -> list[zones.Line]:
    """Read the lines of a form, in order; one that is not whole is left out."""
    columns = [form.get(name, []) for name in ("zone", "key", "was", "seen", "count")]
    lines = []
    for zone, key, was, seen, said in zip(*columns, strict=False):
        if key.count("|") == len(KEY_PARTS) - 1:
            before = int(was) if was.isascii() and was.isdigit() else None
            lines.append(zones.Line(zone=zone, key=key, was=before, seen=seen, said=said.strip()))
    return lines


def _form(ward: Ward, lines: list[zones.Line], told: Told, status: int = 200, saved: str = "") -> Response:
    now = services().clock()
    shown = []
    for zone in ward.zones.values():
        of_zone = [
            zones.shown(
                line, zone, now, told.conflicts.get((line.zone, line.key)), told.errors.get((line.zone, line.key))
            )
            for line in lines
            if line.zone == zone.id
        ]
        shown.append(
            {
                "id": zone.id,
                "name": zone.facts.get("name") or zone.id,
                "units": ward.units.get(zone.id, []),
                "main": [line for line in of_zone if line["main"]],
                "rest": [line for line in of_zone if not line["main"]],
                "troubled": any(line["conflict"] or line["error"] for line in of_zone if not line["main"]),
            }
        )
    view = {
        "title": ward.title,
        "zones": shown,
        "action": f"{PATH}?{urlencode(ward.query)}",
        "saved": saved,
        "problem": told.problem,
        "bad_key": status in {401, 403},
        "writes": identity().takes_writes(),
        "as_of": moment(now),
    }
    return page("entry.html", view, status)
