"""Every parameter of ``/orientations``: one line each, read, refused and documented from here."""

from __future__ import annotations

from mappings.capacity import HORIZONS, MAX_COUNT
from orientation.criteria import DEFAULT_FACETS, SORTS, USE_CASES
from orientation.query.facets import FACETS
from orientation.question import fields as f
from orientation.question.shape import Question
from orientation.words import MAX_TEXT

FORMATS = ("json", "geojson", "csv")
DEFAULT_SIZE = 20
MAX_SIZE = 100
MAX_EQUIPMENT_KG = 10_000
MAX_CURSOR = 2000


class OrientationSchema(Question):
    """Parameters of a search; codes within one are alternatives, different ones must all hold."""

    lat = f.Number("Latitude of the origin, with `lon`.", -90, 90, example=49.44)
    lon = f.Number("Longitude of the origin, with `lat`.", -180, 180, example=1.1)
    place = f.Words(
        "Origin by name: commune, postcode, INSEE code or `lat,lon`; `Name (76)` where names are shared.",
        200,
        example="Rouen",
    )
    radius = f.Radius(
        "How far from the origin; absent, the department's default, widened until 5 results or 200 km.",
        example="30km",
    )
    department = f.Department("Department of the place of care.")
    region = f.Region("Region of the place of care (INSEE code).")
    commune = f.Insee(
        "Commune of the place of care (INSEE code), its arrondissements and former communes included.",
        example=["76540"],
    )
    q = f.FreeText(
        "Free text, read into the other parameters; a parameter given beside it wins. `query.understood` says how.",
        MAX_TEXT,
        example="réa péd brûlés rouen",
    )
    activity = f.Code("Activity", "activity", example=["124"])
    near_activity = f.Code("Activity that also answers, ranked after those of `activity`, which it needs", "activity")
    act = f.Code("Act performed", "act")
    equipment = f.Code("Equipment in service at the place", "equipment")
    equipment_weight_min = f.Number(
        "Weight in kg that the equipment asked for bears; needs `equipment`.", 0, MAX_EQUIPMENT_KG
    )
    mode = f.Code("Care mode", "mode")
    field = f.Code("Field of activity", "field")
    public = f.Code("Public taken in charge", "public")
    specialisation = f.Code("Specialisation of care", "specialisation")
    competence = f.Code("Specific competence", "competence")
    expertise = f.Code("Level of expertise", "expertise")
    reception = f.Code("Way of reception", "reception")
    offer_type = f.Code("Type of offer", "offer_type")
    site_category = f.Code("Category of the site, or an aggregate above it", "site_category")
    related = f.Flag("Also units of a related activity of the same critical-care group, ranked after.")
    prefer_act = f.Code("Act that ranks first without excluding", "act")
    prefer_competence = f.Code("Competence that ranks first without excluding", "competence")
    prefer_expertise = f.Code("Level of expertise that ranks first without excluding", "expertise")
    age = f.PatientAge("Age of the patient.", example="35y")
    beds_min = f.Whole("Beds available, at least.", 1, MAX_COUNT)
    beds_gender = f.Choice("For a woman or a man.", ("f", "m"))
    beds_horizon = f.Choice("When the beds are needed.", tuple(HORIZONS))
    beds_max_age = f.Duration("Counts older than this do not count.", example="12h")
    use_case = f.Choice("What is sought: specialised opinion, act, destination or means.", USE_CASES)
    open_at = f.Moment("Only units open at that time; without a zone, Europe/Paris is understood.", example="now")
    sort = f.Choice("Order of the results.", SORTS, load_default="suitability")
    size = f.Whole("Results on a page.", 1, MAX_SIZE, load_default=DEFAULT_SIZE)
    cursor = f.Words("Where the next page starts: `next` of the previous answer.", MAX_CURSOR)
    facets = f.Names("What to count, with commas; `none` for nothing.", tuple(FACETS), load_default=DEFAULT_FACETS)
    peers = f.Peers(
        "Other regions asked beside this one: those that the question reaches, all of them, none, or some by code.",
        load_default=("auto",),
    )
    format = f.Choice("Format of the answer; it wins over `Accept`.", FORMATS)


SCHEMA = OrientationSchema()
