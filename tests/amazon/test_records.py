"""What is kept of a request, and the same as curl: everything but what only the key can make."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.amazon.client import RequestRecord
from console.amazon.curl import curl_for, curl_of
from console.amazon.endpoints import Account
from console.amazon.errors import NotFound, NotSent
from console.domain.ids import Target, parse
from console.domain.intent import Reservation
from console.simulator.signature import strings_to_sign
from console.simulator.world import World

from .conftest import Connect
from .raw import raw_server, reply

CHARGE = "S01-4966596-9591203-C079366"
READ = parse(CHARGE).v2
BODY = f'{{"chargeId":"{CHARGE}","refundAmount":{{"amount":"1.00","currencyCode":"USD"}}}}'.encode()
REFUND = Reservation(1, 2, "create_refund", CHARGE, "POST", "/refunds", BODY, "k" * 32)
ACCOUNT = Account("na", "sandbox", "SANDBOX-AFTESTKEY", None)
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def arguments(command: str) -> list[str]:
    """What a real shell makes of the command."""
    script = "curl() { printf '%s\\0' curl \"$@\"; }\n" + command
    done = subprocess.run(["sh"], input=script.encode(), capture_output=True, check=True)
    assert not done.stderr
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.anyio
class TestRecords:
    async def test_of_a_read(self, connect: Connect, url: str) -> None:
        client = connect(url)
        answer = await client.get(READ)
        [record] = client.records
        assert (record.method, record.url) == ("GET", f"{url}/v2/charges/{CHARGE}")
        assert (record.object, record.operation, record.attempt) == (CHARGE, "get_charge", 1)
        assert (record.status, record.request_id) == (200, answer.request_id)
        assert record.answered == answer.date
        assert record.body_length == 0
        assert record.body_sha256 == hashlib.sha256(b"").hexdigest()

    async def test_the_headers_are_those_that_were_signed(
        self, connect: Connect, world: World
    ) -> None:
        with raw_server(reply(200)) as server:
            client = connect(server.url)
            await client.send(REFUND)
        [arrived], [record] = server.requests, client.records
        signed = arrived.header("authorization").partition("SignedHeaders=")[2].partition(",")[0]
        assert [name for name, _ in record.headers] == signed.split(";")
        assert all(arrived.header(name) == value for name, value in record.headers)
        algorithm = record.string_to_sign.partition("\n")[0]
        assert record.string_to_sign.encode() in strings_to_sign(arrived.raw, algorithm, signed)

    async def test_of_a_write_names_what_it_is_about_and_keeps_no_body(
        self, connect: Connect
    ) -> None:
        with raw_server(reply(200)) as server:
            client = connect(server.url)
            await client.send(REFUND)
        [record] = client.records
        assert (record.object, record.attempt) == (CHARGE, 2)
        assert record.body_length == len(BODY)
        assert record.body_sha256 == hashlib.sha256(BODY).hexdigest()
        assert "refundAmount" not in repr(record)

    async def test_no_record_holds_a_signature(self, connect: Connect) -> None:
        with raw_server(reply(200)) as server:
            client = connect(server.url)
            await client.get(READ)
            await client.send(REFUND)
        for arrived in server.requests:
            signature = arrived.header("authorization").partition("Signature=")[2]
            assert len(signature) > 300
            assert signature not in repr(client.records)
        assert "authorization" not in repr(client.records)

    async def test_a_refusal_and_a_failure_are_in_it(self, connect: Connect, url: str) -> None:
        client = connect(url)
        with pytest.raises(NotFound):
            await client.get(parse("S01-4966596-9591203-C000000").v2)
        record = client.records[-1]
        assert (record.status, record.reason_code) == (404, "ResourceNotFound")
        nowhere = connect("http://127.0.0.1:9")
        with pytest.raises(NotSent):
            await nowhere.get(READ)
        assert [r.attempt for r in nowhere.records] == [1, 2, 3, 4]
        assert nowhere.records[-1].status is None
        assert "could not be reached" in (nowhere.records[-1].failure or "")

    async def test_a_read_as_curl_is_the_request_without_its_signature(
        self, connect: Connect, url: str
    ) -> None:
        client = connect(url)
        await client.get(READ)
        [record] = client.records
        command = curl_of(record)
        assert command is not None
        words = arguments(command)
        assert words[:4] == ["curl", "--request", "GET", "--globoff"]
        assert words[-2:] == ["--url", record.url]
        headers = [words[n + 1] for n, word in enumerate(words) if word == "--header"]
        assert headers == [f"{name}: {value}" for name, value in record.headers]
        assert command.startswith("# Signed by nobody")

    async def test_a_write_is_never_given_as_curl(self, connect: Connect) -> None:
        with raw_server(reply(200)) as server:
            client = connect(server.url)
            await client.send(REFUND)
        assert curl_of(client.records[0]) is None


class TestCurl:
    def test_of_an_object_needs_no_request(self) -> None:
        assert arguments(curl_for(ACCOUNT, READ, NOW)) == [
            "curl", "--request", "GET", "--globoff",
            "--header", "accept: application/json",
            "--header", "content-type: application/json",
            "--header", "x-amz-pay-date: 20260115T120000Z",
            "--header", "x-amz-pay-host: pay-api.amazon.com",
            "--header", "x-amz-pay-region: na",
            "--url", f"https://pay-api.amazon.com/v2/charges/{CHARGE}",
        ]  # fmt: skip

    @settings(max_examples=50, deadline=None)
    @given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
    def test_no_id_breaks_out_of_it(self, hostile: str) -> None:
        target = Target("charge", hostile, f"/charges/{hostile}")
        words = arguments(curl_for(ACCOUNT, target, NOW))
        assert len(words) == 16
        assert words[-1] == f"https://pay-api.amazon.com/v2/charges/{hostile}"

    def test_a_record_from_outside_breaks_out_of_it_as_little(self) -> None:
        path = "/v2/charges/x'; rm -rf ~ #\n$(id)`id`"
        record = RequestRecord(
            time=NOW, operation="get_charge", object="x", method="GET", origin="https://a",
            path=path, headers=(("accept", "a'\nb"),), string_to_sign="", body_length=0,
            body_sha256="", attempt=1,
        )  # fmt: skip
        words = arguments(curl_of(record) or "")
        assert words[-3:] == ["accept: a'\nb", "--url", "https://a" + path]
