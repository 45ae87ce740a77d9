"""The pages as part of the application: routes, headers, errors as pages, files kept by browsers."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, g, render_template, request

from mappings.errors import NotFound, shorten
from orientation.hygiene import HEADERS
from orientation.identity.scopes import STEERING
from orientation.pages.assets import FOREVER, Assets
from orientation.problems import problem_of

KEY = "pages"
_MIN_PACKED = 1024
_WORDS = {
    401: ("Clé refusée", "La clé, le jeton ou le certificat envoyé n’est pas accepté par ce serveur."),
    429: ("Trop de demandes", "Attendre un peu, puis réessayer."),
    403: ("Accès refusé", "Votre profil ne permet pas de voir ceci."),
    404: ("Introuvable", "Rien n’existe à cette adresse, ou plus rien."),
    422: ("Demande non comprise", "Un paramètre de l’adresse est faux : reprendre depuis la page."),
    503: ("Service momentanément indisponible", "Le moteur de recherche ne répond pas. Rien n’a été perdu."),
}
_OTHER = ("La page n’a pas pu être faite", "Réessayer ; si cela dure, prévenir l’exploitant.")


@dataclass(frozen=True, slots=True)
class Room:
    """What the pages need beside the services of the application."""

    assets: Assets
    tiles: str
    attribution: str
    policy: str


def room() -> Room:
    """Return what the pages of the application that answers need."""
    found: Room = current_app.extensions[KEY]
    return found


def policy(tiles: str | None) -> str:
    """Return the content security policy: the host of the tiles may give images, and nobody else anything."""
    found = HEADERS["Content-Security-Policy"]
    if tiles:
        parts = urlsplit(tiles)
        host = f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}"
        found = found.replace("img-src 'self' data:", f"img-src 'self' data: {host}")
    return found


def page(template: str, view: dict[str, Any], status: int = 200) -> Response:
    """Return a page."""
    known = room()
    asker = g.get("caller")  # nobody yet, where the page says that who asks could not be told
    html = render_template(
        template,
        asset=known.assets.url,
        tiles=known.tiles,
        credit=known.attribution,
        steers=asker is not None and STEERING in asker.scopes,
        **view,
    )
    response = Response(html, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = known.policy
    return packed(response)


def packed(response: Response) -> Response:
    """Pack what is long enough for whoever takes gzip."""
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if len(body) >= _MIN_PACKED and request.accept_encodings["gzip"]:
        response.set_data(gzip.compress(body, 5))
        response.headers["Content-Encoding"] = "gzip"
    return response


def asset(version: str, name: str) -> Response:
    """Serve a file: for ever under its version, and not to be kept under another one."""
    known = room().assets
    found = known.get(name)
    if found is None:
        raise NotFound(f"no file {shorten(name)!r}")
    takes = bool(request.accept_encodings["gzip"])
    response = Response(found.packed if takes else found.body, content_type=found.media_type)
    if takes:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = FOREVER if version == known.version else "no-cache"
    return response


def failed(error: Exception) -> Response:
    """Tell an error as a page, with the status that the API gives it."""
    told = problem_of(error)
    title, advice = _WORDS.get(told.status_code, _OTHER)
    view = {"title": title, "advice": advice, "status": told.status_code, "again": request.full_path.rstrip("?")}
    response = page("error.html", view, told.status_code)
    for name in ("Retry-After", "WWW-Authenticate"):
        if name in told.headers:
            response.headers[name] = told.headers[name]
    return response
