"""What is asked: one frozen object, made in one place whatever the surface that asked.

A new criterion is one line here, one clause in ``orientation/query/filters.py``, one field in
``mappings/index/units.json`` and one test.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mappings.age import Age
from mappings.gazetteer import Origin
from orientation.access import MEDICO_SOCIAL, Access


@dataclass(frozen=True, slots=True, kw_only=True)
class BedCriteria:
    """Beds asked for, all met by counts of one place of the unit.

    ``horizon`` is a key of ``mappings.capacity.HORIZONS``; ``gender`` is ``f``, ``m`` or ``None`` for either;
    ``max_age_s`` makes older counts not count.
    """

    minimum: int | None = None
    gender: str | None = None
    horizon: str = "now"
    max_age_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """A whole question. Codes within one tuple are alternatives; different fields must all hold.

    ``as_of`` is the moment of the question: freshness of counts, closings and opening hours are judged at it.
    ``radius_m`` absent with an origin means the default of ``origin_department``, widened. ``tension`` holds the
    departments and regions where a tighter freshness of bed counts is in force. ``near_activities`` answer too, after
    ``activities``.
    """

    as_of: datetime
    access: Access
    origin: Origin | None = None
    origin_department: str | None = None
    radius_m: int | None = None
    departments: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    near_activities: tuple[str, ...] = ()
    related: bool = False
    acts: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    equipment_weight_min: float | None = None
    modes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    publics: tuple[str, ...] = ()
    specialisations: tuple[str, ...] = ()
    competences: tuple[str, ...] = ()
    expertise: tuple[str, ...] = ()
    reception: tuple[str, ...] = ()
    offer_types: tuple[str, ...] = ()
    site_categories: tuple[str, ...] = ()
    prefer_acts: tuple[str, ...] = ()
    prefer_competences: tuple[str, ...] = ()
    prefer_expertise: tuple[str, ...] = ()
    age: Age | None = None
    beds: BedCriteria | None = None
    use_case: str | None = None
    open_at: datetime | None = None
    text: str | None = None
    sort: str = "suitability"
    tension_departments: tuple[str, ...] = ()
    tension_regions: tuple[str, ...] = ()

    @property
    def beds_matter(self) -> bool:
        """Say whether beds rank: asked for, sorted by, or a destination is sought; never where counts are hidden.

        Whoever sees counts of one field only has beds rank where no other field answers: the order would tell.
        """
        asked = self.asks_beds or self.use_case == "destination"
        narrow = self.asks_beds or self.fields == (MEDICO_SOCIAL,)
        return asked and self.access.sees_counts and (narrow or not self.access.counts_of_one_field)

    @property
    def asks_beds(self) -> bool:
        """Say whether the question is about beds: which units answer it is then what their counts say."""
        return self.beds is not None or self.sort == "beds"

    @property
    def wanted_beds(self) -> BedCriteria:
        """The beds to rank by: those asked for, else one bed now."""
        return self.beds or BedCriteria()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of the answer: its size, where it starts (sort values of the last result seen), what is counted.

    ``first_rank`` is the rank of its first result, counted from 1.
    """

    size: int = 20
    after: tuple[object, ...] | None = None
    first_rank: int = 1
    facets: tuple[str, ...] = ()


DEFAULT_FACETS = ("activity", "mode", "field", "public", "equipment", "site_category", "department")

USE_CASES = ("opinion", "act", "destination", "means")
SORTS = ("suitability", "distance", "beds")


@dataclass(frozen=True, slots=True)
class Preset:
    """What a use case of the 2015 instruction means in today's lists; it holds unless the question says otherwise.

    Several alternatives are one OR: a means is a SMUR activity *or* rescue equipment.
    """

    modes: tuple[str, ...] = ()
    reception: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    label: str = field(default="")


PRESETS = {
    "opinion": Preset(modes=("32", "35"), reception=("10", "11", "12"), label="Avis spécialisé"),
    "act": Preset(label="Équipe pour un acte"),
    "destination": Preset(modes=("28", "29", "30", "31", "34", "13"), label="Destination"),
    "means": Preset(
        activities=("136", "268", "269", "270"),
        equipment=tuple(str(code) for code in range(131, 142)),
        label="Moyen opérationnel",
    ),
}
