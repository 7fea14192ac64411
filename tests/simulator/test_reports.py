"""The simulator's Reporting API: lists, states, documents, schedules, disbursements."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from console.simulator.clock import timestamp
from console.simulator.reportfiles import (
    AUTHORIZATION,
    BILLING_AGREEMENT,
    CAPTURE,
    ORDER_REFERENCE,
    REFUND,
    SANDBOX_SETTLEMENT,
    SETTLEMENT,
    TYPES,
)
from console.simulator.shop import AGREEMENT, open_live_shop
from console.simulator.signature import KeyRing
from console.simulator.world import World

from .client import Shop

DAY = timedelta(days=1)


@pytest.fixture
def live(shop: Shop, world: World) -> Shop:
    """The live shop's program."""
    open_live_shop(world)
    return Shop(shop.url, shop.private_key, "LIVE-AFTESTKEY")


def listed(shop: Shop, query: str = "") -> dict[str, Any]:
    response = shop.send("GET", "/v2/reports", query=query)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def request(
    shop: Shop, world: World, kind: str, key: str = "key-1", days: int = 30
) -> httpx.Response:
    now = world.clock.now()
    body = {
        "reportType": kind,
        "startTime": timestamp(now - days * DAY),
        "endTime": timestamp(now),
    }
    return shop.send("POST", "/v2/reports", body, key=key)


def made(shop: Shop, world: World, kind: str, days: int = 30) -> str:
    """A complete report's id."""
    report = str(
        request(shop, world, kind, key=f"{kind[-20:]}-{days}", days=days).json()["reportId"]
    )
    world.clock.advance(world.delays.report)
    return report


def address(shop: Shop, report: str) -> str:
    document = shop.get(f"/v2/reports/{report}")["reportDocumentId"]
    return str(shop.get(f"/v2/report-documents/{document}")["url"])


def rows(shop: Shop, world: World, kind: str, days: int = 30) -> list[dict[str, str]]:
    text = httpx.get(address(shop, made(shop, world, kind, days))).text
    lines = text.splitlines(keepends=True)
    head = next(at for at, line in enumerate(lines) if "AmazonOrderReferenceId" in line)
    return list(csv.DictReader(io.StringIO("".join(lines[head:]))))


class TestRequesting:
    def test_a_report_is_made_by_and_by(self, live: Shop, world: World) -> None:
        answer = request(live, world, ORDER_REFERENCE)
        assert answer.status_code == 201
        assert answer.json().keys() == {"reportId"}
        path = f"/v2/reports/{answer.json()['reportId']}"
        report = live.get(path)
        assert report["processingStatus"] == "IN_PROGRESS"
        assert report["reportDocumentId"] is None
        world.clock.advance(world.delays.report)
        report = live.get(path)
        assert report["processingStatus"] == "COMPLETED"
        assert report["reportDocumentId"]
        assert report["processingEndTime"]

    def test_the_same_request_makes_no_second_report(self, live: Shop, world: World) -> None:
        first, again = (request(live, world, REFUND).json() for _ in range(2))
        assert first == again
        assert len([r for r in world.reports.values() if r.type == REFUND]) == 1

    def test_a_key_is_needed_and_belongs_to_one_request(self, live: Shop, world: World) -> None:
        request(live, world, REFUND)
        assert request(live, world, CAPTURE).json()["reasonCode"] == "DuplicateIdempotencyKey"
        assert live.send("POST", "/v2/reports", {}).json()["reasonCode"] == "MissingHeader"

    @pytest.mark.parametrize("kind", [SETTLEMENT, SANDBOX_SETTLEMENT, "_GET_ANYTHING_", None])
    def test_types_that_can_not_be_requested(self, live: Shop, world: World, kind: Any) -> None:
        assert request(live, world, kind).status_code == 400
        assert not world.reports

    @pytest.mark.parametrize("kind", sorted(set(TYPES) - {SANDBOX_SETTLEMENT}))
    def test_the_sandbox_has_one_type(self, shop: Shop, world: World, kind: str) -> None:
        assert request(shop, world, kind).json()["reasonCode"] == "InvalidParameterValue"
        assert request(shop, world, SANDBOX_SETTLEMENT, key="key-2").status_code == 201

    @pytest.mark.parametrize(("start", "end"), [(-31, 0), (-2, 1), (0, -2), (-1, -1)], ids=str)
    def test_windows_that_are_refused(self, live: Shop, world: World, start: int, end: int) -> None:
        now = world.clock.now()
        body = {
            "reportType": REFUND,
            "startTime": timestamp(now + start * DAY),
            "endTime": timestamp(now + end * DAY),
        }
        answer = live.send("POST", "/v2/reports", body, key="w")
        assert answer.json()["reasonCode"] == "InvalidParameterValue"

    @pytest.mark.parametrize("outcome", ["FAILED", "CANCELLED"])
    def test_a_report_can_fail(self, live: Shop, world: World, outcome: str) -> None:
        world.switches = world.switches.changed({"report_outcome": outcome})
        report = live.get(f"/v2/reports/{made(live, world, REFUND)}")
        assert report["processingStatus"] == outcome
        assert report["reportDocumentId"] is None

    def test_requests_are_throttled(self, live: Shop, world: World) -> None:
        world.switches = world.switches.changed({"throttling": True})
        statuses = [request(live, world, REFUND, key=f"k{n}").status_code for n in range(3)]
        assert statuses == [201, 201, 429]


