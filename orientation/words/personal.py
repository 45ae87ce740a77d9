"""What looks like a patient: it has no place in a question, is not searched for, and is never written anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mappings.fold import fold

_NUMBER = re.compile(
    r"(?<!\d)[12][ .]?\d\d[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d\d|2[AB])[ .]?\d{3}[ .]?\d{3}(?:[ .]?\d\d)?(?!\d)",
    re.I,
)
_DATE = re.compile(
    r"(?:\bn[ée]+(?:\(e\))?\s+le\s+)?(?<!\d)(?:[0-3]?\d[/.\-][01]?\d[/.\-](?:19|20)?\d\d|(?:19|20)\d\d-[01]\d-[0-3]\d)(?!\d)",
    re.I,
)
_BORN = re.compile(r"\bn[ée]+(?:\(e\))?\s+(?:le|en)\s+[0-9]{1,4}(?:\s+[a-zéû]{3,9}\s+(?:19|20)\d\d)?", re.I)
_TITLE = re.compile(
    r"\b(?:M\.|Mr\.?|Mme|Mlle|[Mm]onsieur|[Mm]adame|[Mm]ademoiselle|[Pp]atiente?\s*:|[Nn]om\s*:)\s*"
    r"(?!le\b|la\b|de\b)[A-ZÀ-Ý][\w'’-]{1,30}(?:\s+[A-ZÀ-Ý][\w'’-]{1,30})?"
)
_NAME = "un nom de personne"
_PATTERNS = (
    (_NUMBER, "un numéro de sécurité sociale"),
    (_BORN, "une date de naissance"),
    (_DATE, "une date"),
    (_TITLE, _NAME),
)

WARNING = "La question semble contenir {} : aucune donnée de patient n’a sa place ici ; ces mots sont ignorés."


def personal(text: str, known: Callable[[str], bool]) -> Iterator[tuple[int, int, str]]:
    """Yield the spans that look like a patient's number, date of birth or name, with what each looks like.

    ``known`` says whether a folded word means something here: such a word after a first name is no surname.
    """
    found = [(match.start(), -match.end(), what) for pattern, what in _PATTERNS for match in pattern.finditer(text)]
    end = 0
    for start, negative, what in sorted(found):
        stop = -negative
        if start < end:
            continue
        if what == _NAME and known(fold(text[start:stop].rsplit(None, 1)[-1])):
            stop = start + len(text[start:stop].rsplit(None, 1)[0])
        yield start, stop, what
        end = stop
