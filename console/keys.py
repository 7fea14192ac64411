"""Key material: reading a private key however it comes, making one, and its public half.

No message of this module ever holds a part of a key or of a passphrase. `cryptography` is
imported where a key is first used, so that the first screen and `--help` don't wait for it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Final

from console.domain.language import N_, _

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

MIN_KEY_BITS: Final = 2048  # what Amazon asks for at least (Get set up for integration page)
MAX_KEY_FILE: Final = 100_000  # bytes; one of 16,384 bits has 13,000

_PUBLIC_HALF: Final = N_("This is the public half. Amazon Pay signs with the private key.")
# What people hand over instead of a private key, by a mark in it, and what helps. The first
# that is found is told, so the special ones stand before the general ones.
_NOT_A_PRIVATE_KEY: Final = (
    (b"PuTTY-User-Key-File", N_("This key is in PuTTY's own format. Export it from PuTTYgen with"
     " Conversions, Export OpenSSH key, or make a new key.")),
    (b"BEGIN CERTIFICATE", N_("This is a certificate, with the public half only. Amazon Pay signs"
     " with the private key.")),
    (b"BEGIN SSH2 PUBLIC KEY", _PUBLIC_HALF),
    (b"PUBLIC KEY", _PUBLIC_HALF),
    (b"ssh-rsa ", _PUBLIC_HALF),
    (b'"kty"', N_("This is a JSON Web Key. Amazon Pay's keys are PEM files: convert it, or make a"
     " new key.")),
    (b"bplist", N_("This is a property list, no PEM file.")),
)  # fmt: skip


# What says that a key is encrypted: PKCS#8's own label, or the header of a PKCS#1 key (RFC 1421).
_ENCRYPTED: Final = re.compile(rb"BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: *4, *ENCRYPTED")

# A run of characters as keys, tokens and digests are written, and words and paths rarely are.
_SECRET_LOOKING: Final = re.compile(r"(?=[a-z+/=_-]*[A-Z0-9])[A-Za-z0-9+/=_-]{40,}")
# A path has no line breaks, and no run of Base64 as long as a few lines of a PEM.
_KEY_LOOKING: Final = re.compile(r"PRIVATE KEY|[\r\n]|[A-Za-z0-9+/=]{200}")
_LEFT_OUT: Final = N_("[left out]")


class KeyUnusable(ValueError):
    """A private key that can't sign for Amazon Pay; the message says why and what helps."""


class KeyEncrypted(KeyUnusable):
    """The key needs a passphrase, and none was given."""


class WrongPassphrase(KeyUnusable):
    """The key doesn't open with this passphrase."""


