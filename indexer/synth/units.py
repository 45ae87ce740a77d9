"""One planned hospital → its units, drawn from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from indexer.synth import catalogue
from indexer.synth.beds import BedManager
from indexer.synth.catalogue import Recipe, recipes_for
from indexer.synth.contacts import Switchboard, hours
from indexer.synth.places import Places, ground
from indexer.synth.plan import Planned, Territory
from indexer.synth.sites import make_poles, make_site
from mappings.fold import fold
from mappings.territory import region_of
from mappings.unit import Closing, Division, Unit

COMMENT = "Unité fictive, inventée par un générateur : ne correspond à aucune offre de soins réelle."
COMMUNE_DIVISION, PROVISIONAL = "3", "PRO"
CLOSED_SHARE = 0.012

SUFFIXES: Mapping[str, str] = {
    "28": "hospitalisation complète", "29": "hôpital de jour", "30": "hospitalisation de nuit",
    "34": "hospitalisation de semaine", "32": "consultations", "35": "téléexpertise",
    "09": "chirurgie ambulatoire", "14": "unité kangourou", "53": "équipe mobile",
    "11": "équipe mobile extra-hospitalière", "52": "équipe de liaison", "42": "prises en charge de groupe",
    "49": "à domicile", "56": "accueil non programmé",
}  # fmt: skip
"""Care mode (R213) → what follows the discipline in the unit's name, where a discipline has several modes."""

YEAR_ROUND, WEEKDAYS = "03", "04"


@dataclass(frozen=True, slots=True)
class Moment:
    """The time that all others are relative to, and whether bed counts beyond the installed ones are told."""

    as_of: datetime
    live: bool


