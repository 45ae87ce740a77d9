"""Where a unit's care takes place: bed zones, consulting rooms, platforms, with equipment and counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from random import Random

from indexer.synth.beds import BedManager
from indexer.synth.catalogue import Options, Recipe
from indexer.synth.kinds import STREETS
from mappings.gazetteer.model import Commune
from mappings.geo import Point
from mappings.unit import Address, CareLocation, Dwelling, Equipment, EquipmentLimit

BED_MODES = frozenset({"28", "30", "34", "13", "14", "46"})
PLACE_MODES = frozenset({"29", "31", "09", "47", "20"})
"""Care modes (R213) whose zones count beds, or places by day."""

SHARED_SHARE, SECOND_PLACE_SHARE, THIRD_PLACE_SHARE = 0.36, 0.1, 0.02
ELSEWHERE_SHARE, NOWHERE_SHARE, WITHOUT_POINT_SHARE = 0.034, 0.015, 0.05
"""Of bed wards after one of their kind, those lying in its zone; then shares of all units and places."""

FUNCTIONS: Mapping[str, str] = {
    "070": "010", "068": "010", "069": "010", "067": "010", "504": "010", "014": "011", "492": "011",
    "120": "011", "046": "009", "431": "009", "084": "007", "168": "005", "087": "010",
}  # fmt: skip
"""Activity of a technical platform → function of the place (R343)."""
WARD_FUNCTIONS: Mapping[str, str] = {"01": "001", "02": "004", "03": "002", "04": "003"}

WEIGHTS: Mapping[str, tuple[int, int]] = {
    "072": (250, 350), "083": (150, 250), "084": (250, 300), "085": (200, 300), "086": (200, 300),
    "087": (180, 300), "052": (200, 300), "054": (150, 200), "017": (150, 230), "088": (150, 250),
    "089": (250, 350), "090": (350, 450), "091": (180, 250), "092": (250, 350), "189": (150, 250),
    "190": (250, 350), "191": (350, 450), "196": (150, 300), "197": (250, 350),
}  # fmt: skip
"""Equipment (R212) → greatest weight in kg its label allows, or that such machines bear."""
DIAMETERS: Mapping[str, int] = {"052": 70, "085": 80}
IMAGING: Mapping[str, Options] = {
    "@scanner": Options(maybe=(("085", 0.45), ("086", 0.08), ("017", 0.3))),
    "@mri": Options(("054",), (("052", 0.35), ("087", 0.05))),
    "@radiology": Options(maybe=(("083", 0.4), ("084", 0.15), ("208", 0.2))),
}
"""Kind of imaging → machines beside the ordinary one, for which there is no code."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a hospital stands: a commune, a point (None when the commune has none) and an address."""

    commune: Commune
    point: Point | None
    address: Address


def ground(commune: Commune, rng: Random) -> Ground:
    """Draw a spot in a commune; a large one is wider."""
    spread = min(0.03, 0.0004 * sqrt(commune.weight / 10 + 1))
    point = _moved(commune.point, spread, rng.random)
    street = f"{1 + int(rng.random() * 120)} {STREETS[int(rng.random() * len(STREETS))]}"
    postcode = commune.postcodes[0] if commune.postcodes else None
    return Ground(commune, point, Address(lines=(street,), postcode=postcode, commune=commune.name))


