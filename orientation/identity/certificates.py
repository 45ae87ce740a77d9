"""Certificates of clients, as a trusted proxy passes them on: it checks the connection, we know the certificate.

The header ``Client-Cert`` holds the certificate as RFC 9440 writes it (``:base64 of DER:``) or as nginx does
(``$ssl_client_escaped_cert``: PEM, percent-encoded).
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from orientation.errors import Unauthorized

HEADER = "Client-Cert"
_LONGEST = 16 * 1024


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is known a client by: the SHA-256 fingerprint of the DER form, and until when it holds."""

    fingerprint: str
    starts_at: datetime
    ends_at: datetime


def passed_on(header: str) -> Certificate:
    """Read the header of a proxy; ``Unauthorized`` for what is no certificate."""
    if len(header) > _LONGEST:
        raise Unauthorized("The client certificate is too long.")
    try:
        if header.startswith(":"):
            return _facts(x509.load_der_x509_certificate(base64.b64decode(header.strip(":"), validate=True)))
        return certificate(unquote(header).encode("ascii"))
    except (ValueError, binascii.Error):
        raise Unauthorized("The client certificate cannot be read.") from None


def certificate(pem: bytes) -> Certificate:
    """Read a certificate in PEM; ``ValueError`` for what is none."""
    return _facts(x509.load_pem_x509_certificate(pem))


def _facts(found: x509.Certificate) -> Certificate:
    return Certificate(found.fingerprint(SHA256()).hex(), found.not_valid_before_utc, found.not_valid_after_utc)
