"""The steps of a reading beside the lexicon: numbers, places, fixed phrases, typing errors, names."""

from __future__ import annotations

from orientation.words import numbers
from orientation.words.lexicon import Lexicon
from orientation.words.places import MARKERS, Place, PlaceNames, skip_between
from orientation.words.slate import Slate
from orientation.words.tokens import stem
from orientation.words.understood import Meaning
from orientation.words.vocabulary import Vocabulary

MAX_CORRECTED = 8
"""Words whose typing errors are looked for in one question."""
MAX_NAMES = 6
"""Words searched in names."""

_SITE_WORDS = frozenset("hopital hopitaux clinique polyclinique ch chu chr chru ghu hia etablissement".split())
"""Words that most names of sites begin with: beside other words of a name they tell no category."""
_TOO_BROAD = frozenset({"hopital", "hopitaux", "etablissement"})


def numbers_with_units(slate: Slate) -> None:
    """Read ages, weights, distances, numbers of beds and levels of maternity."""
    weights: list[tuple[int, numbers.Number]] = []
    for place in range(len(slate.tokens)):
        if not slate.free[place] or not (ahead := slate.run(place)):
            continue
        if found := numbers.age_at(ahead) or numbers.beds_at(ahead):
            _number(slate, place, found)
        elif found := numbers.quantity_at(ahead):
            if found.parameter == "equipment_weight_min":
                weights.append((place, found))
                slate.cover(place, place + found.words)
            else:
                _number(slate, place, found)
        elif _after_maternity(slate, place) and (found := numbers.level_at(ahead)):
            _number(slate, place, found)
    for place, found in weights[:1]:
        _weight(slate, place, found)


def _number(slate: Slate, place: int, found: numbers.Number) -> None:
    if slate.has(found.parameter):
        slate.take(place, place + found.words, found.parameter, found.label, note=_ONLY_ONE.format(found.label))
        return
    slate.take(place, place + found.words, found.parameter, found.label, found.parameter, (found.value,))


_ONLY_ONE = "« {} » est ignoré : il y en a déjà un autre avant."


def _after_maternity(slate: Slate, place: int) -> bool:
    return place > 0 and slate.tokens[place - 1].root in {"mater", "obstetr"}


def _weight(slate: Slate, place: int, found: numbers.Number) -> None:
    """Read a weight with the equipment it is about: the words nearest before it, else after it."""
    ends = [*range(place, 0, -1), *range(place + found.words + 1, len(slate.tokens) + 1)]
    for end in ends:
        start = end
        while start > 0 and slate.free[start - 1] and end - start < 4:
            start -= 1
        borne = numbers.weighed(slate.tokens[start:end])
        if borne is not None:
            first = end - borne[0]
            said = slate.said(first, end)
            slate.take(first, end, "equipment", f"{said} pour {found.label}", "equipment", borne[1], 0.9)
            slate.take(place, place + 2, "weight", found.label, found.parameter, (found.value,))
            return
    slate.take(place, place + 2, "weight", found.label, note=f"« {found.label} » sans équipement est ignoré.")


_USE_CASES = {
    ("avis",): "opinion",
    ("avis", "specialise"): "opinion",
    ("moyen", "operationnel"): "means",
    ("moyens", "operationnels"): "means",
    ("dispo",): "destination",
    ("dispos",): "destination",
    ("disponible",): "destination",
    ("disponibles",): "destination",
    ("libre",): "destination",
    ("libres",): "destination",
}
"""Words that say the use case; a free bed is one: free beds then rank first, and exclude nobody."""
_USE_CASE_LABELS = {
    "opinion": "Avis spécialisé",
    "means": "Moyen opérationnel",
    "destination": "Lit disponible d’abord",
}
_NOW = frozenset({("ouvert", "maintenant"), ("ouverte", "maintenant"), ("ouvert", "actuellement")})


def fixed_phrases(slate: Slate) -> None:
    """Read the words that say the use case, or the moment."""
    for place in range(len(slate.tokens)):
        for length in (2, 1):
            ahead = slate.run(place)[:length]
            words = tuple(token.folded for token in ahead)
            if len(ahead) < length or not slate.free[place]:
                continue
            if words in _NOW and not slate.has("open_at"):
                slate.take(place, place + length, "open_at", "Ouvert maintenant", "open_at", ("now",))
            elif words in _USE_CASES:
                use_case = _USE_CASES[words]
                first = not slate.has("use_case")
                label = _USE_CASE_LABELS[use_case]
                parameter, values = ("use_case", (use_case,)) if first else (None, ())
                slate.take(place, place + length, "use_case", label, parameter, values)


def announced_places(slate: Slate, places: PlaceNames, lexicon: Lexicon) -> None:
    """Read the places that a word announces: ``près de``, ``à``, ``dans le``."""
    for place in range(len(slate.tokens) - 1):
        if not slate.free[place] or slate.tokens[place].folded not in MARKERS:
            continue
        start = skip_between(slate.tokens, place + 1)
        for first in (start, start + 1):
            ahead = slate.run(first) if first < len(slate.tokens) else []
            if first > start and (not ahead or slate.tokens[start].folded not in {"le", "la", "les", "l"}):
                continue
            found = places.longest(ahead, announced=True)
            if found is not None and not (found[0] == 1 and _says_more(slate, first, lexicon, places)):
                _place(slate, first, first + found[0], found[1])
                break


