"""Verifying request signatures from the bytes that arrived (Signing requests page).

Nothing here is shared with the code that signs: both would be wrong together.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote_to_bytes

from .errors import ApiError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

# Salt length of each algorithm (Signing requests page; SDK constants).
SALTS: Final = {"AMZN-PAY-RSASSA-PSS": 20, "AMZN-PAY-RSASSA-PSS-V2": 32}

# The least that must be signed.
MINIMUM: Final = frozenset(
    {"accept", "content-type", "x-amz-pay-date", "x-amz-pay-host", "x-amz-pay-region"}
)
IDEMPOTENCY_KEY: Final = "x-amz-pay-idempotency-key"
REGIONS: Final = frozenset({"na", "us", "eu", "jp"})

_AUTHORIZATION: Final = re.compile(
    r"(?P<algorithm>\S+)\s+PublicKeyId=(?P<key_id>[^,\s]+),\s*"
    r"SignedHeaders=(?P<signed>[^,\s]+),\s*Signature=(?P<signature>[A-Za-z0-9+/=]+)"
)
_DATES: Final = ("%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class RawRequest:
    """A request as it arrived; header names in lower case, values untouched."""

    method: str
    path: bytes
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header, its fields joined by commas; None where it is absent."""
        wanted = name.lower().encode()
        values = [value.strip() for key, value in self.headers if key.lower() == wanted]
        return b",".join(values).decode("utf-8", "replace") if values else None


class KeyRing:
    """The public keys that merchants have registered."""

    def __init__(self) -> None:
        self._keys: list[tuple[str | None, RSAPublicKey]] = []

    def __bool__(self) -> bool:
        return bool(self._keys)

    def register(self, pem: str | bytes, key_id: str | None = None) -> None:
        """Accept signatures by the key in `pem`; without `key_id`, under any key id.

        ValueError when `pem` holds no RSA public key.
        """
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        key = load_pem_public_key(pem.encode() if isinstance(pem, str) else pem)
        if not isinstance(key, RSAPublicKey):
            raise ValueError("this is not an RSA public key")
        self._keys.append((key_id, key))

    def candidates(self, key_id: str) -> list[RSAPublicKey]:
        return [key for known, key in self._keys if known in (None, key_id)]


def verify(
    request: RawRequest, keys: KeyRing, now: datetime, tolerance: float, lifetime: float
) -> str:
    """The public key id that signed `request`, or ApiError as the service words it."""
    for name in ("authorization", *sorted(MINIMUM)):
        _demand(request, name)
    _check_date(request, now, tolerance, lifetime)
    _check_region(request)
    match = _AUTHORIZATION.fullmatch(request.header("authorization") or "")
    if match is None or match["algorithm"] not in SALTS:
        raise ApiError("InvalidRequestSignature", "The authorization header can't be read")
    _check_signed_headers(request, match["signed"])
    candidates = keys.candidates(match["key_id"])
    if not candidates:
        raise ApiError("UnauthorizedAccess", f"Public key id {match['key_id']} is not known")
    _check_signature(request, match, candidates)
    return match["key_id"]


def _demand(request: RawRequest, name: str) -> None:
    value = request.header(name)
    if value is None:
        raise ApiError("MissingHeader", f"Missing header: {name}")
    if not value:
        raise ApiError("MissingHeaderValue", f"Missing value of header: {name}")


def _check_date(request: RawRequest, now: datetime, tolerance: float, lifetime: float) -> None:
    """The compact form of the documentation and the extended one of the Node SDK both pass."""
    written = request.header("x-amz-pay-date") or ""
    signed_at = next((d for form in _DATES if (d := _parsed(written, form))), None)
    if signed_at is None:
        raise ApiError("InvalidHeaderValue", f"x-amz-pay-date can't be read: {written}")
    age = (now - signed_at).total_seconds()
    if age < -tolerance:
        raise ApiError("InvalidHeaderValue", "x-amz-pay-date should not be in future")
    if lifetime and age > lifetime:
        raise ApiError("InvalidHeaderValue", "x-amz-pay-date is too far in the past")


