"""What differs between clients on the wire, and what each mistake is answered with."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from console.simulator.world import World

from .client import Shop, usd

CHARGE = "S01-4966596-9591203-C079366"
PATH = f"/v2/charges/{CHARGE}"


@pytest.mark.parametrize("algorithm", ["AMZN-PAY-RSASSA-PSS", "AMZN-PAY-RSASSA-PSS-V2"])
def test_both_algorithms_are_accepted(shop: Shop, algorithm: str) -> None:
    shop.algorithm = algorithm
    assert shop.get(PATH)["chargeId"] == CHARGE


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-pay-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")},
        {"x-amz-pay-region": "NA"},
        {"x-amz-pay-host": "127.0.0.1:8080"},
        {"user-agent": "amazon-pay-api-sdk-nodejs/2.3.4"},
        {"x-amz-pay-sdk-type": "Ruby", "x-amz-pay-sdk-version": "1.2.0"},
    ],
    ids=["extended date", "capitals", "host with port", "user agent signed", "sdk headers signed"],
)
def test_headers_as_the_sdks_send_them_are_accepted(shop: Shop, headers: dict[str, str]) -> None:
    shop.changes = headers
    assert shop.get(PATH)["chargeId"] == CHARGE


def test_a_signed_content_length_is_accepted(shop: Shop) -> None:
    body = {"chargeId": CHARGE, "refundAmount": usd("1.00")}
    length = {"content-length": str(len(json.dumps(body)))}
    answer = shop.send("POST", "/v2/refunds", body, key="k", extra=length)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("key_id", "path"),
    [
        ("SANDBOX-AFTESTKEY", PATH),
        ("SANDBOX-AFTESTKEY", f"/sandbox{PATH}"),
        ("AFTESTKEY", f"/sandbox{PATH}"),
        ("AFTESTKEY", f"/sandbox{PATH}/"),
    ],
)
def test_each_form_of_the_path_works_with_its_kind_of_key(
    shop: Shop, key_id: str, path: str
) -> None:
    shop.key_id = key_id
    assert shop.get(path)["chargeId"] == CHARGE


@pytest.mark.parametrize(
    ("key_id", "path"),
    [
        ("AFTESTKEY", PATH),
        ("LIVE-AFTESTKEY", PATH),
        ("LIVE-AFTESTKEY", f"/sandbox{PATH}"),
        ("AFTESTKEY", f"/live{PATH}"),
        ("SANDBOX-AFTESTKEY", "/v2/charges/P01-1840276-5529301-C038164"),
        ("SANDBOX-AFTESTKEY", "/v2/nothing"),
    ],
)
def test_what_is_in_another_environment_is_not_found(shop: Shop, key_id: str, path: str) -> None:
    shop.key_id = key_id
    answer = shop.send("GET", path)
    assert (answer.status_code, answer.json()["reasonCode"]) == (404, "ResourceNotFound")


def test_the_segment_with_a_prefixed_key_can_be_refused(shop: Shop, world: World) -> None:
    world.switches = world.switches.changed({"segment_with_prefixed_key": False})
    assert shop.send("GET", f"/sandbox{PATH}").status_code == 404
    assert shop.send("GET", PATH).status_code == 200


@pytest.mark.parametrize(
    ("query", "signed"),
    [("a=1&b=2", "a=1&b=2"), ("b=2&a=1", "a=1&b=2"), ("q=a+b", "q=a+b"), ("q=a+b", "q=a%20b"),
     ("q=a%20b", "q=a%20b"), ("q=!'()*", "q=!'()*"), ("q=%21%2A", "q=%21%2A")],
)  # fmt: skip
def test_queries_are_verified_as_each_sdk_signs_them(shop: Shop, query: str, signed: str) -> None:
    answer = shop.send("GET", PATH, query=query, signed_query=signed)
    assert answer.status_code == 200, answer.text


def test_an_unsorted_query_must_be_signed_sorted(shop: Shop) -> None:
    answer = shop.send("GET", PATH, query="b=2&a=1", signed_query="b=2&a=1")
    assert answer.json()["reasonCode"] == "InvalidRequestSignature"


def test_another_key_is_refused_with_the_string_that_was_expected(shop: Shop) -> None:
    shop.private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    answer = shop.send("GET", PATH)
    assert (answer.status_code, answer.json()["reasonCode"]) == (403, "InvalidRequestSignature")
    message = answer.json()["message"]
    assert message.startswith("Unable to verify signature, signing String [AMZN-PAY-RSASSA-PSS-V2")


def test_a_clock_that_is_fast_is_told_so_and_date_shows_by_how_much(
    shop: Shop, world: World
) -> None:
    world.add_fault("*:clock_shift:-900")
    answer = shop.send("GET", PATH)
    assert answer.json() == {
        "reasonCode": "InvalidHeaderValue",
        "message": "x-amz-pay-date should not be in future",
    }
    offset = datetime.now(UTC) - parsedate_to_datetime(answer.headers["date"])
    assert timedelta(seconds=880) < offset < timedelta(seconds=920)


def test_every_answer_carries_a_request_id(shop: Shop) -> None:
    ids = {shop.send("GET", path).headers["x-amz-pay-request-id"] for path in (PATH, "/v2/x")}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("PUT", PATH, 405, "UnsupportedOperation"),
        ("GET", "/v2/refunds", 405, "UnsupportedOperation"),
        ("GET", f"/v1/charges/{CHARGE}", 400, "InvalidAPIVersion"),
    ],
)
def test_a_wrong_method_or_version_is_named(
    shop: Shop, method: str, path: str, status: int, reason: str
) -> None:
    answer = shop.send(method, path)
    assert (answer.status_code, answer.json()["reasonCode"]) == (status, reason)


def test_an_unsigned_request_is_refused(shop: Shop) -> None:
    answer = httpx.get(shop.url + PATH)
    assert (answer.status_code, answer.json()["reasonCode"]) == (400, "MissingHeader")


def test_the_log_keeps_what_arrived(shop: Shop, world: World) -> None:
    answer = shop.refund(CHARGE, "1.00", "key-1")
    (entry,) = world.log.entries("create_refund")
    assert (entry.method, entry.path, entry.key, entry.status) == (
        "POST", "/v2/refunds", "key-1", 201,
    )  # fmt: skip
    assert entry.request_id == answer.headers["x-amz-pay-request-id"]
    assert entry.body == answer.request.content
    assert entry.effect == "executed"
