"""From the phrases found to parts: activities together, other kinds each into its own parameter."""

from __future__ import annotations

from mappings.age import Age
from mappings.nomenclature import groups_of
from orientation.words.combining import Combined, Subject, combine
from orientation.words.lexicon import Lexicon
from orientation.words.numbers import CHILD, written
from orientation.words.slate import Slate
from orientation.words.spotting import Mention, apart

_EXAMPLES = {"094": Age(0, "d"), "050": Age(80)}
"""Age of the patient that a word says, by the first activity of its group: newborn, old; a child by default."""
ADULT = Age(18)
CHILDREN = frozenset({"pediatrique", "neonatal"})


def settle(slate: Slate, lexicon: Lexicon, mentions: list[Mention]) -> tuple[str, ...]:
    """Turn phrases into parts; return the activities that answer after those asked for."""
    named = [mention for mention in mentions if mention.meaning.kind == "activity"]
    for mention in mentions:
        if mention.meaning.kind != "activity":
            _take(slate, mention, mention.meaning.codes)
    combined = combine(named, lambda mention: apart(slate, lexicon, mention))
    for subject in combined.subjects:
        for mention in subject.mentions:
            _take(slate, mention, subject.main, _label(subject, mention))
    for patient in combined.patients:
        _patient(slate, patient, combined)
    return combined.near + _for_child(slate, combined)


def _for_child(slate: Slate, combined: Combined) -> tuple[str, ...]:
    """Return the children's activities that the words cover, where the patient is a child: they answer too."""
    ages = [Age.parse(part.values[0]) for part in slate.parts if part.parameter == "age"]
    if not ages or ages[0].days >= ADULT.days:
        return ()
    covered = {code for subject in combined.subjects for mention in subject.mentions for code in mention.meaning.all}
    known = {*combined.main, *combined.near}
    return tuple(sorted(code for code in covered - known if CHILDREN.intersection(groups_of(code))))


def _take(slate: Slate, mention: Mention, codes: tuple[str, ...], label: str | None = None) -> None:
    meaning = mention.meaning
    slate.take(
        mention.first,
        mention.last,
        meaning.kind,
        label or meaning.label,
        meaning.kind,
        codes,
        mention.confidence,
        mention.meanings[1:],
        _note(slate, mention),
    )


def _label(subject: Subject, mention: Mention) -> str:
    """Return the label of a word that another narrowed: both words."""
    labels = dict.fromkeys(each.meaning.label for each in subject.mentions)
    return " + ".join(labels) if len(subject.mentions) > 1 else mention.meaning.label


def _note(slate: Slate, mention: Mention) -> str | None:
    """Return what must be said of a corrected word."""
    if mention.confidence == 1.0:
        return None
    return f"« {slate.said(mention.first, mention.last)} » lu comme « {mention.meaning.label} »."


def _patient(slate: Slate, mention: Mention, combined: Combined) -> None:
    """Read a word that narrows nothing as the age of the patient, unless an age is said."""
    said = slate.said(mention.first, mention.last)
    first = mention.meaning.codes[:1]
    age = _EXAMPLES.get(first[0], CHILD) if first else CHILD
    if slate.has("age"):
        slate.take(mention.first, mention.last, "age", said)
        return
    note = f"« {said} » : âge de {age.label} pris pour exemple ; précisez-le."
    slate.take(mention.first, mention.last, "age", age.label, "age", (written(age),), 0.6, note=note)
