"""Whom to call and when: telephones of ranges reserved for fiction, addresses of a reserved domain, hours.

ARCEP keeps these beginnings out of use for works of fiction: 01 99 00, 02 61 91, 03 53 01, 04 65 71, 05 36
49 and 06 39 98. The domain ``.example`` is reserved by RFC 2606. Channels are R200, natures R287, functions
R251.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from random import Random

from indexer.synth.catalogue import Recipe
from mappings.unit import Contact, OpeningHours, Telecom

MOBILE_RANGE = "06 39 98"
RANGES: Mapping[str, str] = {
    "1": "01 99 00",
    "2": "02 61 91",
    "3": "03 53 01",
    "4": "04 65 71",
    "5": "05 36 49",
}
FICTION_RANGES = (*RANGES.values(), MOBILE_RANGE)
_ENDINGS = tuple(f" {first:02d} {second:02d}" for first in range(100) for second in range(100))
_ZONES: Mapping[str, str] = {
    "11": "1", "28": "2", "53": "2", "52": "2", "24": "2", "04": "2", "06": "2", "32": "3", "44": "3",
    "27": "3", "84": "4", "93": "4", "94": "4",
}  # fmt: skip
"""Region → first digit of its numbers; the south-west, Occitanie and the Antilles are 05."""

MOBILE, FIXED, MAIL, ALERT = "1", "2", "3", "8"
FREE, RESTRICTED, SECRET = "1", "2", "3"
CONSULTATION, TELE_EXPERTISE, DAY, EMERGENCY = "32", "35", "29", "33"

_OFFICE = OpeningHours(kind="07", days=(1, 2, 3, 4, 5), start=time(8, 30), end=time(18))
_SHORT = OpeningHours(kind="07", days=(1, 2, 4, 5), start=time(9), end=time(17))
_SATURDAY = OpeningHours(kind="07", days=(6,), start=time(8, 30), end=time(12, 30))
_DAY_WARD = OpeningHours(kind="02", days=(1, 2, 3, 4, 5), start=time(8), end=time(18))
_WEEK_WARD = OpeningHours(kind="02", days=(1, 2, 3, 4, 5))
_IMAGING = OpeningHours(kind="02", days=(1, 2, 3, 4, 5), start=time(8), end=time(19))
_LONG = OpeningHours(kind="01", days=(1, 2, 3, 4, 5), start=time(8), end=time(20))
_LATE = OpeningHours(kind="01", start=time(9), end=time(23))
_ALWAYS = OpeningHours(kind="02")
_DESK = OpeningHours(kind="04", days=(1, 2, 3, 4, 5), start=time(9), end=time(17))

HOURS: Mapping[str, tuple[tuple[OpeningHours, ...], ...]] = {
    CONSULTATION: ((_OFFICE,), (_OFFICE, _SATURDAY), (_SHORT,), (_OFFICE, _DESK)),
    TELE_EXPERTISE: ((_OFFICE,), (_SHORT,)),
    DAY: ((_DAY_WARD,),),
    "34": ((_WEEK_WARD,),),
    "09": ((_DAY_WARD,),),
    "20": ((_LONG,), (_LONG, _SATURDAY), (_OFFICE,)),
    "56": ((_LATE,), (_LONG, _SATURDAY)),
    "17": ((_SHORT,),),
    "47": ((_DAY_WARD,),),
    "52": ((_DAY_WARD,),),
    "53": ((_DAY_WARD,),),
    "11": ((_DAY_WARD,),),
    "42": ((_SHORT,),),
    "55": ((_IMAGING,), (_IMAGING, _SATURDAY)),
}
"""Care mode (R213) → the usual weeks; every other mode is open day and night."""

ALWAYS = (_ALWAYS,)
DAY_AND_NIGHT_SHARE = 0.4
"""Of a hospital's technical platforms, the share that is open day and night."""


