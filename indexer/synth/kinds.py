"""The kinds of hospitals: how many a million inhabitants, in which communes, under which name and status.

Numbers a million are our rounding of the national counts (FINESS and SAE 2023: 32 CHU and CHR, about 750 CH,
1,000 private hospitals, 7,500 EHPAD, 2,400 maisons de santé …). Categories are R66, statuts juridiques R72,
aggregates R69, participation to public service R73.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of hospital; ``skew`` is the power of the population a commune is drawn by.

    A commune holds one, and one more for each ``residents_each`` inhabitants. ``size`` multiplies the beds
    of the catalogue. ``{of}`` in a name is the commune with its preposition, ``{in}`` its bare name,
    ``{nice}`` a place name.
    """

    code: str
    per_million: float
    smallest: int
    largest: int = 10_000_000
    skew: float = 1.0
    residents_each: int = 60_000
    size: float = 1.0
    category: str
    legal: tuple[str, str]
    public_service: str = "0"
    name: str
    owner: str
    traits: tuple[tuple[str, float], ...] = ()


PUBLIC_TOWN, PUBLIC_REGION, PUBLIC_DEPARTMENT = ("13", "1200"), ("15", "1200"), ("11", "1200")
ASSOCIATION, FOUNDATION, COMPANY, SISA = ("60", "2100"), ("63", "2100"), ("95", "2200"), ("80", "2200")
_EJ = "Établissement public fictif {of}"
_ASSOCIATION = "Association fictive {nice}"
_GROUP = "Groupe fictif {nice}"

KINDS: tuple[Kind, ...] = (
    Kind(code="chu", per_million=0, smallest=0, size=1.25, category="101", legal=PUBLIC_REGION,
         public_service="1", name="CHU fictif {of}", owner="CHU fictif {of} – direction générale",
         traits=(("maternity3", 0.95), ("transplant", 0.4), ("hyperbaric", 0.25), ("uhsi", 0.25))),
    Kind(code="big", per_million=2.2, smallest=25_000, skew=0.8, residents_each=200_000, size=1.1,
         category="355", legal=PUBLIC_TOWN, public_service="1", name="CH fictif {of}", owner=_EJ,
         traits=(("maternity3", 0.15), ("maternity2b", 0.6), ("maternity2a", 0.25), ("hyperbaric", 0.03))),
    Kind(code="ch", per_million=8, smallest=6_000, largest=90_000, skew=0.5, residents_each=100_000,
         size=0.8, category="355", legal=PUBLIC_TOWN, public_service="1", name="CH fictif {of}", owner=_EJ,
         traits=(("maternity1", 0.33), ("maternity2a", 0.17))),
    Kind(code="loc", per_million=5, smallest=1_500, largest=15_000, skew=0.4, size=0.7, category="106",
         legal=PUBLIC_TOWN, public_service="1", name="Hôpital local fictif {of}", owner=_EJ),
    Kind(code="cli", per_million=11, smallest=12_000, size=0.8, category="365", legal=COMPANY,
         name="Clinique fictive {nice} ({in})", owner=_GROUP,
         traits=(("maternity1", 0.13), ("maternity2a", 0.06), ("maternity2b", 0.02))),
    Kind(code="esp", per_million=1.5, smallest=30_000, residents_each=150_000, size=0.9, category="365",
         legal=FOUNDATION, public_service="6", name="Hôpital privé fictif {nice} ({in})",
         owner="Fondation fictive {nice}", traits=(("maternity1", 0.15), ("maternity2a", 0.1))),
    Kind(code="clc", per_million=0.27, smallest=80_000, residents_each=900_000, category="131",
         legal=FOUNDATION, public_service="6", name="Centre de lutte contre le cancer fictif {of}",
         owner="Fondation fictive {nice}"),
    Kind(code="psy", per_million=2, smallest=3_000, skew=0.5, residents_each=300_000, category="292",
         legal=PUBLIC_DEPARTMENT, public_service="1", name="EPSM fictif {of}", owner=_EJ,
         traits=(("uhsa", 0.08),)),
    Kind(code="cmp", per_million=25, smallest=3_000, skew=0.9, residents_each=30_000, category="156",
         legal=PUBLIC_DEPARTMENT, public_service="1", name="CMP fictif {nice} ({in})", owner=_EJ),
    Kind(code="smr", per_million=13, smallest=1_500, skew=0.6, category="109", legal=ASSOCIATION,
         public_service="7", name="Centre de réadaptation fictif {nice} ({in})", owner=_ASSOCIATION),
    Kind(code="had", per_million=4, smallest=8_000, skew=0.7, residents_each=150_000, category="127",
         legal=ASSOCIATION, public_service="7", name="HAD fictive {of}", owner=_ASSOCIATION),
    Kind(code="dia", per_million=10, smallest=8_000, skew=0.8, category="141", legal=ASSOCIATION,
         name="Centre de dialyse fictif {nice} ({in})", owner=_ASSOCIATION),
    Kind(code="smu", per_million=0.6, smallest=2_500, largest=12_000, skew=0.2, category="355",
         legal=PUBLIC_TOWN, public_service="1", name="Antenne SMUR fictive {of}", owner=_EJ),
    Kind(code="ima", per_million=12, smallest=8_000, residents_each=25_000, category="699", legal=COMPANY,
         name="Centre d’imagerie fictif {nice} ({in})", owner=_GROUP),
    Kind(code="cds", per_million=25, smallest=8_000, residents_each=15_000, category="124",
         legal=ASSOCIATION, name="Centre de santé fictif {nice} ({in})", owner=_ASSOCIATION),
    Kind(code="msp", per_million=35, smallest=900, largest=25_000, skew=0.5, residents_each=12_000,
         category="603", legal=SISA, name="Maison de santé fictive {of}", owner="SISA fictive {nice}"),
    Kind(code="ehp", per_million=110, smallest=700, skew=0.75, residents_each=5_000, category="500",
         legal=ASSOCIATION, name="EHPAD fictif {nice} ({in})", owner=_ASSOCIATION),
)  # fmt: skip
"""Every kind, largest first."""

