"""Hostile requests to a running server, and what became of each: a table of outcomes.

Forged and expired tokens, keys of others, spoofed headers of proxies, replayed cursors, tricks in paths, injected
headers, too much of everything. Each must be refused with the status that says why, and nothing may fail (5xx) or be
sent back that could be taken for another's. ``ror bench hostile``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks.attacking.asker import cursors, keys, proxies, tokens
from benchmarks.attacking.request import injections, oversized, paths
from benchmarks.attacking.stand import Stand, stand
from benchmarks.attacking.trick import PROXY, Bench, Outcome
from benchmarks.attacking.world import World
from orientation.identity import Clients, Grant
from orientation.identity.certificates import certificate
from tests.factory import make_beds, make_place, make_unit
from tests.identity_kit import AUDIENCE, ISSUER, Issuer, client_certificate, jwks_served, pem

ROUNDS: tuple[Callable[[Bench], Iterator[Outcome]], ...] = (
    tokens,
    keys,
    proxies,
    cursors,
    paths,
    injections,
    oversized,
)


def small_world(as_of: datetime) -> World:
    """Return a few units."""
    first = make_unit(updated_at=as_of, places=(make_place(id="P1", capacities=make_beds(observed_at=as_of)),))
    more = [make_unit(id=f"UNIT-{n}", updated_at=as_of) for n in range(2, 8)]
    return World(units=(first, *more), writes=())


def run(stood: Stand) -> list[Outcome]:
    """Play every trick."""
    stood.load(small_world(stood.as_of))
    issuer, shown = Issuer(stood.as_of), client_certificate(stood.as_of)
    known = certificate(pem(shown))
    Clients(stood.gateway).add_certificate(
        Grant(client="proxied", profile=1, scopes=("search",)), "bench", known.fingerprint, known.ends_at
    )
    with jwks_served(issuer.jwks) as served:
        changes: dict[str, Any] = {
            "ROR_OIDC_ISSUER": ISSUER, "ROR_OIDC_AUDIENCE": AUDIENCE, "ROR_OIDC_JWKS": served.url,
            "ROR_TRUSTED_PROXIES": PROXY,
        }  # fmt: skip
        with stood.serving(frozen=False, **changes) as port:
            bench = Bench(
                stood, port, issuer,
                key=stood.key_of("one", 2, ("search", "beds:read")),
                other=stood.key_of("other", 2, ("search", "beds:read")),
                keyed=stood.key_of("writer", 2, ("search", "beds:read", "beds:write"), ("760780239",)),
                certificate=shown,
            )  # fmt: skip
            return [outcome for each in ROUNDS for outcome in each(bench)]


def main() -> int:
    """Print the table; the exit code says whether all was refused as it should be."""
    with stand(datetime.now(UTC).replace(microsecond=0)) as stood:
        outcomes = run(stood)
    print("| kind | trick | right | got | |\n| --- | --- | --- | --- | --- |")
    for each in outcomes:
        right = " ".join(map(str, each.right))
        note = "" if each.good else f"WRONG {each.note}"
        print(f"| {each.kind} | {each.trick.replace('|', '/')} | {right} | {each.got} | {note} |")
    bad = [each for each in outcomes if not each.good]
    print(f"\n{len(outcomes)} tricks, {len(bad)} that were not refused as they should be")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
