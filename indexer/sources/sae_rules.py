"""Which figure of the SAE makes which unit: the whole reading of the survey, as one table.

A unit is made when its figure is above zero. Rows that are totals (``SITOT``, ``TOT``, ``SSR_TOT``) and columns that
are parts of another (``dtIRM1``) are named by no rule, so they make nothing; surgical beds (``LIT_CHI``) name no
specialty, and no unit is made of them. Beds of children and of old people are part of the medicine beds: each is a
unit of its own and nothing is ever summed over a site.
"""

from __future__ import annotations

from dataclasses import dataclass

from mappings.age import Age, AgeRange
from mappings.capacity import BED, PLACE

ADULTS = AgeRange(Age(16), Age(120))
CHILDREN = AgeRange(Age(0), Age(17))
ALL_AGES = AgeRange(Age(0), Age(120))
NEWBORNS = AgeRange(Age(0, "d"), Age(28, "d"))
MOTHERS = AgeRange(Age(12), Age(60))
AGED_60 = AgeRange(Age(60), Age(120))
AGED_75 = AgeRange(Age(75), Age(120))

MCO, SMR, PSY = "01", "02", "03"
"""Fields of activity (R227)."""
FULL_STAY, DAY, HOME = "28", "29", "31"
"""Modes of care (R213): hospitalisation complète, de jour, à domicile."""
SPECIALISED, SHORT_STAY, EMERGENCY, PLATFORM = "02", "13", "33", "55"
"""Modes of care (R213): accueil spécialisé, UHCD, accueil des urgences, plateau technique."""
HOSTING = {MCO: "001", PSY: "002", SMR: "004"}
"""Function of a place with beds (R343) by field."""

