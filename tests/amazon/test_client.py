"""The client against the real simulator: what is sent, what is learned, what is repeated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from console.amazon.client import READ_WAITS, AmazonPay
from console.amazon.endpoints import READS
from console.amazon.errors import (
    AmazonError,
    NotAllowed,
    NotFound,
    NotSent,
    Refused,
    ServiceFailed,
    Throttled,
    Unreadable,
    WrongEnvironment,
)
from console.domain.ids import Target, parse
from console.domain.intent import Reservation
from console.keys import make_key
from console.simulator.signature import KeyRing, verify
from console.simulator.world import World

from .conftest import Connect
from .raw import Received, raw_server, reply

pytestmark = pytest.mark.anyio

ORDER = "S01-4966596-9591203"
CHARGE = f"{ORDER}-C079366"  # 40.00 captured, 10.00 refunded
READ = parse(CHARGE).v2
LIVE = parse("P01-1840276-5529301-C038164").v2


def refund(amount: str = "1.00", key: str = "k" * 32, charge: str = CHARGE) -> Reservation:
    body = f'{{"chargeId":"{charge}","refundAmount":{{"amount":"{amount}","currencyCode":"USD"}}}}'
    return Reservation(1, 1, "create_refund", charge, "POST", "/refunds", body.encode(), key)


def reservation(method: str, path: str, body: bytes, key: str | None) -> Reservation:
    return Reservation(1, 1, "cancel_charge", CHARGE, method, path, body, key)


def ticking(step: float = 1.0, start: datetime | None = None) -> Callable[[], datetime]:
    """A clock that moves with every look."""
    moment = start or datetime.now(UTC)

    def now() -> datetime:
        nonlocal moment
        moment += timedelta(seconds=step)
        return moment

    return now


class TestReading:
    @pytest.mark.parametrize(
        ("text", "field"),
        [
            (ORDER, "chargePermissionId"),
            (CHARGE, "chargeId"),
            ("S01-4966596-9591203-R022311", "refundId"),
            ("S01-3947265-6081179-B031187", "disputeId"),
            ("4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3", "checkoutSessionId"),
        ],
    )
    async def test_every_kind(self, connect: Connect, url: str, text: str, field: str) -> None:
        answer = await connect(url).get(parse(text).v2)
        assert answer.ok
        assert answer.data is not None
        assert answer.data[field] == text
        assert answer.request_id
        assert answer.date is not None

    def test_every_kind_of_target_has_its_operation(self) -> None:
        kinds = {"charge_permission", "charge", "refund", "dispute", "checkout_session"}
        assert READS.keys() == kinds

    async def test_a_v1_authorization_id_leads_to_its_charge(
        self, connect: Connect, url: str
    ) -> None:
        answer = await connect(url).get(parse("S01-5797829-1888777-A043451").v2)
        assert (answer.data or {})["chargeId"] == "S01-5797829-1888777-C043451"

    @pytest.mark.parametrize("algorithm", ["AMZN-PAY-RSASSA-PSS", "AMZN-PAY-RSASSA-PSS-V2"])
    @pytest.mark.parametrize("region", ["na", "eu", "jp"])
    @pytest.mark.parametrize(
        ("key_id", "path"),
        [("AFTESTKEY", "/sandbox/v2/charges/"), ("SANDBOX-AFTESTKEY", "/v2/charges/")],
    )
    async def test_every_algorithm_region_and_kind_of_key(
        self,
        connect: Connect,
        url: str,
        world: World,
        algorithm: str,
        region: str,
        key_id: str,
        path: str,
    ) -> None:
        client = connect(url, key_id=key_id, region=region, algorithm=algorithm)
        assert (await client.get(READ)).ok
        assert world.log.entries()[0].path == path + CHARGE

    async def test_a_live_profile_reads_live_orders(
        self, connect: Connect, url: str, world: World
    ) -> None:
        for key_id in ("AFTESTKEY", "LIVE-AFTESTKEY"):
            assert (await connect(url, key_id=key_id, environment="live").get(LIVE)).ok
        assert [e.path.partition("/v2")[0] for e in world.log.entries()] == ["/live", ""]


class TestBytes:
    """What is signed is what is sent."""

    @pytest.mark.parametrize(
        "sent",
        [
            refund(),
            refund(amount="0.01", key="a_B-9"),
            reservation("DELETE", f"/charges/{CHARGE}/cancel", b'{"cancellationReason":"x"}', None),
            reservation("PATCH", f"/chargePermissions/{ORDER}", '{"a":"Müller ✓"}'.encode(), None),
            reservation("POST", "/charges", b"", "k"),
            reservation("POST", "/charges", b'{ "spaces" :  1.10 }\n', "k"),
        ],
        ids=lambda r: f"{r.method} {r.path}",
    )
    async def test_of_a_write(
        self, connect: Connect, keys: tuple[bytes, bytes], sent: Reservation
    ) -> None:
        with raw_server(reply(200)) as server:
            await connect(server.url).send(sent)
        [arrived] = server.requests
        assert (arrived.method, arrived.target) == (sent.method, f"/v2{sent.path}")
        assert arrived.body == sent.body
        assert _verified(arrived, keys) == "SANDBOX-AFTESTKEY"
        keys_sent = [value for name, value in arrived.headers if "idempotency" in name.lower()]
        assert keys_sent == ([sent.idempotency_key] if sent.idempotency_key else [])
        assert arrived.header("x-amz-pay-host") == server.url.removeprefix("http://")

    async def test_of_a_read(self, connect: Connect, keys: tuple[bytes, bytes]) -> None:
        with raw_server(reply(200)) as server:
            await connect(server.url, region="eu").get(READ)
        [arrived] = server.requests
        assert (arrived.method, arrived.target, arrived.body) == ("GET", f"/v2{READ.path}", b"")
        assert _verified(arrived, keys)
        assert arrived.header("x-amz-pay-region") == "eu"
        assert arrived.header("content-type") == arrived.header("accept") == "application/json"
        names = arrived.header("authorization").partition("SignedHeaders=")[2].partition(",")[0]
        assert names == "accept;content-type;x-amz-pay-date;x-amz-pay-host;x-amz-pay-region"

    async def test_a_path_that_would_be_sent_differently_is_never_sent(
        self, connect: Connect, world: World, url: str
    ) -> None:
        for path in ("/charges/../refunds", "/charges/a b", "/charges/ü", "/charges/x?y=1#z"):
            with pytest.raises(NotSent):
                await connect(url).send(reservation("POST", path, b"{}", "k"))
        assert world.log.entries() == []

    async def test_what_comes_after_closing_opens_no_connection(
        self, connect: Connect, world: World, url: str
    ) -> None:
        """A task that outlives its account would leave one open, or write for it."""
        client = connect(url)
        await client.get(READ)
        await client.aclose()
        asked = len(world.log.entries())
        with pytest.raises(NotSent):
            await client.get(READ)
        with pytest.raises(NotSent):
            await client.send(refund())
        await client.aclose()
        assert len(world.log.entries()) == asked

    async def test_a_fresh_date_and_signature_for_each_attempt(self, connect: Connect) -> None:
        with raw_server(reply(200)) as server:
            client = connect(server.url, now=ticking())
            await client.send(refund())
            await client.send(refund())
        one, two = server.requests
        assert one.body == two.body
        assert one.header("x-amz-pay-idempotency-key") == two.header("x-amz-pay-idempotency-key")
        assert one.header("x-amz-pay-date") != two.header("x-amz-pay-date")
        assert one.header("authorization") != two.header("authorization")

    async def test_a_fresh_date_and_signature_for_each_repeated_read(
        self, connect: Connect, keys: tuple[bytes, bytes]
    ) -> None:
        with raw_server(reply(503), reply(500), reply(200)) as server:
            await connect(server.url, now=ticking()).get(READ)
        assert len({r.header("x-amz-pay-date") for r in server.requests}) == 3
        assert len({r.header("authorization") for r in server.requests}) == 3
        assert all(_verified(request, keys) for request in server.requests)


def _verified(arrived: Received, keys: tuple[bytes, bytes]) -> str:
    """Checked by the simulator's own code, from the bytes that arrived."""
    ring = KeyRing()
    ring.register(keys[1])
    return verify(arrived.raw, ring, datetime.now(UTC), 300, 0)