def _says_more(slate: Slate, place: int, lexicon: Lexicon, places: PlaceNames) -> bool:
    """Say whether a word that is also the name of a place is rather a word of the lexicon."""
    folded = slate.tokens[place].folded
    return (folded in lexicon.forms or slate.tokens[place].grammar) and not places.known(folded)


def bare_places(slate: Slate, places: PlaceNames) -> None:
    """Read well-known places that nothing announces."""
    for place in range(len(slate.tokens)):
        token = slate.tokens[place]
        if not slate.free[place] or token.weak:
            continue
        found = places.longest(slate.run(place), announced=False)
        if found is not None and (found[0] > 1 or not token.grammar):
            _place(slate, place, place + found[0], found[1])


def _place(slate: Slate, first: int, last: int, found: Place) -> None:
    if found.parameter == "place" and slate.has("place"):
        slate.take(first, last, "place", found.label, note=f"« {found.label} » est ignoré : un seul lieu d’origine.")
        return
    slate.take(
        first, last, "place", found.label, found.parameter, (found.value,), found.confidence, found.others, found.note
    )


def correct_words(slate: Slate, lexicon: Lexicon, vocabulary: Vocabulary | None) -> bool:
    """Correct unknown words to words of the lexicon; say whether there were any."""
    tried = 0
    for place, token in enumerate(slate.tokens):
        if not slate.free[place] or token.grammar or token.weak or token.root in lexicon.words:
            continue
        if not token.folded.isalpha() or (vocabulary is not None and token.folded in vocabulary):
            continue
        if tried >= MAX_CORRECTED:
            break
        tried += 1
        root = lexicon.corrected(stem(token.folded))
        if root is not None:
            slate.correct(place, root)
    return bool(slate.corrected)


def last_places(slate: Slate, places: PlaceNames, vocabulary: Vocabulary | None) -> None:
    """Read small communes that nothing announces, then misspelt names, among words that no phrase took."""
    tried = 0
    for place, token in enumerate(slate.tokens):
        if not slate.free[place] or token.grammar or token.weak or slate.has("place"):
            continue
        found = places.longest(slate.run(place), announced=True)
        if found is not None and len(token.folded) >= 4 and place not in slate.corrected:
            _place(slate, place, place + found[0], found[1])
        elif tried < MAX_CORRECTED and (vocabulary is None or token.folded not in vocabulary):
            tried += 1
            _misspelt(slate, place, places)


def _misspelt(slate: Slate, place: int, places: PlaceNames) -> None:
    for length in (3, 2, 1):
        ahead = slate.run(place)[:length]
        if len(ahead) < length or ahead[-1].grammar:
            continue
        words = " ".join(token.folded for token in ahead)
        found = places.corrected(words) if len(words) >= 5 else None
        if found is not None:
            _place(slate, place, place + length, found)
            return


def examples_of_age(slate: Slate) -> None:
    """Read the words that name an age class, as an age in its middle."""
    for place in range(len(slate.tokens)):
        if not slate.free[place] or not (found := numbers.example_at(slate.run(place))):
            continue
        last = place + found.words
        if slate.has("age"):
            slate.take(place, last, "age", slate.said(place, last))
            continue
        note = f"« {slate.said(place, last)} » : âge de {found.label} pris pour exemple ; précisez-le."
        slate.take(place, last, "age", found.label, "age", (found.value,), 0.6, note=note)


def names(slate: Slate, vocabulary: Vocabulary | None) -> list[str]:
    """Return the words left, to be searched in names; those that no name holds are set apart as unknown."""
    words: list[str] = []
    understood = any(part.parameter for part in slate.parts)
    tried = 0
    for place, token in enumerate(slate.tokens):
        if not slate.free[place] or token.grammar or token.weak:
            continue
        if token.root == "urgenc":
            slate.take(place, place + 1, "manner", "En urgence")
            continue
        word: str | None = token.folded
        if vocabulary is not None and not vocabulary.begins(token.folded):
            tried += 1
            word = vocabulary.nearest(token.folded) if tried <= MAX_CORRECTED else None
        if word is None and not understood and len(words) < MAX_NAMES:
            word = token.folded  # nothing else is asked: better no answer than all units
        if word is None or len(words) >= MAX_NAMES:
            slate.take(place, place + 1, "unknown", token.folded)
            continue
        if word in words:
            slate.cover(place, place + 1)
            continue
        words.append(word)
        corrected = word != token.folded
        note = f"« {token.folded} » lu comme « {word} », cherché dans les noms." if corrected else None
        slate.take(place, place + 1, "name", word, "q", (word,), 0.7 if corrected else 0.9, (), note)
    return words


def sites_by_name(slate: Slate, *, named: bool) -> None:
    """Let go of the category that the first word of a site's name would ask for: ``hôpital Bicêtre``."""
    for at, part in enumerate(slate.parts):
        if part.kind != "site_category" or part.text.lower().replace("ô", "o") not in _SITE_WORDS:
            continue
        word = part.text.lower().replace("ô", "o")
        if named or word in _TOO_BROAD:
            rule = Meaning("site_category", part.values, part.label)
            slate.parts[at] = type(part)(
                part.start, part.end, part.text, "site", part.text, None, (), 0.8, (rule, *part.alternatives)
            )
