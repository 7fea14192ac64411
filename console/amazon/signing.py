"""Request signing (Amazon Pay: Signing requests), for both published algorithms.

`cryptography` is imported where a key is first used, so that the first screen and `--help`
don't wait for it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlsplit

from console.domain.kept import Kept, kept
from console.domain.language import N_, sentences
from console.keys import load_private_key

# Algorithm -> salt length in bytes. The second is what current documents ask for.
ALGORITHMS: Final = {"AMZN-PAY-RSASSA-PSS": 20, "AMZN-PAY-RSASSA-PSS-V2": 32}
DEFAULT_ALGORITHM: Final = "AMZN-PAY-RSASSA-PSS-V2"

Parameters = Mapping[str, Sequence[str]]


def canonical_request(
    method: str, path: str, parameters: Parameters, headers: Mapping[str, str], payload: bytes
) -> str:
    """The text whose hash is signed: method, path, query, headers, their names, body hash.

    `headers` are exactly those that are signed. A `path` may be a whole address; what counts
    is everything from the host to the query.
    """
    lowered = {name.lower(): _fold(value) for name, value in headers.items()}
    names = sorted(lowered)
    return "\n".join(
        [
            method.upper(),
            canonical_path(path),
            canonical_query(parameters),
            *(f"{name}:{lowered[name]}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(payload).hexdigest(),
        ]
    )


def string_to_sign(algorithm: str, canonical: str) -> str:
    """The two lines that the key signs: the algorithm and the canonical request's hash."""
    return f"{algorithm}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def canonical_path(path: str) -> str:
    """RFC 3986: repeated slashes folded, each segment percent-encoded, empty becomes `/`."""
    plain = urlsplit(path).path if "://" in path else path
    return quote(re.sub(r"/{2,}", "/", plain), safe="/-_.~") or "/"


def canonical_query(parameters: Parameters) -> str:
    """`name=value` pairs, percent-encoded, sorted by encoded name and then value."""
    pairs = [
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, values in parameters.items()
        for value in values
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def pay_date(moment: datetime) -> str:
    """The compact UTC form of `x-amz-pay-date`."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _fold(value: str) -> str:
    return " ".join(value.split())


class Signer:
    """Signs requests with one key. Its repr shows the public key id, never the key."""

    def __init__(self, pem: bytes, public_key_id: str, algorithm: str = DEFAULT_ALGORITHM) -> None:
        self._key = load_private_key(pem)
        self.public_key_id = public_key_id
        self.algorithm = algorithm
        self._salt = ALGORITHMS[algorithm]

    def __repr__(self) -> str:
        return f"Signer({self.public_key_id!r})"

    def string_to_sign(
        self,
        method: str,
        path: str,
        parameters: Parameters,
        headers: Mapping[str, str],
        payload: bytes,
    ) -> str:
        """What is signed for exactly these headers and these bytes. It is no secret."""
        canonical = canonical_request(method, path, parameters, headers, payload)
        return string_to_sign(self.algorithm, canonical)

    def authorization(
        self,
        method: str,
        path: str,
        parameters: Parameters,
        headers: Mapping[str, str],
        payload: bytes,
    ) -> str:
        """The `authorization` header for exactly these headers and these bytes."""
        to_sign = self.string_to_sign(method, path, parameters, headers, payload)
        signature = self.sign(to_sign.encode())
        names = ";".join(sorted(name.lower() for name in headers))
        return (
            f"{self.algorithm} PublicKeyId={self.public_key_id},"
            f" SignedHeaders={names}, Signature={signature}"
        )

    def sign(self, message: bytes) -> str:
        """RSASSA-PSS over SHA-256 with MGF1-SHA-256 and the algorithm's salt, in Base64."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=self._salt)
        return base64.b64encode(self._key.sign(message, scheme, hashes.SHA256())).decode()


# Amazon's answers echo the string to sign in several wordings: in brackets, with a real
# newline, an escaped one or a blank between its two lines (issues php#45, java#22, dotnet#4 and
# dotnet#12 of Amazon's SDKs).
_ECHO: Final = re.compile(
    r"(?P<algorithm>AMZN-PAY-[A-Z0-9-]+)(?:\s|\\+[rn]|[␤␍])*(?P<digest>[0-9a-f]{64})(?![0-9a-f])",
    re.IGNORECASE,
)
_SIGNATURE: Final = re.compile(r"[A-Za-z0-9+/_-]{128,}={0,2}")  # that of 2048 bits: 342 and ==


@dataclass(frozen=True)
class SignatureVerdict:
    """What a rejected signature's echo proves, and the next step; None where there is none.

    As a `str` they are English, which is what is kept.
    """

    says: Kept
    next_step: Kept | None = None


def judge_signature(message: str, ours: str, public_key_id: str) -> SignatureVerdict:
    """Compare the string to sign in Amazon's error `message` with `ours` for that request.

    Amazon recomputes it from what arrived. The same one: the request came through unchanged,
    so the signature is another key's. Another one: the request was changed on the way.
    """
    echo = _ECHO.search(message)
    if echo is None:
        return SignatureVerdict(
            kept(
                N_(
                    "Amazon echoed no string to sign, so it can't be told whether the key is wrong"
                    " or the request was changed on the way."
                )
            )
        )
    algorithm, _, digest = ours.partition("\n")
    if echo["digest"].lower() != digest:
        return SignatureVerdict(
            kept(
                N_(
                    "Amazon computed another string to sign ({theirs}…) than this console"
                    " ({ours}…): something on the way changed the request, such as a proxy that"
                    " rewrites headers, host or path."
                ),
                theirs=echo["digest"].lower()[:12],
                ours=digest[:12],
            ),
            kept(
                sentences(
                    N_(
                        "Try it from a network without that proxy (HTTPS_PROXY names one), and"
                        " check the profile's endpoint."
                    ),
                    N_("The key is not the cause as far as this shows."),
                )
            ),
        )
    if echo["algorithm"].upper() != algorithm:
        return SignatureVerdict(
            kept(
                N_(
                    "Amazon read the algorithm {theirs}, but {ours} was signed: something on the"
                    " way changed the authorization header."
                ),
                theirs=echo["algorithm"],
                ours=algorithm,
            ),
            kept(N_("Try it from a network without a proxy that rewrites headers.")),
        )
    return SignatureVerdict(
        kept(
            N_(
                "Amazon computed the same string to sign as this console, so the request arrived"
                " as it was signed: the private key does not belong to public key id {key_id}, or"
                " Amazon expects another salt length than {salt} for it."
            ),
            key_id=public_key_id,
            salt=ALGORITHMS[algorithm],
        ),
        kept(
            N_(
                "In Seller Central, under Integration Central, make a new API key, and add a"
                " profile with its key id and its private key file."
            )
        ),
    )


def without_signature(message: str) -> str:
    """`message` without the signature that some of Amazon's errors repeat."""
    return _SIGNATURE.sub("(left out)", message)
