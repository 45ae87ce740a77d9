"""Names on the wire: namespaces, URNs of the stored functions and their older spellings."""

from __future__ import annotations

import re
from functools import cache

from csd.entity import KINDS

CSD = "urn:ihe:iti:csd:2013"
SOAP = "http://www.w3.org/2003/05/soap-envelope"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = f"{WSA}/anonymous"

STORED = "urn:ihe:iti:csd:2014:stored-function:"
SEARCHES = {kind: f"{STORED}{kind}-search" for kind in KINDS}
"""Kind of entity → URN of the stored function that searches it."""
ADHOC = "urn:ihe:iti:csd:2014:adhoc"

LEGACY = {
    "dc6aedf0-f609-11e2-b778-0800200c9a66": SEARCHES["organization"],
    "e3d8ecd0-f605-11e2-b778-0800200c9a66": SEARCHES["service"],
    "c7640530-f600-11e2-b778-0800200c9a66": SEARCHES["facility"],
    "4e8bbeb9-f5f5-11e2-b778-0800200c9a66": SEARCHES["provider"],
    # One published description of 2014 lost the first digit of the organisation's name.
    "c6aedf0-f609-11e2-b778-0800200c9a66": SEARCHES["organization"],
}
"""Names that the four functions bore until 2014, still in the Connectathon's requests."""

# ``urn:uuid:…``, bare, or misspelt as in two of the Connectathon's own requests (``urn:uuidc764…``, ``urn:uudi:…``).
_LEGACY = re.compile(r"(?:urn:(?:uuid|uudi):?)?([0-9a-f]{7,8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


def current_urn(name: str) -> str:
    """Return the present URN of a function named in any spelling known; other names come back as they are."""
    match = _LEGACY.fullmatch(name)
    return LEGACY.get(match[1].lower(), name) if match else name


@cache
def tag(name: str) -> str:
    """Return the name of a CSD element as the parser writes it."""
    return f"{{{CSD}}}{name}"
