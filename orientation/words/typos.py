"""Words one slip of the keyboard away, in a few look-ups whatever the word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from rapidfuzz.distance import OSA

MIN_LETTERS = 4
"""Shorter words are mostly abbreviations, one letter away from each other (USC, USI)."""
LONG = 8
"""From this length two slips are forgiven."""
_MAX_CANDIDATES = 200


class Typos:
    """Known words by what remains of them when one letter is dropped.

    Two words one slip apart (a letter dropped, added, changed or swapped) share such a remainder; so do many that
    are two slips apart. The distance is then measured (optimal string alignment).
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        """Index words; where two are as near, the heavier is taken."""
        self._weights = {word: weight for word, weight in weights.items() if len(word) >= MIN_LETTERS}
        self._remainders: dict[str, list[str]] = defaultdict(list)
        for word in self._weights:
            for remainder in _remainders(word):
                self._remainders[remainder].append(word)

    def __contains__(self, word: object) -> bool:
        """Say whether the word itself is known."""
        return word in self._weights

    def nearest(self, word: str) -> str | None:
        """Return the nearest known word, ``None`` when none is near enough or the word is too short."""
        if len(word) < MIN_LETTERS:
            return None
        allowed = 2 if len(word) >= LONG else 1
        best: tuple[int, float, str] | None = None
        for candidate in self._candidates(word):
            distance = OSA.distance(word, candidate, score_cutoff=allowed)
            if distance <= allowed and (candidate[0] == word[0] or distance == 1):
                found = (int(distance), -self._weights[candidate], candidate)
                best = found if best is None or found < best else best
        return best[2] if best else None

    def _candidates(self, word: str) -> Iterable[str]:
        seen = dict.fromkeys(near for remainder in _remainders(word) for near in self._remainders.get(remainder, ()))
        return list(seen)[:_MAX_CANDIDATES]


def _remainders(word: str) -> set[str]:
    return {word, *(word[:cut] + word[cut + 1 :] for cut in range(len(word)))}
