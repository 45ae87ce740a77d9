"""Bearer tokens of an identity provider (OpenID Connect), such as stands in front of Pro Santé Connect.

What is checked: a signature by a key of the provider with an algorithm of ours (never ``none``, never a shared
secret), issuer, audience, expiry, not-before, subject. What the token may see is in its claims.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwt import JWTClaimsRegistry

from mappings.schema.fields import FINESS
from orientation.access import PROFILES
from orientation.errors import Unauthorized
from orientation.identity.caller import TOKEN, Caller
from orientation.identity.jwks import Jwks
from orientation.identity.profession import profession_of
from orientation.identity.scopes import READING, SCOPES

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""All that may be configured: public keys only."""
LONGEST = 8 * 1024
_SANE_NAME = re.compile(r"[A-Za-z0-9._:@-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Whose tokens are taken, and which claims hold the rights.

    ``profile`` is that of a token without the claim; ``leeway_s`` is how far clocks may differ.
    """

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    profile_claim: str
    establishments_claim: str
    profession_claim: str
    profile: int
    leeway_s: int


class Tokens:
    """Checks tokens of one provider."""

    def __init__(self, provider: Provider, keys: Jwks, clock: Callable[[], datetime]) -> None:
        """Keep what a token must say."""
        self._provider, self._keys, self._clock = provider, keys, clock

    def caller(self, text: str) -> Caller:
        """Return whose token it is; ``Unauthorized`` says what is wrong with it, never what it holds."""
        if len(text) > LONGEST:
            raise Unauthorized("The token is too long.")
        try:
            claims = self._claims(text)
            self._check(claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise Unauthorized(f"The token is refused: {_reason(error)}.") from None
        return self._caller(claims)

    def _claims(self, text: str) -> dict[str, Any]:
        algorithms = list(self._provider.algorithms)
        try:
            return jwt.decode(text, self._keys.keys(), algorithms).claims
        except InvalidKeyIdError:
            # Perhaps signed by a key that came since: keys are rotated without a word.
            return jwt.decode(text, self._keys.keys(again=True), algorithms).claims

    def _check(self, claims: dict[str, Any]) -> None:
        registry = JWTClaimsRegistry(
            now=lambda: int(self._clock().timestamp()),
            leeway=self._provider.leeway_s,
            iss={"essential": True, "value": self._provider.issuer},
            aud={"essential": True, "value": self._provider.audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        registry.validate(claims)

    def _caller(self, claims: Mapping[str, Any]) -> Caller:
        said = claims.get("scope", "")
        scopes = frozenset(said.split() if isinstance(said, str) else ()) & SCOPES.keys()
        return Caller(
            name=_name(str(claims["sub"])),
            kind=TOKEN,
            profile=self._profile(claims),
            scopes=scopes or READING,
            establishments=self._establishments(claims),
            profession=profession_of(claims.get(self._provider.profession_claim)),
        )

    def _profile(self, claims: Mapping[str, Any]) -> int:
        said = claims.get(self._provider.profile_claim)
        if said is None:
            return self._provider.profile
        text = str(said)
        if isinstance(said, bool) or text not in map(str, PROFILES):
            raise Unauthorized(f"The token is refused: the claim {self._provider.profile_claim} is no access profile.")
        return int(text)

    def _establishments(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """Return the FINESS numbers whose counts may be written; no claim names all of them."""
        said = claims.get(self._provider.establishments_claim, ())
        each = said.split() if isinstance(said, str) else said
        if not isinstance(each, list | tuple):
            return frozenset()
        return frozenset(one for one in each if isinstance(one, str) and FINESS.fullmatch(one))


def _reason(error: Exception) -> str:
    """Say what is wrong, in the words of the library's own table; never what the token holds."""
    if not isinstance(error, JoseError):
        return "malformed"
    claim = f" {error.claim}" if isinstance(error, ClaimError) else ""
    return error.error.replace("_", " ") + claim


def _name(subject: str) -> str:
    """Return a subject fit for logs and histories; one that is not is known by its digest."""
    return subject if _SANE_NAME.fullmatch(subject) else hashlib.blake2b(subject.encode(), digest_size=16).hexdigest()
