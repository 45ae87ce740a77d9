"""French title case for names that the survey writes in capitals."""

from __future__ import annotations

import re

_SMALL = frozenset(
    "A À AU AUX D DE DES DU EN ET L LA LE LES LÈS OU PAR POUR S SOUS SUR".split()
)  # fmt: skip
"""Words in lower case inside a name; the elided ones (D', L', S') even at its start keep a capital."""

_ACRONYMS = frozenset(
    """
    AAIR ADAPT ADH ADPC AGDUC AIDER ALTIR ANIDER APHM APHP ASDR ASSAD ATIR AUB AURA AURAD AURAL AURAR AVODD CADDD
    CATTP CHI CHIC CHICAS CHIVA CHU CHIPS CHIMM CHITS CHIAP CHIB CHIVR CLCC CMPR COS CSAPA CSSR ECHO EHPAD EPSM EPSAN
    EPSMR ESPIC ESAT FSEF GCS GHBS GHEF GHI GHIL GHICL GHPSO GHT GHU GIE GIP HAD HCL HIA HDJ HMV HUS IFSO IME IRM MAS
    MECS MFSM MGEN MRC OHS PSL SAMSAH SAMU SARL SAS SCM SELARL SMR SMUR SOS SSR UAD UCSA UDM UGECAM UHSA UHSI UMD
    UNV USIC USLD USP UPAD APAJH APEI ADEF AHNAC ANPAA ANRH AP ARS CHRU HP HU UC UA UF UH HM CME ICANS ICM IGR IUCT ICO
    """.split()
)
"""What is read letter by letter, or is a proper acronym: kept in capitals although it could be a word."""

_WORDS_WITHOUT_VOWEL = {"ST": "St", "STE": "Ste", "STS": "Sts", "DR": "Dr", "MR": "Mr", "PR": "Pr", "CL": "Cl"}
"""Abbreviations written as words."""

_ROMAN = re.compile(r"X{0,2}(?:IX|IV|V?I{1,3}|XV?)|V")
_ORDINAL = re.compile(r"(\d+)(ER|ERE|E|EME|ÈME)")
_TOKEN = re.compile(r"[^\W_]+", re.UNICODE)
_VOWEL = re.compile(r"[AEIOUYÀÂÄÉÈÊËÎÏÔÖÙÛÜŒÆ]")


def title_case(text: str, *, inside: bool = False) -> str:
    """Return a name in French title case: ``CH DE FLEYRIAT`` becomes ``CH de Fleyriat``.

    Acronyms, Roman numerals, words with digits and words without a vowel stay in capitals. A name that already has
    lower-case letters is left alone. ``inside`` says that other words come before it, so that a first ``DE`` is small.
    """
    text = " ".join(text.split())
    if text != text.upper():
        return text
    return _TOKEN.sub(lambda match: _case(match, text, inside or match.start() > 0), text)


def _case(match: re.Match[str], text: str, inside: bool) -> str:
    word, end = match[0], match.end()
    if ordinal := _ORDINAL.fullmatch(word):
        return ordinal[1] + ordinal[2].lower()
    if any(character.isdigit() for character in word):
        return word
    dotted = text[end : end + 1] == "." and len(word) == 1
    if word in _ACRONYMS or dotted or (_ROMAN.fullmatch(word) and inside):
        return word
    elided = text[end : end + 1] in {"'", "’"}
    if word in _SMALL and inside and (len(word) > 1 or elided or word in {"A", "À", "D", "L"}):
        return word.lower()
    if not _VOWEL.search(word):
        return _WORDS_WITHOUT_VOWEL.get(word, word)
    return word[0] + word[1:].lower()