class TestClock:
    """The offset is learned from the answers' Date and used."""

    async def test_a_fast_clock_is_refused_learned_and_then_right(
        self, connect: Connect, url: str, world: World
    ) -> None:
        client = connect(url, now=lambda: datetime.now(UTC) + timedelta(minutes=10))
        assert (await client.get(READ)).ok
        assert [e.reason_code for e in world.log.entries()] == ["InvalidHeaderValue", None]
        assert abs(client.clock_offset + timedelta(minutes=10)) < timedelta(seconds=5)
        assert (await client.get(READ)).ok
        assert len(world.log.entries()) == 3, "learned once"

    async def test_even_where_the_first_attempt_failed(self, connect: Connect) -> None:
        early = b'{"reasonCode":"InvalidHeaderValue","message":"should not be in future"}'
        with raw_server(reply(503), reply(400, early), reply(200)) as server:
            assert (await connect(server.url).get(READ)).ok
        assert len(server.requests) == 3

    async def test_a_slow_clock_too(self, connect: Connect, url: str, world: World) -> None:
        world.switches = world.switches.changed({"date_lifetime": 300})
        client = connect(url, now=lambda: datetime.now(UTC) - timedelta(hours=3))
        assert (await client.get(READ)).ok
        assert abs(client.clock_offset - timedelta(hours=3)) < timedelta(seconds=5)
        assert abs(client.amazon_now() - datetime.now(UTC)) < timedelta(seconds=5)

    async def test_a_slow_clock_is_learned_from_a_success(self, connect: Connect, url: str) -> None:
        client = connect(url, now=lambda: datetime.now(UTC) - timedelta(hours=3))
        await client.get(READ)
        assert client.clock_offset > timedelta(hours=2)

    async def test_a_write_is_not_repeated_for_it_and_the_next_one_is_right(
        self, connect: Connect, url: str, world: World
    ) -> None:
        client = connect(url, now=lambda: datetime.now(UTC) + timedelta(minutes=10))
        first = await client.send(refund())
        assert (first.status, first.reason_code) == (400, "InvalidHeaderValue")
        assert (await client.send(refund())).status == 201
        assert len(world.log.entries()) == 2

    async def test_whole_seconds_prove_nothing_below_two(self, connect: Connect, url: str) -> None:
        client = connect(url, now=lambda: datetime.now(UTC) + timedelta(seconds=0.5))
        await client.get(READ)
        assert client.clock_offset == timedelta(0)

    async def test_the_offset_follows_a_clock_that_is_corrected(
        self, connect: Connect, url: str
    ) -> None:
        wrong = timedelta(minutes=10)
        client = connect(url, now=lambda: datetime.now(UTC) + wrong)
        await client.get(READ)
        wrong = timedelta(0)
        await client.get(READ)
        assert abs(client.clock_offset) < timedelta(seconds=2)

    async def test_a_refused_header_that_is_no_clock_is_told(
        self, connect: Connect, url: str, world: World
    ) -> None:
        world.add_fault("get_charge:refuse:InvalidHeaderValue:xalways")
        with pytest.raises(Refused, match="InvalidHeaderValue"):
            await connect(url).get(READ)
        assert len(world.log.entries()) == 2, "once more, not four times"

    @pytest.mark.parametrize(
        "date",
        [
            "date: Fri, 31 Dec 9999 23:59:59 -0100",
            "date: Fri, 31 Dec 9999 23:59:59 GMT",
            "date: Mon, 01 Jan 0001 00:00:00 +0100",
            "date: Thu, 01 Jan 1970 00:00:00 GMT",
            "date: Mon, 32 Foo 99999 99:99:99 +9999",
            "date: nonsense",
            "date: ",
            "date: 0",
            "x: no date",
        ],
    )
    async def test_no_date_of_an_answer_breaks_the_next_request(
        self, connect: Connect, date: str
    ) -> None:
        with raw_server(reply(200, b"{}", date)) as server:
            client = connect(server.url, now=ticking(5))
            assert (await client.get(READ)).ok
            assert (await client.send(refund())).ok
            assert client.amazon_now().year
        sent = server.requests[1].header("x-amz-pay-date")
        year = datetime.now(UTC).year
        assert abs(int(sent[:4]) - year) <= 60, "an absurd date is not believed"