CHU_CITIES: Mapping[str, bool] = {
    "80021": False, "49007": False, "25056": False, "33063": True, "29019": False, "14118": False,
    "63113": False, "21231": False, "38185": False, "59350": True, "87085": False, "69123": True,
    "13055": True, "34172": True, "54395": False, "44109": True, "06088": False, "30189": False,
    "45234": False, "75056": True, "86194": False, "51454": False, "35238": False, "76540": False,
    "42218": False, "67482": False, "31555": True, "37261": True, "57463": True, "97101": True,
    "97209": False, "97411": True, "97416": False, "97302": False,
}  # fmt: skip
"""City (INSEE) with a university or regional hospital → whether it has a burn centre (SAE 2023, BRULES)."""

CHU_RESIDENTS_EACH = 300_000
"""A city of so many inhabitants has one more university hospital site."""

NICE_NAMES = (
    "des Tilleuls", "du Parc", "de la Vallée", "de l’Estuaire", "des Cèdres", "du Littoral", "de la Forêt",
    "des Ormes", "du Plateau", "des Sources", "de la Colline", "du Grand Pré", "des Trois Rivières",
    "de la Roseraie", "du Bocage", "des Pommiers", "de l’Étang", "du Belvédère", "des Acacias",
    "de la Fontaine", "du Vieux Moulin", "des Glycines", "de l’Orangerie", "du Coteau", "des Bruyères",
    "de la Dune", "du Chêne Vert", "des Magnolias", "du Lavoir", "de la Grange", "des Charmilles",
    "du Rivage",
)  # fmt: skip
"""Names of places, never of people."""

STREETS = (
    "rue de l’Hôpital", "avenue des Tilleuls", "rue du Moulin", "boulevard de la Gare", "rue des Écoles",
    "chemin des Vignes", "place du Marché", "rue de la Fontaine", "avenue de la Forêt", "route de la Mer",
    "rue des Jardins", "allée des Platanes", "rue du Stade", "impasse des Lilas", "rue de la Poste",
    "quai du Port",
)  # fmt: skip


def of(name: str) -> str:
    """Return a commune's name after « de »: « du Havre », « des Andelys », « d’Évreux », « de Bernay »."""
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return contracted + name.removeprefix(article)
    return f"d’{name}" if name[0] in "AEIOUÉÈÊÎÔÂŒ" or name.startswith("Hy") else f"de {name}"
