"""``careServicesFunction``: a stored function described for peers, made from the table it is read with."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from csd.functions.parameters import PARAMETERS
from csd.names import CSD, SEARCHES

XFORMS = "http://www.w3.org/2002/xforms"
NO_XQUERY = (
    "(: This directory answers from a search engine and runs no XQuery: there is no definition in that language. "
    "The description says what the function does. :)"
)


@dataclass(frozen=True, slots=True)
class Described:
    """A stored function: its name, what it does, and its parameters with what each does."""

    urn: str
    summary: str
    parameters: tuple[tuple[str, str], ...]


def searches() -> tuple[Described, ...]:
    """Return the four searches of the profile."""
    return tuple(
        Described(
            urn,
            f"Finds entities of the {kind} directory. All parameters given must hold; what is empty filters nothing. "
            "The answer is a CSD document whose other directories are empty, ordered by entityID.",
            tuple((name, each.does) for name, each in PARAMETERS.items() if kind in each.kinds),
        )
        for kind, urn in SEARCHES.items()
    )


def describe(function: Described, content_type: str) -> bytes:
    """Return the document of a function."""
    root = etree.Element(
        f"{{{CSD}}}careServicesFunction",
        {"urn": function.urn, "content-type": content_type},
        nsmap={None: CSD, "xforms": XFORMS},
    )
    description = etree.SubElement(root, f"{{{CSD}}}description")
    etree.SubElement(description, f"{{{CSD}}}p").text = function.summary
    listed = etree.SubElement(description, f"{{{CSD}}}ul")
    for name, does in function.parameters:
        etree.SubElement(listed, f"{{{CSD}}}li").text = f"{name}: {does}"
    etree.SubElement(root, f"{{{CSD}}}definition").text = NO_XQUERY
    model = etree.SubElement(root, f"{{{XFORMS}}}model")
    instance = etree.SubElement(model, f"{{{XFORMS}}}instance")
    request = etree.SubElement(instance, f"{{{CSD}}}requestParams")
    for name, _ in function.parameters:
        etree.SubElement(request, f"{{{CSD}}}{name}")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
