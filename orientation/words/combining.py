"""Several words that name activities, made one question: what they share, else all of them.

- Words that share activities narrow each other: ``réa`` and ``brûlés`` share the réanimation of the burnt.
- A phrase gives way to the words it is made of when those make fewer subjects: ``réa péd brûlés`` is not
  « paediatric réanimation, or burns » but the réanimation of the burnt, for a child.
- A word that says who the patient is, and narrows nothing, becomes the patient: an age, and the activities for such a
  patient among those the other words name come after (paediatric réanimation).
- Words that share nothing are alternatives: ``IRM scanner``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product

from orientation.words.spotting import Mention


@dataclass(slots=True)
class Subject:
    """Activities sought for, those that answer after, and the words that say so."""

    main: tuple[str, ...]
    near: tuple[str, ...]
    covers: tuple[str, ...]
    mentions: list[Mention]

    @classmethod
    def of(cls, mention: Mention) -> Subject:
        """Return the subject of some words alone."""
        meaning = mention.meaning
        return cls(meaning.codes, meaning.near, meaning.covers, [mention])

    @property
    def tiers(self) -> tuple[tuple[str, ...], ...]:
        """What is asked for, what answers after, what is only covered."""
        return self.main, self.near, self.covers


@dataclass(frozen=True, slots=True)
class Combined:
    """The subjects of a question, and the words that only say who the patient is."""

    subjects: list[Subject] = field(default_factory=list)
    patients: list[Mention] = field(default_factory=list)

    @property
    def main(self) -> tuple[str, ...]:
        """Activities asked for."""
        return tuple(dict.fromkeys(code for subject in self.subjects for code in subject.main))

    @property
    def near(self) -> tuple[str, ...]:
        """Activities that answer after: those near each subject, and those for the patient."""
        wanted = [code for subject in self.subjects for code in subject.near]
        broad = {code for subject in self.subjects for mention in subject.mentions for code in mention.meaning.all}
        for patient in self.patients:
            wanted += sorted(patient.meaning.all & broad)
        return tuple(code for code in dict.fromkeys(wanted) if code not in self.main)


def combine(mentions: Sequence[Mention], apart: Callable[[Mention], list[Mention]]) -> Combined:
    """Return what the words mean together; ``apart`` cuts a phrase into the broad words it is made of."""
    whole = _combined(mentions)
    if len(whole.subjects) < 2:
        return whole
    cut = [part for mention in mentions for part in (apart(mention) or [mention])]
    finer = _combined(cut) if len(cut) > len(mentions) else whole
    return finer if len(finer.subjects) < len(whole.subjects) else whole


def _combined(mentions: Sequence[Mention]) -> Combined:
    subjects: list[Subject] = []
    patients: list[Mention] = []
    for mention in sorted(mentions, key=lambda each: each.meaning.qualifies):
        own = Subject.of(mention)
        if any(_narrow(subject, own) for subject in subjects):
            continue
        if mention.meaning.qualifies:
            patients.append(mention)
        else:
            subjects.append(own)
    if not subjects:
        named = next((patient for patient in patients if patient.meaning.codes), None)
        if named is not None:
            patients.remove(named)
            subjects.append(Subject.of(named))
    return Combined(subjects, patients)


def _narrow(subject: Subject, other: Subject) -> bool:
    """Keep of a subject what another shares with it; say whether there is any."""
    pairs = sorted(product(range(3), range(3)), key=lambda pair: (sum(pair), pair))
    shared = next(filter(None, (_shared(subject.tiers[one], other.tiers[two]) for one, two in pairs)), ())
    if not shared:
        return False
    both = {*other.main, *other.near, *other.covers}
    subject.near = tuple(code for code in subject.near if code in both and code not in shared)
    subject.covers = tuple(code for code in subject.covers if code in both)
    subject.main = shared
    subject.mentions += other.mentions
    return True


def _shared(ones: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for code in ones if code in others)
