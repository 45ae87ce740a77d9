"""One planned hospital → its site, its legal entity, its poles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from random import Random

from indexer.synth.contacts import Switchboard
from indexer.synth.kinds import NICE_NAMES, of
from indexer.synth.places import Ground
from indexer.synth.plan import Planned
from mappings.unit import InternalOrganization, LegalEntity, Site

COMMENT = "Établissement fictif, inventé par un générateur : ne correspond à aucun établissement réel."
MAX_HOSPITALS = 1_000_000
SITE_MARK, ENTITY_MARK = "9", "8"
"""Third character of our FINESS numbers: 0 in every real one, so that none of ours can be real."""

POLES: Mapping[str, str] = {
    "crit": "Pôle urgences et soins critiques", "urgence": "Pôle urgences et soins critiques",
    "smur": "Pôle urgences et soins critiques", "med": "Pôle médecine",
    "chir": "Pôle chirurgie et anesthésie", "obs": "Pôle femme-enfant", "psy": "Pôle psychiatrie",
    "smr": "Pôle gériatrie et réadaptation", "ms": "Pôle gériatrie et réadaptation",
    "imaging": "Pôle médico-technique", "none": "Pôle médico-technique",
}  # fmt: skip
"""Family of a recipe → name of the pole (R207 code 1) it belongs to in a public hospital."""


def finess(department: str, mark: str, number: int) -> str:
    """Return a number shaped like a FINESS that cannot be one: department, ``mark``, six digits.

    Overseas departments begin by 97, Mayotte by 98, as real numbers do.
    """
    if number >= MAX_HOSPITALS:
        raise OverflowError(f"no more than {MAX_HOSPITALS} hospitals can be numbered")
    beginning = "98" if department == "976" else department[:2]
    return f"{beginning}{mark}{number:06d}"


def make_site(planned: Planned, number: int, home: Ground, switchboard: Switchboard, rng: Random) -> Site:
    """Make the site of a hospital, its ``number`` the only one in the run."""
    kind, commune = planned.kind, home.commune
    words = {
        "of": of(commune.name),
        "in": commune.name,
        "nice": NICE_NAMES[int(rng.random() * len(NICE_NAMES))],
    }
    suffix = f" – site {planned.cycle + 1}" if planned.cycle else ""
    return Site(
        name=kind.name.format(**words) + suffix,
        finess=finess(commune.department, SITE_MARK, number),
        category=kind.category,
        public_service=kind.public_service,
        accessibility=("1",) if rng.random() < 0.7 else (),
        helipad=rng.random() < {"chu": 0.9, "big": 0.7, "ch": 0.3, "smu": 0.5}.get(kind.code, 0.0),
        orsan_level={"chu": "1", "big": "1", "ch": "4"}.get(kind.code),
        opened_on=date(1960 + int(rng.random() * 60), 1 + int(rng.random() * 12), 1),
        address=home.address,
        insee=commune.insee,
        contacts=switchboard.site_contacts(),
        telecoms=switchboard.site_telecoms(),
        comment=COMMENT,
        legal_entity=LegalEntity(
            finess=finess(commune.department, ENTITY_MARK, number),
            name=kind.owner.format(**words),
            legal_status=kind.legal[0],
            status_group=kind.legal[1],
        ),
    )


def make_poles(planned: Planned, prefix: str) -> dict[str, tuple[InternalOrganization, ...]]:
    """Return the pole of each family of units; only the larger public hospitals have some."""
    if planned.kind.code not in {"chu", "big", "ch", "psy"}:
        return {}
    names = list(dict.fromkeys(POLES.values()))
    made = {name: InternalOrganization(id=f"{prefix}P{n}", name=name, kind="1") for n, name in enumerate(names, 1)}
    return {family: (made[name],) for family, name in POLES.items()}
