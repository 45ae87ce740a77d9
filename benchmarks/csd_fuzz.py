"""Fuzz the envelope reader: many bodies through the reader alone, fewer over HTTP with an engine behind.

``ror bench csd_fuzz --examples 200000 --http 20000``. A reader that raises anything but a refusal, or a server that
answers with a 5xx or with what is no XML, ends the run with the body that did it.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable

from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings

from csd import soap, updates
from csd.answering import GET_SERVICES
from csd.envelope import Call, read_request
from csd.functions import orientation
from csd.functions.parameters import search_of
from csd.functions.query import query_of
from csd.names import SEARCHES
from csd.safe_xml import parse
from engine import node
from mappings.errors import RorError
from orientation.app import create_app
from orientation.settings import node_config, settings_from_environment
from tests.csd.fuzzing import bodies, content_types

KINDS = {urn: kind for kind, urn in SEARCHES.items()}


def read(body: bytes) -> str:
    """Read a body as the facade does, up to the query; return what became of it."""
    try:
        root = parse(body)
        if soap.is_envelope(root):
            message = soap.read_message(root, [GET_SERVICES, updates.REQUEST_ACTION])
            root = message.payload
            if message.action == updates.REQUEST_ACTION:
                updates.read_last_modified(root)
                return "updates asked"
        return called(read_request(root))
    except RorError as error:
        return f"refused: {type(error).__name__}"


def called(call: Call) -> str:
    """Read the parameters of a call."""
    if call.urn in KINDS:
        query_of(search_of(KINDS[call.urn], call), sensitive=False)
        return "search asked"
    if call.urn == orientation.URN:
        orientation.asked_of(call)
        return "orientation asked"
    return "refused: unknown function"


def run(name: str, examples: int, judge: Callable[[bytes, str], str]) -> None:
    """Judge many bodies and print what became of them."""
    outcomes: Counter[str] = Counter()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(body=bodies, kind=content_types)
    def fuzz(body: bytes, kind: str) -> None:
        outcomes[judge(body, kind)] += 1

    started = time.monotonic()
    fuzz()
    print(f"{name}: {sum(outcomes.values()):,} bodies, {time.monotonic() - started:.0f} s, no crash")
    for outcome, count in outcomes.most_common():
        print(f"  {count:9,}  {outcome}")


def over_http(client: FlaskClient, document: str) -> Callable[[bytes, str], str]:
    """Return a judge that sends bodies to both transactions of a document."""

    def judge(body: bytes, kind: str) -> str:
        statuses = []
        for path in (f"csr/{document}/careServicesRequest", f"getUpdatedServices/{document}/get"):
            answer = client.post(f"/csd/{path}", data=body, content_type=kind)
            assert answer.status_code < 500, (answer.status_code, body)
            parse(answer.get_data(), max_bytes=10**9)
            statuses.append(str(answer.status_code))
        return "HTTP " + " and ".join(statuses)

    return judge


def main() -> None:
    """Fuzz the reader, then the server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--http", type=int, default=5_000)
    given_ = parser.parse_args()
    run("reader", given_.examples, lambda body, kind: read(body))
    if given_.http:
        chosen = settings_from_environment()
        node.start(node_config(chosen))
        client = create_app(chosen).test_client()
        run("HTTP", given_.http, over_http(client, chosen.csd_directory))


if __name__ == "__main__":
    main()