def load_private_key(pem: bytes, passphrase: str | None = None) -> RSAPrivateKey:
    """An RSA private key of at least 2048 bits from PKCS#8 or PKCS#1 PEM.

    Raises KeyEncrypted where it needs a passphrase, WrongPassphrase where the given one does
    not open it, KeyUnusable for everything else.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = _tidy(pem)
    secret = _passphrase(passphrase) if passphrase else None
    try:
        key = load_pem_private_key(pem, password=secret if _is_encrypted(pem) else None)
    except TypeError:
        raise KeyEncrypted(_("The key is encrypted: it needs its passphrase.")) from None
    except (ValueError, UnsupportedAlgorithm) as error:
        if secret is not None and _is_encrypted(pem):
            raise _not_opened(error) from None
        raise KeyUnusable(
            _("The key can't be read: the PEM is damaged or of another kind.")
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyUnusable(_("Amazon Pay needs an RSA key; this is another kind."))
    if key.key_size < MIN_KEY_BITS:
        raise KeyUnusable(
            _(
                "The key has {bits} bits; Amazon Pay needs {needed}.",
                bits=key.key_size,
                needed=MIN_KEY_BITS,
            )
        )
    return key


def plain_key(pem: bytes, passphrase: str | None = None) -> bytes:
    """The same key as PKCS#8 PEM without a passphrase, as the keyring holds it."""
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = load_private_key(pem, passphrase)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def make_key() -> tuple[bytes, bytes]:
    """A new RSA key of 2048 bits: the private key as PKCS#8 PEM, and its public half."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = rsa.generate_private_key(public_exponent=65537, key_size=MIN_KEY_BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, public_half(pem)


def public_half(pem: bytes) -> bytes:
    """The public half as PEM, which is what Seller Central asks for."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = load_private_key(pem).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(pem: bytes) -> str:
    """`SHA256:…` of the public half (DER, Base64): tells two keys apart and is no secret."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = load_private_key(pem).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")


def without_secrets(text: str) -> str:
    """What another program says, for a message of ours: what looks like a key is left out."""
    if "PRIVATE KEY" in text:
        return _(_LEFT_OUT)
    return _SECRET_LOOKING.sub(_(_LEFT_OUT), text)


def looks_like_key(text: str) -> bool:
    """Whether a text is a key itself, where the path of a file was asked for."""
    return _KEY_LOOKING.search(text) is not None


_WRONG_PASSPHRASE: Final = N_("This passphrase does not open the key.")


def _is_encrypted(pem: bytes) -> bool:
    return _ENCRYPTED.search(pem) is not None


def _not_opened(error: Exception) -> KeyUnusable:
    """Why a passphrase doesn't open a key. A wrong one shows in many ways: by its padding, or as
    a key that makes no sense. Only a cipher that isn't known has its own words."""
    if "unknown" in str(error).lower():
        return KeyUnusable(
            _(
                "The key is encrypted in a way that is not known here. Encrypt it anew with"
                " `openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY -out ENCRYPTED`."
            )
        )
    return WrongPassphrase(_(_WRONG_PASSPHRASE))


def _passphrase(typed: str) -> bytes:
    """Its bytes, also those that the terminal's encoding has no characters for."""
    try:
        return typed.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise WrongPassphrase(_(_WRONG_PASSPHRASE)) from None


def _tidy(data: bytes) -> bytes:
    """The PEM as its reader wants it. Raises KeyUnusable for what is no PEM at all.

    A byte order mark, blanks before the lines and `\\n` written out are what mail programs,
    terminals and environment files do to a key; none of them changes what it says.
    """
    if len(data) > MAX_KEY_FILE:
        raise KeyUnusable(_("This is too large for a key file."))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            data = data.decode("utf-16").encode()
        except ValueError:
            raise KeyUnusable(_("The key can't be read: it is no text.")) from None
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\\r", b"").replace(b"\\n", b"\n")
    pem = b"\n".join(line.strip() for line in data.splitlines())
    if b"BEGIN OPENSSH PRIVATE KEY" in pem:
        raise KeyUnusable(
            _(
                "This key is in OpenSSH's own format. Convert a copy of it with"
                " `ssh-keygen -p -m PEM -f COPY`."
            )
        )
    # Where a private key is, a certificate or a public half beside it does no harm.
    if b"PRIVATE KEY" not in pem:
        raise KeyUnusable(_why_no_key(data))
    if pem.count(b"PRIVATE KEY-----") > 2:  # each has it twice
        raise KeyUnusable(_("There is more than one private key in this; give the one alone."))
    return pem


def _why_no_key(data: bytes) -> str:
    if not data.strip():
        return _("There is nothing in it: no key.")
    for mark, why in _NOT_A_PRIVATE_KEY:
        if mark in data:
            return _(why)
    if data[:2] == b"\x30\x82":  # ASN.1, as PKCS#8, PKCS#1 and PKCS#12 all begin
        return _(
            "This is a binary file (DER or PKCS#12), no PEM file. Convert a copy with"
            " `openssl pkey -inform DER -in KEY -out COPY`, or"
            " `openssl pkcs12 -in FILE -nocerts -nodes -out COPY`."
        )
    return _("This is no PEM file: it has no line BEGIN PRIVATE KEY.")
