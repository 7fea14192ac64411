"""A look at the way to an account's host: through which proxy, and whose certificate answers.

Nothing of the account goes with it: no key, no signature, no id.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from console.amazon.client import tls_context
from console.amazon.endpoints import Account, AccountError, is_loopback
from console.domain.language import _
from console.domain.text import clean_line

if TYPE_CHECKING:
    from cryptography.x509 import Name

SECONDS: Final = 5.0
_MOST: Final = 65_536  # bytes of a proxy's or a server's answer, of which the head is wanted
_PORTS: Final = {"http": 80, "https": 443}
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})(?: ([^\r\n]{0,100}))?")


class ProxySaidNo(OSError):
    """The proxy did not connect us; `says` is its status line."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


class CantLook(OSError):
    """The way goes through a proxy that is itself behind TLS; only the client goes that way."""


@dataclass(frozen=True)
class Certificate:
    """Whose certificate was presented, by whom it was issued, and how long it is good."""

    subject: str
    issuer: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Look:
    """What was seen of a host; of TLS nothing where this machine's own address has none.

    `milliseconds` are those of one question and its answer, the connection not counted. `date`
    is the answer's own.
    """

    protocol: str | None
    certificate: Certificate | None
    milliseconds: int
    date: datetime | None


def proxy_for(account: Account) -> str | None:
    """The proxy that httpx takes for this account, as it is written; it may hold a password.

    That of the profile, or of the environment (on macOS and Windows also of the system).
    """
    host = _target(account).hostname or ""
    if is_loopback(account.host):
        return None
    if account.proxy:
        return account.proxy
    known = getproxies()
    address = known.get("https") or known.get("all")
    if not address or proxy_bypass(host):
        return None
    return address if "://" in address else f"http://{address}"


def proxy_name(account: Account) -> str | None:
    """The same for people: without user and password."""
    address = proxy_for(account)
    if address is None:
        return None
    scheme, _sign, rest = address.partition("://")
    return clean_line(f"{scheme}://{rest.rpartition('@')[2].partition('/')[0]}", 200)


def check_proxy(account: Account) -> None:
    """Raise AccountError where the proxy is one that can't be used at all."""
    address = proxy_for(account)
    if address is None:
        return
    try:
        parts = urlsplit(address)
        usable = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise AccountError(
            _("The proxy {proxy} can't be used: http or https only.", proxy=proxy_name(account))
        )


def presented(account: Account, seconds: float = SECONDS) -> Certificate | None:
    """The certificate that answers for the account's host, whether it is trusted or not.

    Only the handshake is made; nothing is sent. None where there is none to be had.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # what isn't trusted is to be named, not to be used
    try:
        with _connected(account, seconds) as plain, _wrapped(context, plain, account) as secure:
            return _read_certificate(secure)
    except OSError:
        return None


def look(account: Account, seconds: float = SECONDS) -> Look:
    """Connect as the client does, and ask for nothing but the answer's head.

    Blocks for some multiple of `seconds` at most. Raises OSError (ssl.SSLError, ProxySaidNo
    and CantLook among them), AccountError where ca_file can't be used.
    """
    with _connected(account, seconds) as plain:
        if _target(account).scheme == "http":
            return _asked(plain, account, None, None)
        with _wrapped(tls_context(account), plain, account) as secure:
            return _asked(secure, account, secure.version(), _read_certificate(secure))


def _asked(
    connection: socket.socket,
    account: Account,
    protocol: str | None,
    certificate: Certificate | None,
) -> Look:
    started = time.monotonic()
    connection.sendall(
        f"HEAD / HTTP/1.1\r\nHost: {account.host}\r\nConnection: close\r\n\r\n".encode()
    )
    head = _head(connection)
    passed = round((time.monotonic() - started) * 1000)
    return Look(protocol, certificate, passed, _date(head))


def _target(account: Account) -> SplitResult:
    return urlsplit(account.origin)


def _connected(account: Account, seconds: float) -> socket.socket:
    """A connection to the account's host, through the proxy where one is in use."""
    target = _target(account)
    host, port = target.hostname or "", target.port or _PORTS[target.scheme]
    address = proxy_for(account)
    if address is None:
        return socket.create_connection((host, port), seconds)
    proxy = urlsplit(address)
    if proxy.scheme != "http":
        raise CantLook(f"nothing can be seen through a proxy of {proxy.scheme}")
    connection = socket.create_connection((proxy.hostname or "", proxy.port or 80), seconds)
    try:
        connection.sendall(_connect_request(f"{host}:{port}", proxy))
        status = _STATUS.match(_head(connection))
        if status is None or status[1] != b"200":
            said = b" ".join(status.groups(b"")) if status else b"no HTTP answer"
            raise ProxySaidNo(clean_line(said.decode("latin-1"), 100))
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_request(target: str, proxy: SplitResult) -> bytes:
    import base64

    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.username is not None:
        secret = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(secret).decode()}")
    return "\r\n".join([*lines, "", ""]).encode()


def _wrapped(context: ssl.SSLContext, plain: socket.socket, account: Account) -> ssl.SSLSocket:
    return context.wrap_socket(plain, server_hostname=_target(account).hostname)


def _head(connection: socket.socket) -> bytes:
    """The head of an answer, or what there is of it."""
    data = b""
    while b"\r\n\r\n" not in data and len(data) < _MOST:
        more = connection.recv(4096)
        if not more:
            break
        data += more
    return data.partition(b"\r\n\r\n")[0]


def _date(head: bytes) -> datetime | None:
    for line in head.split(b"\r\n")[1:]:
        name, _colon, value = line.partition(b":")
        if name.strip().lower() == b"date":
            try:
                date = parsedate_to_datetime(value.decode("latin-1").strip())
            except (ValueError, TypeError, OverflowError):
                return None
            return date if date.tzinfo else None
    return None


def _read_certificate(secure: ssl.SSLSocket) -> Certificate | None:
    from cryptography.x509 import load_der_x509_certificate

    der = secure.getpeercert(binary_form=True)
    if der is None:
        return None
    try:
        read = load_der_x509_certificate(der)
        return Certificate(
            _named(read.subject), _named(read.issuer), read.not_valid_before_utc,
            read.not_valid_after_utc,
        )  # fmt: skip
    except ValueError:
        return None


def _named(name: Name) -> str:
    """The organization and the common name, as far as they are there."""
    from cryptography.x509.oid import NameOID

    parts = [
        cast("str", found[0].value)
        for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
        if (found := name.get_attributes_for_oid(oid))
    ]
    return clean_line(", ".join(dict.fromkeys(str(part) for part in parts)), 200) or _("no name")