MATERNITY_COLUMN = ("PERINAT", None, "AUTOR")
"""Where the level of a maternity is, as TYPE1, TYPE2, TYPE3 (CPPR, a local centre, has no level)."""
NEONATAL_INTENSIVE = ("PERINAT", None, "LIT_SIN")
"""Beds that make a maternity of type 2 a 2B (R253 03) rather than a 2A (02)."""
DEVICES = "devices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One figure: table, rows (``kinds`` of column ``by``; none: one row a site), column, and the unit it makes.

    ``counts`` is what the figure counts: beds or places (R329), devices in service, or ``None`` when it only says
    that the activity is authorised. Several kinds are added up: they are parts of one count, none a subset.
    """

    table: str
    key: str
    column: str
    name: str
    activity: str
    mode: str
    ages: AgeRange
    field: str = MCO
    by: str | None = None
    kinds: tuple[str | None, ...] = (None,)
    counts: str | None = None
    sensitive: bool = False
    level: bool = False

    @property
    def function(self) -> str | None:
        """Function of the place (R343), where people are lodged."""
        return HOSTING[self.field] if self.counts == BED else None


def _by(table: str, by: str, column: str, kind: str, name: str, activity: str, mode: str, ages: AgeRange,
        counts: str | None, key: str | None = None, **more: object) -> Rule:  # fmt: skip
    """Return the rule of one kind of row."""
    return Rule(table=table, key=key or kind, column=column, by=by, kinds=(kind,), name=name, activity=activity,
                mode=mode, ages=ages, counts=counts, **more)  # type: ignore[arg-type]  # fmt: skip


def _one(table: str, column: str, name: str, activity: str, mode: str, ages: AgeRange,
         counts: str | None, **more: object) -> Rule:  # fmt: skip
    """Return the rule of a table with one row a site."""
    return Rule(table=table, key=column, column=column, name=name, activity=activity, mode=mode, ages=ages,
                counts=counts, **more)  # type: ignore[arg-type]  # fmt: skip


_DAY = ", hospitalisation de jour"

RULES: tuple[Rule, ...] = (
    _one("MCO", "LIT_MED", "Médecine", "083", FULL_STAY, ADULTS, BED),
    _one("MCO", "PLA_MED", f"Médecine{_DAY}", "083", DAY, ADULTS, PLACE),
    _one("MCO", "LIT_OBS", "Maternité", "100", FULL_STAY, MOTHERS, BED, level=True),
    _one("MCOGER", "LIT_GER", "Médecine gériatrique aiguë", "491", FULL_STAY, AGED_75, BED),
    _one("MCOPED", "LIT_MED_PED", "Pédiatrie", "088", FULL_STAY, CHILDREN, BED),
    _by("REA", "UNI", "LIT", "REAADU", "Réanimation adulte", "127", FULL_STAY, ADULTS, BED),
    _by("REA", "UNI", "LIT", "REAENF", "Réanimation pédiatrique", "130", FULL_STAY, CHILDREN, BED),
    _by("REA", "UNI", "LIT", "SURVADU", "Surveillance continue adulte", "373", FULL_STAY, ADULTS, BED),
    _by("REA", "UNI", "LIT", "SURVENF", "Surveillance continue pédiatrique", "391", FULL_STAY, CHILDREN, BED),
    _by("REA", "UNI", "LIT", "USIC", "Soins intensifs cardiologiques (USIC)", "354", FULL_STAY, ADULTS, BED),
    _by("REA", "UNI", "LIT", "SIUNV", "Soins intensifs neurovasculaires (USINV)", "356", FULL_STAY, ADULTS, BED),
    _by("REA", "UNI", "LIT", "AUTSI", "Soins intensifs polyvalents", "351", FULL_STAY, ADULTS, BED),
    _one("PERINAT", "LIT_NEO_HSI", "Néonatologie", "094", FULL_STAY, NEWBORNS, BED),
    _one("PERINAT", "LIT_SIN", "Soins intensifs néonatals", "369", FULL_STAY, NEWBORNS, BED),
    _one("PERINAT", "LIT_REA", "Réanimation néonatale", "128", FULL_STAY, NEWBORNS, BED),
    _one("BRULES", "LIT_REA", "Réanimation des brûlés", "121", FULL_STAY, ALL_AGES, BED),
    _one("BRULES", "LIT_BRU", "Brûlologie", "175", FULL_STAY, ALL_AGES, BED),
    _one("URGENCES", "AUTGEN", "Urgences", "157", EMERGENCY, ADULTS, None),
    _one("URGENCES", "AUTPED", "Urgences pédiatriques", "249", EMERGENCY, CHILDREN, None),
    _by("URGENCES2", "URG", "LIT_UHCD", "GEN", "Hospitalisation de courte durée (UHCD)", "157", SHORT_STAY,
        ADULTS, BED),
    _by("URGENCES2", "URG", "LIT_UHCD", "PED", "Hospitalisation de courte durée (UHCD) pédiatrique", "249",
        SHORT_STAY, CHILDREN, BED),
    _one("SMURSAMU", "SMUR", "SMUR", "136", SPECIALISED, ALL_AGES, None),
    *(
        _by("PSY", "DIS", column, kind, name + suffix, activity, mode, ages, counts, f"{kind}-{column}",
            field=PSY, sensitive=kind == "PEN")
        for kind, name, activity, ages in (
            ("GEN", "Psychiatrie adulte", "229", ADULTS),
            ("INF", "Psychiatrie infanto-juvénile", "227", CHILDREN),
            ("PEN", "Psychiatrie en milieu pénitentiaire", "229", ADULTS),
        )
        for column, suffix, mode, counts in (("CAP_HTP", "", FULL_STAY, BED), ("CAP_HDJ", _DAY, DAY, PLACE))
    ),
    *(
        _by("SSR", "GDE", column, kind, name + suffix, "172", mode, ages, counts, f"{kind}-{column}", field=SMR)
        for kind, name, ages in (
            ("SSR_A", "Réadaptation polyvalente", ADULTS),
            ("SSR_E", "Réadaptation polyvalente pédiatrique", CHILDREN),
        )
        for column, suffix, mode, counts in (("LIT", "", FULL_STAY, BED), ("PLA", _DAY, DAY, PLACE))
    ),
    _one("USLD", "LIT", "Soins de longue durée", "333", FULL_STAY, AGED_60, BED),
    _one("HAD", "PLATOT", "Hospitalisation à domicile", "083", HOME, ALL_AGES, PLACE),
    Rule(
        table="DIALYSE",
        key="CAPA",
        column="CAPA",
        by="DIALY",
        # Adults' centre and training, medical unit, self-care: the rows that count sessions on site. Dialysis at
        # home (1150A) and peritoneal (121*, 122*) need no post here, children's centres (112BE) are not for
        # adults, holiday posts (VACAN) are posts of the other rows, and TOT is a total.
        kinds=("112AX", "112BA", "1130X", "1140X"),
        name="Hémodialyse chronique",
        activity="059",
        mode=DAY,
        ages=ADULTS,
        counts=PLACE,
    ),
    _one("PALIA", "PALIA_A2", "Lits identifiés de soins palliatifs (LISP)", "076", FULL_STAY, ADULTS, BED),
    _one("PALIA", "PALIA_A8", "Unité de soins palliatifs (USP)", "170", FULL_STAY, ADULTS, BED),
    _one("CHIRCAR", "AUT", "Chirurgie cardiaque", "018", FULL_STAY, ADULTS, None),
    _one("NEUROCHIR", "EX_NEUCHI", "Neurochirurgie", "096", FULL_STAY, ADULTS, None),
    _by("IMAGES", "EQUIPIMA", "NB", "SCAN", "Scanner", "070", PLATFORM, ALL_AGES, DEVICES),
    _by("IMAGES", "EQUIPIMA", "NB", "IRM", "IRM", "068", PLATFORM, ALL_AGES, DEVICES),
)  # fmt: skip


def wanted_columns() -> dict[str, tuple[str | None, frozenset[str]]]:
    """Return, for each table, the column that tells its rows apart and the columns to read."""
    wanted: dict[str, tuple[str | None, frozenset[str]]] = {}
    named = [(rule.table, rule.by, rule.column) for rule in RULES]
    for table, by, column in (*named, MATERNITY_COLUMN, NEONATAL_INTENSIVE):
        wanted[table] = (by, wanted.get(table, (None, frozenset()))[1] | {column})
    return wanted