def _parsed(written: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(written, form).replace(tzinfo=UTC)
    except ValueError:
        return None


def _check_region(request: RawRequest) -> None:
    region = request.header("x-amz-pay-region") or ""
    if region.lower() not in REGIONS:
        raise ApiError("InvalidHeaderValue", f"x-amz-pay-region is not a region: {region}")


def _check_signed_headers(request: RawRequest, signed: str) -> None:
    """The minimum must be signed, and the idempotency key where one is sent (PHP SDK)."""
    names = {name.lower() for name in signed.split(";")}
    needed = MINIMUM | ({IDEMPOTENCY_KEY} if request.header(IDEMPOTENCY_KEY) else set())
    unsigned = sorted(needed - names)
    if unsigned:
        raise ApiError("InvalidRequestSignature", f"Headers are not signed: {', '.join(unsigned)}")
    for name in sorted(names - MINIMUM):
        if request.header(name) is None:
            raise ApiError("MissingHeader", f"A signed header did not arrive: {name}")


def _check_signature(
    request: RawRequest, match: re.Match[str], candidates: Sequence[RSAPublicKey]
) -> None:
    algorithm = match["algorithm"]
    try:
        signature = base64.b64decode(match["signature"], validate=True)
    except binascii.Error:
        signature = b""
    strings = list(strings_to_sign(request, algorithm, match["signed"]))
    for key in candidates:
        if any(_verifies(key, signature, string, SALTS[algorithm]) for string in strings):
            return
    raise ApiError(
        "InvalidRequestSignature",
        f"Unable to verify signature, signing String [{strings[0].decode()}],"
        f" signature [{match['signature']}]",
    )


def _verifies(key: RSAPublicKey, signature: bytes, message: bytes, salt: int) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        key.verify(signature, message, PSS(mgf=MGF1(SHA256()), salt_length=salt), SHA256())
    except InvalidSignature:
        return False
    return True


def strings_to_sign(request: RawRequest, algorithm: str, signed: str) -> Iterator[bytes]:
    """The strings that may have been signed; the first is the one that the page describes.

    They differ only in the query: the Ruby SDK signs `+` for a space, and the Node SDK leaves
    `!'()*` as they are.
    """
    head = f"{request.method}\n{_canonical_path(request.path)}\n"
    lines = b"".join(_header_line(request, name) for name in signed.split(";"))
    tail = lines + f"\n{signed}\n{hashlib.sha256(request.body).hexdigest()}".encode()
    for query in dict.fromkeys(_canonical_queries(request.query)):
        hashed = hashlib.sha256(head.encode() + query.encode() + b"\n" + tail).hexdigest()
        yield f"{algorithm}\n{hashed}".encode()


def _header_line(request: RawRequest, name: str) -> bytes:
    wanted = name.lower().encode()
    values = [b" ".join(value.split()) for key, value in request.headers if key.lower() == wanted]
    return wanted + b":" + b",".join(values) + b"\n"


def _canonical_path(path: bytes) -> str:
    """Empty segments dropped, every segment percent-encoded; a trailing slash stays (.NET)."""
    collapsed = re.sub(rb"/+", b"/", path) or b"/"
    return "/".join(_encoded(segment) for segment in collapsed.split(b"/"))


def _canonical_queries(query: bytes) -> Iterator[str]:
    parts = [part for part in query.split(b"&") if part]
    yield _sorted_query(parts)
    yield _sorted_query([part.replace(b"+", b"%20") for part in parts])
    yield "&".join(part.decode("latin-1") for part in sorted(parts))


def _sorted_query(parts: Sequence[bytes]) -> str:
    pairs = (part.partition(b"=") for part in parts)
    return "&".join(
        f"{name}={value}"
        for name, value in sorted((_encoded(name), _encoded(value)) for name, _, value in pairs)
    )


def _encoded(part: bytes) -> str:
    return quote(unquote_to_bytes(part), safe="-_.~")
