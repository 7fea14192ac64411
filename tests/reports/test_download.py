"""The download of a report's file: nothing of ours goes along, and nothing else is fetched."""

from __future__ import annotations

import io
import json

import pytest

from console.amazon import client as wire
from console.amazon import reports as reporting
from console.amazon.client import AmazonPay
from console.amazon.endpoints import Account
from console.amazon.errors import NoAnswer, NotAllowed, NotSent, Refused, Unreadable
from console.amazon.reports import COMPLETED, Report, fetch, list_reports
from tests.amazon.raw import Reply, raw_server, reply
from tests.support.bench import signer

pytestmark = pytest.mark.anyio


def client(endpoint: str | None = "http://127.0.0.1:9") -> AmazonPay:
    return AmazonPay(Account("na", "live", "LIVE-BENCH", endpoint), signer("LIVE-BENCH"))


async def test_only_what_every_browser_sends_goes_along() -> None:
    file = io.BytesIO()
    with raw_server(reply(200, b"a,b\r\n1,2\r\n")) as server:
        assert await client().download(f"{server.url}/f?X-Amz-Signature=abc%2Fdef", file) == 10
    [request] = server.requests
    assert request.method == "GET"
    assert request.target == "/f?X-Amz-Signature=abc%2Fdef"
    assert request.names <= {"host", "accept", "accept-encoding", "connection", "user-agent"}
    assert request.header("accept-encoding") == "identity"
    assert file.getvalue() == b"a,b\r\n1,2\r\n"


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/file",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/file",
        "file:///etc/passwd",
        "ftp://127.0.0.1/file",
        "//127.0.0.1/file",
        "https:///file",
        "https://user:secret@example.com/file",
        "http://127.0.0.1.example.com/file",
        "http://127.0.0.1:99999/file",
        "",
        "no address",
    ],
)
async def test_addresses_that_are_not_fetched(address: str) -> None:
    with pytest.raises(NotSent, match="must not be fetched"):
        await client().download(address, io.BytesIO())


async def test_amazon_itself_can_not_send_us_to_this_machine() -> None:
    with raw_server(reply(200)) as server, pytest.raises(NotSent):
        await client(endpoint=None).download(f"{server.url}/file", io.BytesIO())
    assert not server.requests


async def test_a_redirect_is_not_followed() -> None:
    with (
        raw_server(reply(200)) as trap,
        raw_server(reply(302, b"", f"location: {trap.url}/x")) as server,
        pytest.raises(Refused, match="302"),
    ):
        await client().download(f"{server.url}/file", io.BytesIO())
    assert not trap.requests


async def test_an_address_that_has_expired() -> None:
    with raw_server(reply(403, b"<Error/>")) as server, pytest.raises(NotAllowed, match="403"):
        await client().download(f"{server.url}/file", io.BytesIO())


async def test_a_download_that_breaks_off() -> None:
    half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this"
    with raw_server(Reply(half, cut=True)) as server, pytest.raises(NoAnswer):
        await client().download(f"{server.url}/file", io.BytesIO())


async def test_a_file_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_DOCUMENT", 1_000_000)
    file = io.BytesIO()
    endless = Reply(b"HTTP/1.1 200 OK\r\n\r\n", endless=b"x" * 65536)
    with raw_server(endless) as server, pytest.raises(Unreadable, match="larger"):
        await client().download(f"{server.url}/file", file)
    assert len(file.getvalue()) <= 1_000_000


async def test_packed_bytes_are_not_unpacked_on_the_way() -> None:
    """A bomb stays as small as it came; the import looks at it with a guard of its own."""
    file = io.BytesIO()
    with raw_server(reply(200, b"\x1f\x8b\x08junk", "content-encoding: gzip")) as server:
        await client().download(f"{server.url}/file", file)
    assert file.getvalue() == b"\x1f\x8b\x08junk"


async def test_half_a_file_is_replaced_by_the_whole_one() -> None:
    """The first download breaks off; a fresh address is asked for and the file begins anew."""
    report = Report("A1", "", None, None, None, COMPLETED, "D1")
    file = io.BytesIO()
    with raw_server(reply(200)) as server:
        document = json.dumps({"reportDocumentId": "D1", "url": f"{server.url}/file"}).encode()
        half = Reply(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of a much", cut=True)
        server.replies[:] = [reply(200, document), half, reply(200, document), reply(200, b"all")]
        async with client(server.url) as amazon:
            assert await fetch(amazon, report, file) == 3
    assert file.getvalue() == b"all"
    assert [request.target for request in server.requests] == [
        "/v2/report-documents/D1",
        "/file",
    ] * 2


async def test_addresses_are_not_asked_for_without_end() -> None:
    report = Report("A1", "", None, None, None, COMPLETED, "D1")
    with raw_server(reply(200)) as server:
        document = json.dumps({"url": f"{server.url}/file"}).encode()
        server.replies[:] = [reply(200, document), reply(403, b"expired")] * 20
        async with client(server.url) as amazon:
            with pytest.raises(NoAnswer, match="A1 could not be fetched: Amazon answered 403"):
                await fetch(amazon, report, io.BytesIO())
    assert len(server.requests) == 2 * len(reporting.FETCH_WAITS)


async def test_pages_that_never_end_do() -> None:
    """The same token for ever."""
    body = json.dumps({"reports": [{"reportId": "A1"}], "nextToken": "again"}).encode()
    with raw_server(reply(200, body)) as server:
        async with client(server.url) as amazon:
            with pytest.raises(Unreadable, match="don't end"):
                await list_reports(amazon)
    assert [request.target for request in server.requests[1:]] == ["/v2/reports?nextToken=again"]
