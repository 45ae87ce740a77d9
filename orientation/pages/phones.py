"""Whom to call first: the contact made for the purpose, on a line that somebody answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_NATURES = ("04", "14", "03", "05", "13", "12", "11", "15", "06", "07", "01", "02", "09", "10", "08")
"""R287, in the order in which a regulator tries them at night: doctors, on call, admission, nurses, then the others."""
_FOR_OPINION = ("15", "04", "14", "13", "05", "03", "07", "06", "01", "02", "09", "10", "12", "11", "08")
_CHANNELS = ("8", "2", "1")
"""R200: emergency line, landline, mobile."""
MAIL, LINK, FAX, ALERT_MAIL = "3", "4", "6", "9"


def dialled(number: str) -> str:
    """Return the address that dials a number."""
    return "tel:" + re.sub(r"[^\d+]", "", number)


def phones(contacts: Iterable[Mapping[str, Any]], use_case: str | None = None) -> list[dict[str, str]]:
    """Return the numbers, best first, each once: what it is for, as written, and as dialled."""
    order = _FOR_OPINION if use_case == "opinion" else _NATURES
    found = sorted(
        (
            (
                _place(order, _code(contact, "nature")),
                _place(_CHANNELS, telecom["channel"]["code"]),
                n,
                contact,
                telecom,
            )
            for n, contact in enumerate(contacts)
            for telecom in contact.get("telecoms", ())
            if telecom["channel"]["code"] in _CHANNELS
        ),
        key=lambda each: each[:3],
    )
    told: dict[str, dict[str, str]] = {}
    for _, _, _, contact, telecom in found:
        value = telecom["value"]
        told.setdefault(dialled(value), {"label": title(contact), "number": value, "href": dialled(value)})
    return list(told.values())


def title(contact: Mapping[str, Any]) -> str:
    """Return what a contact is: nature and function, or its own name."""
    words = [contact[name]["label"] for name in ("nature", "function") if contact.get(name)]
    return " – ".join(words) or contact.get("name") or "Contact"


def contact_shown(contact: Mapping[str, Any]) -> dict[str, Any]:
    """Return a contact as a page lists it: what it is, and each way to it with its address where there is one."""
    return {
        "title": title(contact),
        "name": contact.get("name"),
        "description": contact.get("description"),
        "ways": [_way(each) for each in contact.get("telecoms", ())],
    }


def _way(telecom: Mapping[str, Any]) -> dict[str, str | None]:
    code, value = telecom["channel"]["code"], telecom["value"]
    href = ""
    if code in {MAIL, ALERT_MAIL}:
        href = f"mailto:{value}"
    elif code == LINK:
        href = value if value.startswith(("https://", "http://")) else ""
    elif code in _CHANNELS:
        href = dialled(value)
    return {"channel": "Fax" if code == FAX else telecom["channel"]["label"], "value": value, "href": href}


def _code(contact: Mapping[str, Any], name: str) -> str:
    return contact[name]["code"] if contact.get(name) else ""


def _place(order: tuple[str, ...], code: str) -> int:
    return order.index(code) if code in order else len(order)
