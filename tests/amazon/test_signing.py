"""Signing: Amazon's own known answers, and keys that can't be used say so without telling."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from console.amazon.signing import (
    ALGORITHMS,
    DEFAULT_ALGORITHM,
    Signer,
    canonical_path,
    canonical_query,
    canonical_request,
    pay_date,
    string_to_sign,
)
from console.keys import KeyUnusable, load_private_key, make_key

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "signing.json").read_text(encoding="utf-8")
)
CANONICAL: list[dict[str, Any]] = VECTORS["canonical"]
SIGNED: list[dict[str, Any]] = VECTORS["signed"]
WITH_HEADERS = [case for case in SIGNED if "headers" in case]


def name(case: dict[str, Any]) -> str:
    return str(case["name"])


def verifies(public_pem: bytes, algorithm: str, message: bytes, signature: str) -> bool:
    key = load_pem_public_key(public_pem)
    assert isinstance(key, rsa.RSAPublicKey)
    salt = {"AMZN-PAY-RSASSA-PSS": 20, "AMZN-PAY-RSASSA-PSS-V2": 32}[algorithm]
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
    try:
        key.verify(base64.b64decode(signature), message, scheme, hashes.SHA256())
    except InvalidSignature:
        return False
    return True


class TestKnownAnswers:
    def test_all_of_them_are_here(self) -> None:
        assert len(CANONICAL) >= 17
        assert len(SIGNED) == 6
        assert {case["name"].partition("-")[0] for case in SIGNED} == {"node", "php"}

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    @pytest.mark.parametrize("case", CANONICAL, ids=name)
    def test_canonical_requests(self, case: dict[str, Any], algorithm: str) -> None:
        canonical = canonical_request(
            case["method"],
            case["uri"],
            case["parameters"],
            case["headers"],
            case["payload"].encode(),
        )
        expected = f"{algorithm}\n{case['canonical_request_sha256']}"
        assert string_to_sign(algorithm, canonical) == expected

    @pytest.mark.parametrize("case", WITH_HEADERS, ids=name)
    def test_requests_of_amazons_own_sdk_are_built_alike(self, case: dict[str, Any]) -> None:
        algorithm, _, rest = case["headers"]["authorization"].partition(" ")
        fields = dict(part.split("=", 1) for part in rest.split(", "))
        signed = {n: case["headers"][n] for n in fields["SignedHeaders"].split(";")}
        canonical = canonical_request(
            case["method"], case["path"], {}, signed, case["body"].encode()
        )
        assert string_to_sign(algorithm, canonical) == case["string_to_sign"]

    @pytest.mark.parametrize("case", SIGNED, ids=name)
    def test_their_signatures_verify(self, case: dict[str, Any]) -> None:
        if "headers" in case:
            algorithm, _, rest = case["headers"]["authorization"].partition(" ")
            signature = rest.rpartition("Signature=")[2]
        else:
            algorithm, signature = case["algorithm"], case["signature"]
        assert case["string_to_sign"].startswith(f"{algorithm}\n")
        public, message = VECTORS["public_key"].encode(), case["string_to_sign"].encode()
        assert verifies(public, algorithm, message, signature)
        assert not verifies(public, algorithm, message + b"x", signature)


HEADERS = {
    "accept": "application/json",
    "content-type": "application/json",
    "x-amz-pay-date": "20180524T223710Z",
    "x-amz-pay-host": "pay-api.amazon.eu",
    "x-amz-pay-region": "eu",
}


class TestCanonical:
    def test_headers_are_folded_sorted_and_lowered(self) -> None:
        messy = {"X-B": "  b   c\t d ", "x-a": "1"}
        lines = canonical_request("get", "/", {}, messy, b"").split("\n")
        assert lines[0] == "GET"
        assert lines[3:7] == ["x-a:1", "x-b:b c d", "", "x-a;x-b"]

    @pytest.mark.parametrize(
        ("path", "canonical"),
        [("", "/"), ("//a///b//", "/a/b/"), ("/a b", "/a%20b"), ("/ü*", "/%C3%BC%2A"),
         ("https://pay-api.amazon.eu/live/v2/x", "/live/v2/x"), ("https://h", "/"),
         ("/v2/charges/S01-1-1", "/v2/charges/S01-1-1")],
    )  # fmt: skip
    def test_paths(self, path: str, canonical: str) -> None:
        assert canonical_path(path) == canonical

    def test_queries_are_sorted_by_encoded_name_and_value(self) -> None:
        parameters = {"b": ["2", "1"], "A.2": [""], "A.10": [" *~"], "a": ["x"]}
        assert canonical_query(parameters) == "A.10=%20%2A~&A.2=&a=x&b=1&b=2"

    def test_the_payload_is_what_is_hashed(self) -> None:
        one, other = (canonical_request("POST", "/", {}, HEADERS, body) for body in (b"{}", b"{ }"))
        assert one != other
        empty = canonical_request("GET", "/", {}, HEADERS, b"").rpartition("\n")[2]
        assert empty == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    def test_dates_are_compact_utc(self) -> None:
        assert pay_date(datetime(2018, 5, 24, 22, 37, 10, tzinfo=UTC)) == "20180524T223710Z"
        berlin = timezone(timedelta(hours=2))
        assert pay_date(datetime(2018, 5, 25, 0, 37, 10, tzinfo=berlin)) == "20180524T223710Z"


class TestOwnSignatures:
    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_verify_with_the_salt_of_their_algorithm_only(
        self, keys: tuple[bytes, bytes], algorithm: str
    ) -> None:
        signer = Signer(keys[0], "SANDBOX-A", algorithm)
        header = signer.authorization("POST", "/v2/refunds", {}, HEADERS, b"{}")
        assert header.startswith(f"{algorithm} PublicKeyId=SANDBOX-A, SignedHeaders=")
        assert f"SignedHeaders={';'.join(sorted(HEADERS))}, " in header
        canonical = canonical_request("POST", "/v2/refunds", {}, HEADERS, b"{}")
        message = string_to_sign(algorithm, canonical).encode()
        signature = header.rpartition("Signature=")[2]
        assert verifies(keys[1], algorithm, message, signature)
        [other] = set(ALGORITHMS) - {algorithm}
        assert not verifies(keys[1], other, message, signature)

    def test_version_2_is_the_default(self, keys: tuple[bytes, bytes]) -> None:
        assert DEFAULT_ALGORITHM == "AMZN-PAY-RSASSA-PSS-V2"
        assert Signer(keys[0], "A").algorithm == DEFAULT_ALGORITHM
        assert ALGORITHMS == {"AMZN-PAY-RSASSA-PSS": 20, "AMZN-PAY-RSASSA-PSS-V2": 32}

    def test_are_never_the_same_twice(self, keys: tuple[bytes, bytes]) -> None:
        signer = Signer(keys[0], "A")
        assert signer.sign(b"x") != signer.sign(b"x")

    def test_a_signer_shows_its_name_and_nothing_of_its_key(
        self, keys: tuple[bytes, bytes]
    ) -> None:
        signer = Signer(keys[0], "SANDBOX-A")
        assert repr(signer) == str(signer) == "Signer('SANDBOX-A')"
        assert not leaks(keys[0], f"{signer!r} {vars(signer)!r}")


def leaks(pem: bytes, text: str) -> bool:
    """Whether a piece of a key stands in `text`."""
    lines = [line for line in pem.decode("latin-1").splitlines() if not line.startswith("-----")]
    body = "".join(lines)
    return any(body[at : at + 12] in text for at in range(0, max(1, len(body) - 12), 4) if body)


def private(key: Any, form: PrivateFormat, password: bytes | None = None) -> bytes:
    secret = BestAvailableEncryption(password) if password else NoEncryption()
    return bytes(key.private_bytes(Encoding.PEM, form, secret))


PEM, PUBLIC = make_key()
KEY: Any = load_pem_private_key(PEM, None)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
SHORT = rsa.generate_private_key(65537, 1024)

UNUSABLE = {
    "encrypted PKCS#8": (private(KEY, PrivateFormat.PKCS8, b"secret"), "encrypted"),
    "encrypted PKCS#1": (
        private(KEY, PrivateFormat.TraditionalOpenSSL, b"secret"),
        "encrypted",
    ),
    "OpenSSH": (private(KEY, PrivateFormat.OpenSSH), "OpenSSH"),
    "OpenSSH of another kind": (private(EC_KEY, PrivateFormat.OpenSSH), "OpenSSH"),
    "public": (PUBLIC, "public half"),
    "public PKCS#1": (KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1), "public"),
    "public OpenSSH": (
        KEY.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        "public",
    ),
    "certificate": (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "public"),
    "EC": (private(EC_KEY, PrivateFormat.PKCS8), "RSA key"),
    "EC traditional": (private(EC_KEY, PrivateFormat.TraditionalOpenSSL), "RSA key"),
    "Ed25519": (private(ed25519.Ed25519PrivateKey.generate(), PrivateFormat.PKCS8), "RSA key"),
    "1024 bits": (private(SHORT, PrivateFormat.PKCS8), "1024 bits"),
    "cut": (PEM[:800], "damaged"),
    "wrong label": (PEM.replace(b"PRIVATE KEY", b"RSA PRIVATE KEY"), "damaged"),
    "no content": (b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "damaged"),
    "nothing": (b"", "nothing in it"),
    "two keys": (PEM + private(SHORT, PrivateFormat.PKCS8), "more than one"),
    "PuTTY": (b"PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n", "PuTTY"),
    "a JSON Web Key": (b'{"kty":"RSA","n":"AQAB"}', "JSON Web Key"),
    "junk": (b"\x00\xff junk" * 100, "no PEM file"),
    "DER": (
        KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        "no PEM file",
    ),
}


class TestKeys:
    @pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
    def test_both_private_forms_load(self, form: PrivateFormat) -> None:
        pem = private(KEY, form)
        assert load_private_key(pem).key_size == 2048
        assert verifies(PUBLIC, DEFAULT_ALGORITHM, b"x", Signer(pem, "A").sign(b"x"))

    @pytest.mark.parametrize(
        "pem",
        [
            b"\xef\xbb\xbf" + PEM,
            PEM.decode().encode("utf-16"),
            PEM.replace(b"\n", b"\\n"),
            PEM.replace(b"\n", b"\n    "),
            PEM.replace(b"\n", b"\r\n"),
            b"Bag Attributes\n  friendlyName: x\n" + PEM,
            PEM + b"\n\n",
            PEM + PUBLIC,
            PUBLIC + PEM,
            b"# not a BEGIN CERTIFICATE\n" + PEM,
        ],
        ids=[
            "BOM",
            "UTF-16",
            "newlines written out",
            "indented",
            "CRLF",
            "attributes",
            "blank lines",
            "before public",
            "after public",
            "note",
        ],
    )
    def test_what_stands_around_a_key_does_not_matter(self, pem: bytes) -> None:
        assert load_private_key(pem).key_size == 2048

    @pytest.mark.parametrize(("pem", "said"), UNUSABLE.values(), ids=UNUSABLE.keys())
    def test_a_key_that_can_not_be_used_says_why(self, pem: bytes, said: str) -> None:
        with pytest.raises(KeyUnusable) as caught:
            load_private_key(pem)
        message = str(caught.value)
        assert said in message
        assert message.endswith(".")
        told: BaseException | None = caught.value
        while told is not None:
            assert not leaks(pem, f"{told} {told!r}")
            told = told.__cause__ or told.__context__

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, len(PEM) - 1), st.integers(0, 255))
    def test_one_damaged_byte_is_a_key_or_a_refusal(self, place: int, byte: int) -> None:
        damaged = PEM[:place] + bytes([byte]) + PEM[place + 1 :]
        try:
            load_private_key(damaged)
        except KeyUnusable as refused:
            message = str(refused)
        else:
            message = ""
        assert not leaks(PEM, message)
