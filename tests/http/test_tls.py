"""TLS without a proxy: the server's own certificate, and what browsers are told over it."""

from __future__ import annotations

import http.client
import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from engine.config import NodeConfig
from tests.http.running import running
from tests.waiting import LONG_S


def certificate_of_loopback(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 and its key; return both files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    (folder / "server.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "server.pem", folder / "key.pem"


def test_the_server_speaks_tls_with_its_own_certificate(own_engine: NodeConfig, tmp_path: Path) -> None:
    shown, key = certificate_of_loopback(tmp_path)
    trusting = ssl.create_default_context(cafile=str(shown))
    keys = {"ROR_TLS_CERTIFICATE": str(shown), "ROR_TLS_KEY": str(key)}
    with running(own_engine, tmp_path, awaited=False, **keys) as server:
        deadline = time.monotonic() + LONG_S
        while True:
            assert server.process.poll() is None and time.monotonic() < deadline
            try:
                connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=trusting, timeout=20)
                connection.request("GET", "/api/v1/me")
                answer = connection.getresponse()
                break
            except OSError:
                continue
        assert answer.status == 200
        assert answer.getheader("Strict-Transport-Security") == "max-age=31536000"
        assert connection.sock is not None and connection.sock.version() in {"TLSv1.2", "TLSv1.3"}
        connection.close()