class TestListing:
    def test_pages_follow_each_other_by_the_token_alone(self, live: Shop, world: World) -> None:
        for number in range(23):
            request(live, world, REFUND, key=f"k{number}")
        wanted = f"pageSize=10&reportTypes={REFUND}"
        signed = "&".join(sorted(wanted.split("&")))
        page = live.send("GET", "/v2/reports", query=wanted, signed_query=signed).json()
        sizes, seen = [], set()
        while True:
            sizes.append(len(page["reports"]))
            seen |= {report["reportId"] for report in page["reports"]}
            if "nextToken" not in page:
                break
            token = httpx.QueryParams({"nextToken": page["nextToken"]})
            page = listed(live, _encoded(token))
        assert sizes == [10, 10, 3]
        assert len(seen) == 23

    def test_a_token_with_anything_beside_it_is_refused(self, live: Shop, world: World) -> None:
        answer = live.send("GET", "/v2/reports", query="nextToken=10%7C&pageSize=10")
        assert answer.status_code == 400
        assert answer.json()["reasonCode"] == "InvalidParameterCombination"

    @pytest.mark.parametrize("size", ["0", "101", "-1", "ten"])
    def test_the_size_of_a_page(self, live: Shop, size: str) -> None:
        assert live.send("GET", "/v2/reports", query=f"pageSize={size}").status_code == 400

    def test_types_and_statuses(self, live: Shop, world: World) -> None:
        made(live, world, REFUND)
        request(live, world, CAPTURE, key="later")
        kinds = _encoded(httpx.QueryParams({"reportTypes": f"{REFUND},{CAPTURE}"}))
        assert len(listed(live, kinds)["reports"]) == 2
        [pending] = listed(live, "processingStatuses=IN_PROGRESS")["reports"]
        assert pending["reportType"] == CAPTURE
        assert live.send("GET", "/v2/reports", query="reportTypes=X").status_code == 400

    def test_only_the_last_ninety_days_unless_a_date_is_given(
        self, live: Shop, world: World
    ) -> None:
        old = made(live, world, REFUND)
        world.clock.advance(50 * 86400)
        since = f"createdSince={timestamp(world.clock.now() - 10 * DAY)}"
        assert old not in {r["reportId"] for r in listed(live, since)["reports"]}
        assert old in {r["reportId"] for r in listed(live, "pageSize=100")["reports"]}
        world.clock.advance(50 * 86400)
        assert old not in {r["reportId"] for r in listed(live, "pageSize=100")["reports"]}
        assert live.send("GET", f"/v2/reports/{old}").status_code == 404

    def test_the_query_is_signed(self, live: Shop) -> None:
        answer = live.send("GET", "/v2/reports", query="pageSize=20", signed_query="pageSize=10")
        assert answer.json()["reasonCode"] == "InvalidRequestSignature"

    def test_settlements_make_their_own(self, live: Shop) -> None:
        found = listed(live, f"reportTypes={SETTLEMENT}")["reports"]
        assert len(found) in (6, 7)  # 90 days have as many ends of fourteen
        assert {report["processingStatus"] for report in found} == {"COMPLETED"}

    def test_the_environments_are_apart(self, live: Shop, shop: Shop, world: World) -> None:
        report = made(shop, world, SANDBOX_SETTLEMENT)
        assert [r["reportId"] for r in listed(shop)["reports"]] == [report]
        assert live.send("GET", f"/v2/reports/{report}").status_code == 404