class TestEnvironment:
    """An id of the other environment is refused before any byte."""

    async def test_reads_and_writes(self, connect: Connect, url: str, world: World) -> None:
        sandbox = connect(url)
        live = connect(url, key_id="LIVE-A", environment="live")
        for client, target, charge in (
            (sandbox, LIVE, "P01-1840276-5529301-C038164"),
            (live, READ, CHARGE),
        ):
            with pytest.raises(WrongEnvironment, match=target.id):
                await client.get(target)
            with pytest.raises(WrongEnvironment):
                await client.send(refund(charge=charge))
            assert list(client.records) == []
        assert world.log.entries() == []

    @pytest.mark.parametrize(
        ("letter", "environment"),
        [("P", "live"), ("B", "live"), ("S", "sandbox"), ("C", "sandbox")],
    )
    async def test_by_every_letter(
        self, connect: Connect, url: str, world: World, letter: str, environment: str
    ) -> None:
        target = parse(f"{letter}01-0000000-0000000").v2
        other = "live" if environment == "sandbox" else "sandbox"
        with pytest.raises(WrongEnvironment):
            await connect(url, key_id="A", environment=other).get(target)
        assert world.log.entries() == []
        with pytest.raises(NotFound):
            await connect(url, key_id="A", environment=environment).get(target)


