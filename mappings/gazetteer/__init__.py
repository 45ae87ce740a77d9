"""French communes: where they are, and which one a text means."""

from mappings.gazetteer.model import Ambiguous, Commune, Found, Origin, Precision, Resolution, Unknown
from mappings.gazetteer.store import BUILT_IN, Gazetteer

__all__ = [
    "BUILT_IN",
    "Ambiguous",
    "Commune",
    "Found",
    "Gazetteer",
    "Origin",
    "Precision",
    "Resolution",
    "Unknown",
]
