"""Fields of the questions: text as it comes in a query string, turned into what criteria hold."""

from orientation.question.measures import MAX_RADIUS_M, PARIS, Duration, LatLon, Moment, PatientAge, Radius, moment_of
from orientation.question.parameters import (
    Choice,
    Code,
    Department,
    Flag,
    FreeText,
    Insee,
    Member,
    Names,
    Number,
    Parameter,
    Peers,
    Region,
    Whole,
    Words,
)

__all__ = [
    "MAX_RADIUS_M",
    "PARIS",
    "Choice",
    "Code",
    "Department",
    "Duration",
    "Flag",
    "FreeText",
    "Insee",
    "LatLon",
    "Member",
    "Moment",
    "Names",
    "Number",
    "Parameter",
    "PatientAge",
    "Peers",
    "Radius",
    "Region",
    "Whole",
    "Words",
    "moment_of",
]