class TestErrors:
    @pytest.mark.parametrize(
        ("code", "error", "status"),
        [
            ("UnauthorizedAccess", NotAllowed, 401),
            ("InvalidRequestSignature", NotAllowed, 403),
            ("InvalidAccountStatus", NotAllowed, 403),
            ("ResourceNotFound", NotFound, 404),
            ("UnsupportedOperation", Refused, 405),
            ("RequestTimeout", Refused, 408),
            ("TooManyRequests", Throttled, 429),
            ("InvalidChargeStatus", Refused, 422),
            ("InternalServerError", ServiceFailed, 500),
            ("ServiceUnavailable", ServiceFailed, 503),
        ],
    )
    async def test_are_typed_and_say_everything(
        self,
        connect: Connect,
        url: str,
        world: World,
        code: str,
        error: type[AmazonError],
        status: int,
    ) -> None:
        world.add_fault(f"get_charge:refuse:{code}:xalways")
        with pytest.raises(AmazonError) as caught:
            await connect(url).get(READ)
        told = caught.value
        assert type(told) is error
        assert (told.status, told.reason_code) == (status, code)
        assert told.message == "The request was refused"
        assert told.request_id == world.log.entries()[-1].request_id
        for part in (str(status), code, told.message, told.request_id or "?"):
            assert part in str(told)

    async def test_another_key_is_not_allowed_and_shows_the_string(
        self, connect: Connect, url: str, world: World
    ) -> None:
        world.keys = KeyRing()
        world.keys.register(make_key()[1])
        with pytest.raises(NotAllowed, match="Unable to verify signature") as caught:
            await connect(url).get(READ)
        assert "AMZN-PAY-RSASSA-PSS-V2" in caught.value.message


