"""Certificates that are made at run time, and a real TLS server that shows them."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


def name(common: str, organization: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organization:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


@cache
def authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Name]:
    """One that no machine trusts unless its certificate is given as ca_file."""
    return ec.generate_private_key(ec.SECP256R1()), name("Inspection Root", "Acme Security")


def _signed(
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    begins: datetime,
    ends: datetime,
    extensions: list[x509.ExtensionType],
) -> x509.Certificate:
    key, issuer = authority()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, isinstance(extension, x509.BasicConstraints))
    return builder.sign(key, SHA256())


def ca_file(folder: Path) -> str:
    """The authority's own certificate, in a file."""
    key, issuer = authority()
    now = datetime.now(UTC)
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    extensions: list[x509.ExtensionType] = [
        x509.BasicConstraints(True, None),
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
        usage,
    ]
    made = _signed(issuer, key.public_key(), now - 10 * DAY, now + 300 * DAY, extensions)
    file = folder / "ca.pem"
    file.write_bytes(made.public_bytes(Encoding.PEM))
    return str(file)


def certificate(
    folder: Path,
    host: str = "127.0.0.1",
    *,
    begins: timedelta = -5 * DAY,
    ends: timedelta = 90 * DAY,
) -> Path:
    """A certificate of the authority for `host`, with its key; the times count from now."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    try:
        general: x509.GeneralName = x509.IPAddress(ip_address(host))
    except ValueError:
        general = x509.DNSName(host)
    names = x509.SubjectAlternativeName([general])
    made = _signed(name(host), key.public_key(), now + begins, now + ends, [names])
    file = folder / f"{host}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file


@dataclass
class TlsServer:
    """Answers each request with `reply`; `requests` holds what came through TLS.

    `is_proxy` makes it one that opens TLS: it agrees to CONNECT, then answers itself.
    """

    context: ssl.SSLContext
    reply: bytes
    is_proxy: bool
    address: str = ""
    requests: list[bytes] = field(default_factory=list)
    connects: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://{self.address}"

    def listen(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with contextlib.suppress(OSError), connection:
            if self.is_proxy:
                self.connects.append(_head(connection))
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with self.context.wrap_socket(connection, server_side=True) as secure:
                while head := _head(secure):
                    self.requests.append(head)
                    secure.sendall(self.reply)


@contextlib.contextmanager
def tls_server(file: Path, reply: bytes = b"", *, is_proxy: bool = False) -> Iterator[TlsServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = TlsServer(context, reply, is_proxy, f"127.0.0.1:{listening.getsockname()[1]}")
        thread = threading.Thread(target=server.listen, args=[listening], daemon=True)
        thread.start()
        try:
            yield server
        finally:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join(2)


def _head(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    return data