def hours(mode: str, family: str, rng: Random) -> tuple[OpeningHours, ...]:
    """Return the week of a unit."""
    weeks = HOURS.get(mode)
    if weeks is None or family in {"crit", "urgence", "smur"}:
        return ALWAYS
    if mode == "55" and family == "none" and rng.random() < DAY_AND_NIGHT_SHARE:
        return ALWAYS
    return weeks[int(rng.random() * len(weeks))]


class Switchboard:
    """The contacts of one hospital."""

    def __init__(self, region: str, domain: str, rng: Random) -> None:
        """Bind to a region's range of numbers and to the hospital's invented domain."""
        self._random = rng.random
        self._range = RANGES[_ZONES.get(region, "5")]
        self._domain = domain
        self._standard = self._fixed(FREE)
        self._admission = Contact(
            nature="03",
            confidentiality=FREE,
            telecoms=(self._fixed(FREE), self._mail("admissions", RESTRICTED)),
        )
        self._alert = Contact(
            nature="13",
            confidentiality=SECRET,
            telecoms=(Telecom(channel=ALERT, value=self._number(MOBILE_RANGE), confidentiality=SECRET),),
        )

    def site_contacts(self) -> tuple[Contact, ...]:
        """Return the hospital's own contacts."""
        return (Contact(nature="06", confidentiality=FREE, telecoms=(self._standard,)), self._admission, self._alert)

    def site_telecoms(self) -> tuple[Telecom, ...]:
        """Return the number and the page that anybody may see."""
        return (self._standard, Telecom(channel="4", value=f"https://www.{self._domain}", confidentiality=FREE))

    def unit_contacts(self, recipe: Recipe, mode: str, number: int) -> tuple[Contact, ...]:
        """Return the contacts of a unit, the one to call first."""
        if mode == TELE_EXPERTISE:
            return (
                Contact(
                    nature="15",
                    telecoms=(self._mail(f"avis{number}", RESTRICTED),),
                    confidentiality=RESTRICTED,
                ),
            )
        if recipe.family in {"crit", "urgence", "smur"}:
            return (self._medical(direct=True), self._nurse(), self._alert)
        if mode in {"28", "34", "29", "30", "31", "46"}:
            return (self._admission, self._medical(direct=False), self._nurse())
        booking = (self._fixed(FREE), self._mail(f"rdv{number}", FREE))
        shown = booking if self._random() < 0.6 else booking[:1]
        return (Contact(nature="02", confidentiality=FREE, telecoms=shown),)

    def mailbox(self, number: int) -> tuple[Telecom, ...]:
        """Return the secure mailbox of a unit."""
        value = f"unite{number}@mss.{self._domain}"
        return (Telecom(channel=MAIL, value=value, usage="Messagerie sécurisée", confidentiality=RESTRICTED),)

    def _medical(self, *, direct: bool) -> Contact:
        """Return the physician's contact; the mobile number is for regulators only."""
        mobile = Telecom(
            channel=MOBILE, value=self._number(MOBILE_RANGE), usage="Senior de garde", confidentiality=SECRET
        )
        telecoms = (self._fixed(RESTRICTED), mobile) if direct or self._random() < 0.3 else (self._fixed(RESTRICTED),)
        return Contact(nature="04", function="22", confidentiality=RESTRICTED, telecoms=telecoms)

    def _nurse(self) -> Contact:
        """Return the head nurse's contact."""
        return Contact(nature="05", function="03", confidentiality=RESTRICTED, telecoms=(self._fixed(RESTRICTED),))

    def _fixed(self, level: str) -> Telecom:
        return Telecom(channel=FIXED, value=self._number(self._range), confidentiality=level)

    def _mail(self, box: str, level: str) -> Telecom:
        return Telecom(channel=MAIL, value=f"{box}@{self._domain}", confidentiality=level)

    def _number(self, beginning: str) -> str:
        """Return ten digits in pairs."""
        return beginning + _ENDINGS[int(self._random() * 10_000)]
