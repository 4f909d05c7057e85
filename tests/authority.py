"""A municipality's own certificate authority, and what it signs: made anew for each test, in a few milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """Somebody who signs the certificates of servers."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def called(cls, name: str, *, ends: timedelta = 30 * DAY) -> Authority:
        key, subject = ec.generate_private_key(ec.SECP256R1()), _named(name)
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = _begun(subject, subject, key, ends).add_extension(usage, critical=True)
        certificate = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
        return cls(subject, key, certificate)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def sign(self, folder: Path, *, host: str = "localhost", ends: timedelta = 10 * DAY) -> Path:
        """Return a file with the key and the certificate of a server."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _begun(_named(host), self.name, key, ends).add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        certificate = builder.add_extension(usage, critical=False).sign(self.key, hashes.SHA256())
        file = folder / f"{certificate.serial_number}.pem"
        own_key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(own_key + certificate.public_bytes(Encoding.PEM))
        return file


def let_machine_trust(monkeypatch: pytest.MonkeyPatch, folder: Path, *authorities: Authority) -> None:
    """Have this process see a machine that trusts these alone, as where update-ca-certificates has written them."""
    store = folder / "certs"
    store.mkdir(exist_ok=True)
    bundle = store / "ca-certificates.crt"
    bundle.write_text("".join(one.pem for one in authorities))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("SSL_CERT_DIR", str(store))
    monkeypatch.delenv("NODE_EXTRA_CA_CERTS", raising=False)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, ends: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    begins = min(now, now + ends) - DAY
    return x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number(), begins, now + ends)