class TestRepeating:
    """Reads are repeated where that can help, writes never."""

    @pytest.mark.parametrize(
        "fault", ["throttle", "error_before", "error_before:503", "html_502", "hang_up_before",
                  "hang_up_after"]
    )  # fmt: skip
    async def test_a_read_survives_three_failures(
        self, connect: Connect, url: str, world: World, fault: str
    ) -> None:
        world.add_fault(f"get_charge:{fault}:x3")
        client = connect(url)
        assert (await client.get(READ)).ok
        assert [r.attempt for r in client.records] == [1, 2, 3, 4]

    @pytest.mark.parametrize(
        ("fault", "error"),
        [("throttle", Throttled), ("error_before", ServiceFailed), ("html_502", ServiceFailed)],
    )
    async def test_and_gives_up_with_what_amazon_said(
        self, connect: Connect, url: str, world: World, fault: str, error: type[AmazonError]
    ) -> None:
        world.add_fault(f"get_charge:{fault}:xalways")
        with pytest.raises(error):
            await connect(url).get(READ)
        assert len(world.log.entries()) == len(READ_WAITS)

    @pytest.mark.parametrize(
        "code", ["ResourceNotFound", "InvalidAccountStatus", "UnauthorizedAccess",
                 "InvalidChargeStatus", "InvalidParameterValue"]
    )  # fmt: skip
    async def test_a_final_no_is_asked_once(
        self, connect: Connect, url: str, world: World, code: str
    ) -> None:
        world.add_fault(f"get_charge:refuse:{code}:xalways")
        with pytest.raises(AmazonError):
            await connect(url).get(READ)
        assert len(world.log.entries()) == 1

    async def test_a_success_that_is_no_json_is_unreadable(
        self, connect: Connect, url: str, world: World
    ) -> None:
        world.add_fault("get_charge:garbage:xalways")
        with pytest.raises(Unreadable, match=CHARGE):
            await connect(url).get(READ)

    @pytest.mark.parametrize(
        "fault", ["throttle", "error_before", "error_after", "html_502", "garbage",
                  "refuse:AmazonRejected"]
    )  # fmt: skip
    async def test_a_write_is_sent_once_and_its_answer_returned(
        self, connect: Connect, url: str, world: World, fault: str
    ) -> None:
        world.add_fault(f"create_refund:{fault}:xalways")
        client = connect(url)
        answer = await client.send(refund())
        assert answer.status == world.log.entries()[0].status
        assert len(world.log.entries()) == len(client.records) == 1

    async def test_the_waits_between_reads_are_short_and_grow(self) -> None:
        assert list(READ_WAITS) == sorted(READ_WAITS)
        assert sum(READ_WAITS) <= 10

    async def test_the_throttle_is_asked_before_every_attempt(
        self, connect: Connect, url: str, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        taken: list[str] = []
        client = connect(url)

        async def take(operation: str) -> float:
            taken.append(operation)
            return 0.0

        monkeypatch.setattr(client._throttle, "take", take)
        world.add_fault("get_charge:throttle:x2")
        await client.get(READ)
        await client.send(refund())
        assert taken == ["get_charge"] * 3 + ["create_refund"]


class TestRecords:
    async def test_show_what_an_engineer_needs_and_no_secret(
        self, connect: Connect, url: str, world: World
    ) -> None:
        world.add_fault("get_charge:error_before")
        client = connect(url)
        await client.get(READ)
        await client.send(refund())
        failed, read, sent = client.records
        assert (failed.status, failed.reason_code) == (500, "InternalServerError")
        assert (read.operation, read.method, read.path) == ("get_charge", "GET", f"/v2{READ.path}")
        assert (read.attempt, read.status, read.reason_code, read.failure) == (2, 200, None, None)
        assert (sent.operation, sent.status) == ("create_refund", 201)
        assert sent.request_id == world.log.entries("create_refund")[0].request_id
        assert "Signature" not in repr(client.records)
        assert "refundAmount" not in repr(client.records)
        assert "PRIVATE" not in repr(vars(client))

    async def test_do_not_grow_for_ever(self, connect: Connect) -> None:
        with raw_server(reply(200)) as server:
            client = connect(server.url)
            client._throttle = _NoThrottle()  # type: ignore[assignment]
            for _ in range(520):
                await client.get(READ)
        assert len(client.records) == 500


class _NoThrottle:
    async def take(self, operation: str) -> float:
        return 0.0


async def test_a_client_can_be_closed_twice_and_unused(connect: Connect, url: str) -> None:
    async with connect(url) as client:
        assert isinstance(client, AmazonPay)
    await client.aclose()


async def test_an_unknown_target_is_our_own_fault(connect: Connect, url: str) -> None:
    with pytest.raises(KeyError):
        await connect(url).get(Target("buyer", "x", "/buyers/x"))