class Places:
    """Makes the places of one hospital."""

    def __init__(
        self,
        *,
        rng: Random,
        prefix: str,
        finess: str,
        home: Ground,
        annexe: Ground,
        size: float,
        manager: BedManager,
    ) -> None:
        """Bind to a hospital: ``prefix`` begins the ids of its places, ``size`` multiplies its beds."""
        self._random = rng.random
        self._prefix, self._finess, self._size, self._manager = prefix, finess, size, manager
        self._home, self._annexe = home, annexe
        self._wards: dict[tuple[str, str, tuple[str, ...]], CareLocation] = {}
        self._number = 0

    def of_unit(self, recipe: Recipe, mode: str, activity: str) -> tuple[CareLocation, ...]:
        """Return the places of a unit, none for a few that are not placed yet."""
        random = self._random
        if random() < NOWHERE_SHARE:
            return ()
        alike = (recipe.field, recipe.family, recipe.age_classes)
        if mode in BED_MODES and recipe.beds:
            shared = self._wards.pop(alike, None)
            if shared is not None and random() < SHARED_SHARE:
                return (shared,)
        first = self._place(recipe, mode, activity, self._home)
        if mode in BED_MODES and recipe.beds:
            self._wards[alike] = first
        places = [first]
        if random() < ELSEWHERE_SHARE:
            places.append(self._place(recipe, mode, activity, self._annexe))
        elif recipe.beds and random() < SECOND_PLACE_SHARE:
            places.append(self._place(recipe, mode, activity, self._home))
            if random() < THIRD_PLACE_SHARE / SECOND_PLACE_SHARE:
                places.append(self._place(recipe, mode, activity, self._home))
        return tuple(places)

    def _place(self, recipe: Recipe, mode: str, activity: str, at: Ground) -> CareLocation:
        """Make one place on a hospital's ground."""
        random = self._random
        self._number += 1
        number = self._number
        code = f"ZL{number:03d}"
        drawn = random()
        installed = self._installed(recipe, mode)
        zone = f"{_ZONES.get(mode, 'Accueil')} {number}"
        return CareLocation(
            id=f"{self._prefix}{number}",
            insee=at.commune.insee,
            name=zone,
            sync_id=f"1{self._finess}/{code}",
            sync_name=code if installed else None,
            function=_function(recipe, mode, activity),
            status="3" if drawn < 0.93 else None if drawn < 0.99 else "2",
            address=at.address,
            point=None if random() < WITHOUT_POINT_SHARE else _moved(at.point, 0.0012, random),
            geo_reliable=None if drawn < 0.6 else drawn < 0.95,
            equipment=self._equipment(recipe) if has_equipment(recipe, mode) else (),
            capacities=self._manager.counts(recipe.family, installed, places=mode in PLACE_MODES) if installed else (),
            dwellings=(Dwelling(kind="02", count=installed),) if recipe.field == "04" and mode == "46" else (),
        )

    def _installed(self, recipe: Recipe, mode: str) -> int:
        """Draw the installed beds of a ward, or the places of a day unit; 0 where none are counted."""
        random = self._random
        if mode in BED_MODES or mode == "31":
            low, high = recipe.beds or (0, 0)
            return max(1, round((low + random() * (high - low)) * self._size)) if high else 0
        if mode in PLACE_MODES and recipe.field != "05" and recipe.family != "none":
            low, high = recipe.beds if recipe.beds and mode != "29" else (4, 14)
            return max(2, round((low + random() * (high - low)) * self._size))
        return 0

    def _equipment(self, recipe: Recipe) -> tuple[Equipment, ...]:
        """Draw what stands at the place, with the weight that the most tolerant machine bears."""
        codes = recipe.equipment.draw(self._random)
        if codes and codes[0] in IMAGING:
            codes = IMAGING[codes[0]].draw(self._random) + codes[1:]
        return tuple([self._machine(code) for code in codes]) if codes else ()

    def _machine(self, code: str) -> Equipment:
        """Make one equipment."""
        random = self._random
        drawn = random()
        limits = []
        if code in WEIGHTS:
            low, high = WEIGHTS[code]
            limits.append(EquipmentLimit(kind="001", value=float(round(low + random() * (high - low), -1)), unit="kg"))
        if code in DIAMETERS:
            limits.append(EquipmentLimit(kind="002", value=float(DIAMETERS[code]), unit="cm"))
        in_service = None if drawn < 0.2 else 0 if drawn < 0.21 else 1 + int(random() * 3)
        return Equipment(code=code, in_service=in_service, limits=tuple(limits))


_ZONES: Mapping[str, str] = {
    "28": "Zone de lits", "30": "Zone de lits", "34": "Zone de lits", "13": "Zone de lits",
    "14": "Zone de lits", "46": "Hébergement", "29": "Hôpital de jour", "09": "Ambulatoire",
    "31": "Secteur HAD", "32": "Consultations", "55": "Plateau", "33": "Accueil", "35": "Télémédecine",
}  # fmt: skip


def has_equipment(recipe: Recipe, mode: str) -> bool:
    """Say whether a discipline's equipment stands where a mode of care takes place: not in its consulting room."""
    return mode not in {"32", "35"} or mode == recipe.modes[0][0]


def _function(recipe: Recipe, mode: str, activity: str) -> str:
    """Return the function of a place (R343): 005 is a mere address."""
    if mode in BED_MODES:
        return WARD_FUNCTIONS[recipe.field]
    if mode == "55":
        return FUNCTIONS.get(activity, "005")
    if mode == "09":
        return "006"
    return "012" if mode == "29" and recipe.field == "02" else "005"


def _moved(point: Point | None, spread: float, random: Callable[[], float]) -> Point | None:
    """Return a point at most ``spread`` degrees of latitude away, to the metre; None stays None."""
    if point is None:
        return None
    lat = point.lat + (random() - 0.5) * 2 * spread
    lon = point.lon + (random() - 0.5) * 2.8 * spread
    return Point(round(lat, 5), round(lon, 5))