class TestDocuments:
    def test_an_address_lives_for_thirty_seconds(self, live: Shop, world: World) -> None:
        report = made(live, world, REFUND)
        first = address(live, report)
        world.clock.advance(30)
        assert httpx.get(first).status_code == 200
        world.clock.advance(1)
        assert httpx.get(first).status_code == 403
        second = address(live, report)
        assert second != first
        assert httpx.get(second).status_code == 200

    def test_it_is_fetched_without_a_signature(self, live: Shop, world: World) -> None:
        url = address(live, made(live, world, REFUND))
        for header in ("authorization", "x-amz-pay-date"):
            assert httpx.get(url, headers={header: "x"}).status_code == 400

    def test_none_before_the_report_is_made(self, live: Shop, world: World) -> None:
        report = request(live, world, REFUND).json()["reportId"]
        assert live.send("GET", f"/v2/report-documents/D{report}").status_code == 404


class TestFiles:
    def test_a_recurring_permission_has_a_row_for_each_charge(
        self, live: Shop, world: World
    ) -> None:
        found = {row["AmazonOrderReferenceId"]: row for row in rows(live, world, ORDER_REFERENCE)}
        assert AGREEMENT not in found
        assert found["P01-4500000-0000003"]["SellerOrderId"] == "Live-Sub-1"
        assert found["P01-4100000-0000020"]["SellerOrderId"] == "Live-1020"

    def test_authorizations_have_v1_ids_and_words(self, live: Shop, world: World) -> None:
        found = rows(live, world, AUTHORIZATION)
        assert len(found) > 20
        for row in found:
            charge_id = row["AmazonAuthorizationId"].replace("-A", "-C")
            state = world.charges[charge_id].latest.state
            reason = {"Captured": "MaxCapturesProcessed", "Canceled": "SellerClosed"}.get(state)
            word = {"Authorized": "Open", "Declined": "Declined"}.get(state, "Closed")
            assert row["AuthorizationStatus"] == word
            assert reason is None or row["ReasonCode"] == reason

    def test_captures_and_refunds(self, live: Shop, world: World) -> None:
        captured = rows(live, world, CAPTURE)
        assert captured
        assert {row["CaptureStatus"] for row in captured} == {"Completed"}
        refunded = rows(live, world, REFUND)
        assert refunded
        for row in refunded:
            assert world.refunds[row["AmazonRefundId"]].latest.charge_id == row["AmazonCaptureId"]

    def test_a_settlement_has_a_head_and_lines_without_ids(self, live: Shop) -> None:
        [newest, *_] = listed(live, f"reportTypes={SETTLEMENT}")["reports"]
        text = httpx.get(address(live, newest["reportId"])).text
        assert text.startswith('"SettlementStartDate"')
        assert '"Carryover"' in text

    def test_what_changed_in_the_window_only(self, live: Shop, world: World) -> None:
        short = {row["AmazonOrderReferenceId"] for row in rows(live, world, ORDER_REFERENCE, 5)}
        assert "P01-4100000-0000003" in short
        assert "P01-4100000-0000020" not in short

    def test_agreements(self, live: Shop, world: World) -> None:
        report = made(live, world, BILLING_AGREEMENT)
        text = httpx.get(address(live, report)).text
        assert text.startswith('"AmazonBillingAgreementId"')

    def test_no_buyer_is_in_any_file(self, live: Shop, world: World) -> None:
        for kind in (ORDER_REFERENCE, AUTHORIZATION, CAPTURE, REFUND, BILLING_AGREEMENT):
            text = httpx.get(address(live, made(live, world, kind))).text
            assert "Susie" not in text
            assert "example.com" not in text


class TestTheRest:
    def test_schedules(self, live: Shop, shop: Shop) -> None:
        found = live.get("/v2/report-schedules")["reportSchedules"]
        assert len(found) == 2
        one = live.get(f"/v2/report-schedules/{found[0]['reportScheduleId']}")
        assert one == found[0]
        assert shop.get("/v2/report-schedules") == {"reportSchedules": []}
        assert live.send("GET", "/v2/report-schedules/1").status_code == 404

    def test_disbursements_are_what_settlements_paid(self, live: Shop, world: World) -> None:
        found = live.get("/v2/disbursements")["disbursements"]
        assert len(found) >= 5
        start = datetime.fromisoformat(found[2]["transactionTime"]) - timedelta(hours=1)
        some = live.send("GET", "/v2/disbursements", query=f"startTime={timestamp(start)}").json()
        assert some["disbursements"] == found[2:]
        assert found[0].keys() == {
            "sellerId", "settlementId", "amazonDisbursementReferenceId", "amount",
            "currencyCode", "transactionTime",
        }  # fmt: skip

    def test_keys_are_checked_here_too(self, live: Shop, world: World) -> None:
        world.keys = KeyRing()
        assert live.send("GET", "/v2/disbursements").status_code == 401


def _encoded(query: httpx.QueryParams) -> str:
    """As the Signing page encodes: a blank is %20."""
    return str(query).replace("+", "%20")
