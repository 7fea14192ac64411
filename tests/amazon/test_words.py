"""A network that fails, in words: which host, what is wrong; never the name of a class."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from console.amazon import client as wire
from console.amazon.errors import NoAnswer, NotSent
from console.domain.ids import parse

from .conftest import Connect
from .raw import HANG_UP, NO_REPLY, raw_server, reply

pytestmark = pytest.mark.anyio

READ = parse("S01-4966596-9591203-C079366").v2


async def said(connect: Connect, endpoint: str | None, kind: type[Exception]) -> str:
    with pytest.raises(kind) as caught:
        await connect(endpoint).get(READ)
    assert "Error" not in str(caught.value)
    return str(caught.value)


async def test_nobody_listens(connect: Connect) -> None:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{made.getsockname()[1]}"
        words = await said(connect, f"http://{host}", NotSent)
    assert words == f"{host} could not be reached: connection refused"


async def test_a_name_that_nobody_knows(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody_knows(*asked: object, **how: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", nobody_knows)
    words = await said(connect, None, NotSent)
    assert words == (
        "pay-api.amazon.com could not be reached:"
        " its name can't be resolved (Name or service not known)"
    )


async def test_a_proxy_that_refuses(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(reply(403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        words = await said(connect, None, NotSent)
    assert words == "pay-api.amazon.com could not be reached: the proxy said 403 Some Reason"


async def test_the_other_side_speaks_no_tls(connect: Connect) -> None:
    with raw_server(reply(200)) as server:
        words = await said(connect, server.url.replace("http:", "https:"), NotSent)
    assert "could not be reached: TLS failed (" in words


async def test_a_certificate_that_nobody_trusts(connect: Connect, tmp_path: Path) -> None:
    with tls_server(tmp_path) as host:
        words = await said(connect, f"https://{host}", NotSent)
    assert words.startswith(f"{host} could not be reached: its TLS certificate is not trusted (")


async def test_nothing_comes(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "READ_SECONDS", 0.1)
    with raw_server(NO_REPLY) as server:
        words = await said(connect, server.url, NoAnswer)
    assert words.endswith(" gave no answer: nothing came for 30 seconds")


async def test_it_hangs_up(connect: Connect) -> None:
    with raw_server(HANG_UP) as server:
        words = await said(connect, server.url, NoAnswer)
    assert words.endswith(" gave no answer: Server disconnected without sending a response")


@contextlib.contextmanager
def tls_server(folder: Path) -> Iterator[str]:
    """A server on loopback with a certificate that it signed itself; yields host and port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder))
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # the test has ended
            with connection, contextlib.suppress(OSError):
                context.wrap_socket(connection, server_side=True).close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file