class Hospital:
    """Makes the units of one planned hospital; the same plan and number always give the same units."""

    def __init__(self, planned: Planned, number: int, territory: Territory, moment: Moment) -> None:
        """Draw the site; ``number`` makes its identifiers unique in the run."""
        rng = Random(planned.seed)
        home = ground(planned.commune, rng)
        nearby = territory.near(planned.commune)
        annexe = ground(nearby[0], rng) if nearby else home
        self._rng, self._moment = rng, moment
        self._region = region_of(planned.commune.department)
        self._department = planned.commune.department
        self._recipes = recipes_for(planned.traits)
        domain = f"{fold(planned.commune.name).replace(' ', '-')}-{number}.fictif.example"
        self._switchboard = Switchboard(self._region, domain, rng)
        self._site = make_site(planned, number, home, self._switchboard, rng)
        self._prefix = f"{self._region}/F{number:06d}"
        self._poles = make_poles(planned, f"{self._prefix}-")
        manager = BedManager(rng, moment.as_of, live=moment.live)
        finess = self._site.finess or ""
        self._places = Places(
            rng=rng,
            prefix=f"{self._prefix}-L",
            finess=finess,
            home=home,
            annexe=annexe,
            size=planned.kind.size,
            manager=manager,
        )
        self._around = tuple(Division(kind=COMMUNE_DIVISION, code=c.insee) for c in (planned.commune, *nearby))
        self._number = 0

    def units(self, density: float) -> Iterator[Unit]:
        """Yield the units, each kept with probability ``density``, and all of those that set the hospital apart."""
        random = self._rng.random
        for recipe, expected in self._recipes:
            kept = 1.0 if recipe.distinctive else density
            copies = int(expected) + (random() < expected % 1)
            for copy in range(copies):
                for mode, probability in recipe.modes:
                    if random() < probability * kept:
                        yield self._unit(recipe, mode, copy)

    def _unit(self, recipe: Recipe, mode: str, copy: int) -> Unit:
        """Draw one unit."""
        random = self._rng.random
        self._number += 1
        number = self._number
        as_of = self._moment.as_of
        activities = recipe.activities.draw(random)
        updated_days = int(random() ** 2 * 500)
        week = hours(mode, recipe.family, self._rng)
        flags = recipe.flags
        return Unit(
            id=f"{self._prefix}-{number}",
            name=_name(recipe, mode, copy),
            field=recipe.field,
            activities=activities,
            care_mode=mode,
            site=self._site,
            updated_at=as_of - timedelta(days=updated_days, seconds=int(random() * 86_400)),
            created_at=as_of - timedelta(days=updated_days + 30 + int(random() * 2000)),
            age=recipe.age,
            age_classes=recipe.age_classes,
            sensitive=catalogue.SENSITIVE in flags,
            offer_type=_offer(recipe, mode),
            reception=self._reception(recipe, mode),
            stay_duration=_stay(flags),
            acts=recipe.acts.draw(random) if _acts_there(recipe, mode) else (),
            specialisations=recipe.specialisations.draw(random),
            competences=recipe.competences.draw(random),
            professions=recipe.professions.draw(random),
            expertise=recipe.expertise.draw(random),
            annual_opening=YEAR_ROUND if not week[0].days else WEEKDAYS,
            no_consent_care=catalogue.CONSENT_FREE in flags if recipe.field == "03" and mode == "28" else None,
            psychiatric_sectors=self._sectors(flags),
            intervention_areas=self._around if catalogue.AROUND in flags else (),
            publics=recipe.publics.draw(random),
            closing=self._closing(),
            hours=week,
            contacts=self._switchboard.unit_contacts(recipe, mode, number),
            mailboxes=self._switchboard.mailbox(number) if mode in {"32", "35"} else (),
            organizations=self._poles.get(recipe.family, ()),
            places=self._places.of_unit(recipe, mode, activities[0]),
            region=self._region,
            comment=COMMENT,
            fictitious=True,
        )

    def _reception(self, recipe: Recipe, mode: str) -> tuple[str, ...]:
        """Draw the ways in: tele-expertise delays go to tele-expertise, and a consultation is on the spot."""
        drawn = recipe.reception.draw(self._rng.random)
        if mode == "35":
            return tuple([code for code in drawn if code in {"10", "11", "12"}]) or ("11",)
        remote = {"10", "11", "12"} | (set() if mode in {"32", "20"} else {"03"})
        kept = tuple([code for code in drawn if code not in remote])
        return (*kept, "04") if mode == "32" and self._rng.random() < 0.15 and "04" not in kept else kept

    def _sectors(self, flags: frozenset[str]) -> tuple[str, ...]:
        """Draw the psychiatric sectors served: one or two adult ones, one for children."""
        random = self._rng.random
        if catalogue.ADULT_SECTOR in flags:
            first = 1 + int(random() * 18)
            letters = [f"{self._department}G{n:02d}" for n in (first, first + 1)]
            return tuple(letters[: 1 + (random() < 0.3)])
        return (f"{self._department}I{1 + int(random() * 6):02d}",) if catalogue.CHILD_SECTOR in flags else ()

    def _closing(self) -> Closing | None:
        """Draw a provisional closing, under way or to come, of a few units."""
        random = self._rng.random
        if random() >= CLOSED_SHARE:
            return None
        start = (self._moment.as_of + timedelta(days=int(random() * 40) - 20)).date()
        return Closing(kind=PROVISIONAL, closed_from=start, reopens_on=start + timedelta(days=5 + int(random() * 40)))


def _name(recipe: Recipe, mode: str, copy: int) -> str:
    """Return a unit's name: the discipline, the mode where it has several, a number from the second on."""
    suffix = SUFFIXES.get(mode) if len(recipe.modes) > 1 else None
    name = f"{recipe.name} – {suffix}" if suffix else recipe.name
    return f"{name} (unité {copy + 1})" if copy else name


def _acts_there(recipe: Recipe, mode: str) -> bool:
    """Say whether a discipline's acts are done in a mode of care: nowhere at a distance, no surgery in consultation."""
    return mode != "35" and (mode != "32" or recipe.family != "chir")


def _offer(recipe: Recipe, mode: str) -> str | None:
    """Return the offer type (R244) of the mode; the recipe's own where the mode says nothing."""
    by_mode = {"29": "11", "32": "69", "35": None, "53": "71", "52": "71", "11": "70"}
    return by_mode.get(mode, recipe.offer) if recipe.field in {"01", "03"} and len(recipe.modes) > 1 else recipe.offer


def _stay(flags: frozenset[str]) -> str | None:
    """Return whether lodging is temporary (01) or permanent (02), R240; None where nobody lodges."""
    if catalogue.TEMPORARY in flags:
        return "01"
    return "02" if catalogue.PERMANENT in flags else None
