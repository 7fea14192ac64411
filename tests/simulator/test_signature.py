"""Signatures are verified from the bytes that arrive, as Amazon's own SDKs make them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from console.simulator.errors import ApiError
from console.simulator.signature import KeyRing, RawRequest, strings_to_sign, verify

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "vectors" / "signing.json").read_text("utf-8")
)
NOW = datetime(2024, 5, 24, 22, 40, tzinfo=UTC)
FROM_NODE = [case for case in VECTORS["signed"] if "headers" in case]
FROM_PHP = [case for case in VECTORS["signed"] if "headers" not in case]
PHP_HEADERS = {
    "accept": "application/json",
    "content-type": "application/json",
    "x-amz-pay-date": "20240524T223710Z",
    "x-amz-pay-host": "pay-api.amazon.eu",
    "x-amz-pay-region": "eu",
}


def named(case: dict[str, Any]) -> str:
    return str(case["name"])


def raw(case: dict[str, Any], headers: dict[str, str], query: str = "") -> RawRequest:
    return RawRequest(
        method=case["method"],
        path=case["path"].encode(),
        query=query.encode(),
        headers=[(name.encode(), value.encode()) for name, value in headers.items()],
        body=case["body"].encode(),
    )


def keys() -> KeyRing:
    ring = KeyRing()
    ring.register(VECTORS["public_key"])
    return ring


@pytest.mark.parametrize("case", FROM_NODE, ids=named)
def test_what_the_node_sdk_signed_is_accepted(case: dict[str, Any]) -> None:
    assert verify(raw(case, case["headers"]), keys(), NOW, 300, 0).endswith("AFTESTKEY")


@pytest.mark.parametrize("case", FROM_PHP, ids=named)
def test_what_the_php_sdk_signed_is_accepted(case: dict[str, Any]) -> None:
    signed = ";".join(sorted(PHP_HEADERS))
    authorization = (
        f"{case['algorithm']} PublicKeyId=AFTESTKEY, SignedHeaders={signed},"
        f" Signature={case['signature']}"
    )
    request = raw(case, {**PHP_HEADERS, "authorization": authorization})
    assert verify(request, keys(), NOW, 300, 0) == "AFTESTKEY"


@pytest.mark.parametrize("case", FROM_NODE, ids=named)
@pytest.mark.parametrize("what", ["body", "path", "method", "x-amz-pay-region", "key"])
def test_any_change_on_the_way_is_noticed(case: dict[str, Any], what: str) -> None:
    changed, headers, ring = dict(case), dict(case["headers"]), keys()
    if what == "key":
        headers["authorization"] = headers["authorization"].replace("Signature=", "Signature=AAAA")
    elif what in headers:
        headers[what] = "jp"
    else:
        changed[what] = {"body": case["body"] + " ", "path": "/v2/other", "method": "PUT"}[what]
    with pytest.raises(ApiError, match="InvalidRequestSignature: Unable to verify signature"):
        verify(raw(changed, headers), ring, NOW, 300, 0)


def test_a_refusal_echoes_what_should_have_been_signed() -> None:
    case = FROM_NODE[0]
    headers = {**case["headers"]}
    headers["authorization"] = headers["authorization"].replace("Signature=", "Signature=AAAA")
    with pytest.raises(ApiError) as refused:
        verify(raw(case, headers), keys(), NOW, 300, 0)
    assert refused.value.status == 403
    assert f"signing String [{case['string_to_sign']}], signature [AAAA" in refused.value.message


@pytest.mark.parametrize("case", VECTORS["canonical"], ids=named)
def test_the_canonical_request_is_the_one_of_the_sdks(case: dict[str, Any]) -> None:
    query = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}"
        for name, values in case["parameters"].items()
        for value in values
    )
    request = RawRequest(
        case["method"],
        quote(urlsplit(case["uri"]).path, safe="/").encode(),
        query.encode(),
        [(name.encode(), value.encode()) for name, value in case["headers"].items()],
        case["payload"].encode(),
    )
    first = next(strings_to_sign(request, "A", ";".join(sorted(case["headers"]))))
    assert first.decode() == f"A\n{case['canonical_request_sha256']}"


def test_a_key_registered_with_an_id_is_accepted_under_that_id_alone() -> None:
    case, ring = FROM_NODE[0], KeyRing()
    ring.register(VECTORS["public_key"], "SANDBOX-ANOTHER")
    with pytest.raises(ApiError, match="UnauthorizedAccess"):
        verify(raw(case, case["headers"]), ring, NOW, 300, 0)


@pytest.mark.parametrize("name", ["x-amz-pay-date", "x-amz-pay-host", "accept", "authorization"])
def test_a_missing_header_is_named(name: str) -> None:
    case = FROM_NODE[0]
    headers = {key: value for key, value in case["headers"].items() if key != name}
    with pytest.raises(ApiError, match=f"MissingHeader: Missing header: {name}"):
        verify(raw(case, headers), keys(), NOW, 300, 0)


def test_the_idempotency_key_must_be_signed() -> None:
    case = FROM_NODE[0]
    headers = {**case["headers"], "x-amz-pay-idempotency-key": "abc"}
    with pytest.raises(ApiError, match="not signed: x-amz-pay-idempotency-key"):
        verify(raw(case, headers), keys(), NOW, 300, 0)


def test_a_date_in_the_future_is_refused_and_an_old_one_is_a_question_of_the_switch() -> None:
    case = FROM_NODE[0]
    request = raw(case, case["headers"])
    before = NOW.replace(hour=22, minute=30)
    with pytest.raises(ApiError, match="x-amz-pay-date should not be in future") as refused:
        verify(request, keys(), before, 300, 0)
    assert (refused.value.status, refused.value.code) == (400, "InvalidHeaderValue")
    years_later = NOW.replace(year=2030)
    assert verify(request, keys(), years_later, 300, 0)
    with pytest.raises(ApiError, match="too far in the past"):
        verify(request, keys(), years_later, 300, 3600)


def test_a_text_that_is_no_rsa_key_is_not_registered() -> None:
    with pytest.raises(ValueError, match="PEM"):
        KeyRing().register("hello")
