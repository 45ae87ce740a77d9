"""An identity provider for the tests: its keys, its tokens, its JWKS over real HTTP; and certificates of clients."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

ISSUER = "https://issuer.example"
AUDIENCE = "ror"


def new_key(kid: str) -> ECKey:
    """Return a signing key."""
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})


@dataclass(slots=True)
class Issuer:
    """Signs tokens, and says which keys it signs with."""

    now: datetime
    keys: list[ECKey] = field(default_factory=lambda: [new_key("first")])

    @property
    def jwks(self) -> dict[str, Any]:
        """Return the public keys."""
        return dict(KeySet(self.keys).as_dict(private=False))

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return good claims with changes; ``None`` takes one away."""
        now = int(self.now.timestamp())
        said = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "dr-x",
            "iat": now,
            "exp": now + 300,
            "ror_profile": 2,
            **changes,
        }
        return {name: value for name, value in said.items() if value is not None}

    def token(self, key: ECKey | None = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return a token signed with a key, the newest one by default."""
        signing = key or self.keys[-1]
        return jwt.encode({"alg": "ES256", "kid": signing.kid, **(header or {})}, self.claims(**changes), signing)


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: str = "") -> str:
    """Return a token put together by hand."""
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims))
    return ".".join((*parts, signature))


@dataclass(slots=True)
class JwksServer:
    """A server of keys that tests change, count and break."""

    url: str
    body: bytes = b""
    status: int = 200
    asked: int = 0


@contextmanager
def jwks_served(document: Any) -> Iterator[JwksServer]:
    """Serve a set of keys on loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked += 1
            self.send_response(served.status)
            self.send_header("Content-Length", str(len(served.body)))
            self.end_headers()
            self.wfile.write(served.body)

        def log_message(self, *_: Any) -> None:
            """Keep the tests' output for the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = JwksServer(f"http://127.0.0.1:{server.server_port}/jwks", json.dumps(document).encode())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def client_certificate(now: datetime, days: int = 30) -> x509.Certificate:
    """Return a certificate of a client, valid around now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a client of the tests")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, SHA256())
    )


def pem(certificate: x509.Certificate) -> bytes:
    """Write a certificate in PEM."""
    return certificate.public_bytes(Encoding.PEM)


def as_nginx(certificate: x509.Certificate) -> str:
    """Write a certificate as nginx passes it on."""
    return quote(pem(certificate).decode(), safe="")


def as_rfc_9440(certificate: x509.Certificate) -> str:
    """Write a certificate as RFC 9440 has it."""
    return f":{base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()}:"
