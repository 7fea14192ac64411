"""What the network and a hostile answer can do: nothing left, perhaps left, or answered."""

from __future__ import annotations

import gzip
import socket

import pytest

from console.amazon import client as client_module
from console.amazon import client as wire
from console.amazon.errors import NoAnswer, NotSent, Refused, Unreadable
from console.domain.ids import parse
from console.domain.intent import Reservation
from console.domain.model import Charge
from console.domain.text import has_hidden

from .conftest import Connect
from .raw import HANG_UP, NO_REPLY, Reply, raw_server, reply

pytestmark = pytest.mark.anyio

CHARGE = "S01-4966596-9591203-C079366"
READ = parse(CHARGE).v2
WRITE = Reservation(1, 1, "create_refund", CHARGE, "POST", "/refunds", b'{"a":1}', "k")


def closed_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


class TestNotSent:
    """The first byte never left."""

    async def test_nobody_listens(self, connect: Connect) -> None:
        client = connect(f"http://127.0.0.1:{closed_port()}")
        with pytest.raises(NotSent):
            await client.send(WRITE)
        [record] = client.records
        assert record.status is None
        assert record.failure

    async def test_a_read_tries_again_and_then_says_so(self, connect: Connect) -> None:
        client = connect(f"http://127.0.0.1:{closed_port()}")
        with pytest.raises(NotSent):
            await client.get(READ)
        assert len(client.records) == 4

    async def test_the_other_side_speaks_no_tls(self, connect: Connect) -> None:
        with raw_server(reply(200)) as server, pytest.raises(NotSent):
            await connect(server.url.replace("http:", "https:")).send(WRITE)
        assert server.requests == []

    async def test_a_proxy_refuses_the_connection(
        self, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with raw_server(reply(403)) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            with pytest.raises(NotSent):
                await connect(None).send(WRITE)
        assert [r.method for r in proxy.requests] == ["CONNECT"]
        assert proxy.requests[0].target == "pay-api.amazon.com:443"


class TestNoAnswer:
    """It left, or may have left."""

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"HTTP/1.1 2",
            b"HTTP/1.1 200 OK\r\ncontent-type: app",
            b"HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n",
            b'HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{"refundId":',
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{}",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nno zip",
            b"220 mail.example.com ESMTP \x1b[31m\r\n",
            b"\x16\x03\x01\x00\x00",
            b"\x00" * 100,
        ],
        ids=range(13),
    )
    async def test_what_is_cut_or_no_http(self, connect: Connect, answer: bytes) -> None:
        with raw_server(Reply(answer, cut=True)) as server:
            client = connect(server.url)
            with pytest.raises(NoAnswer) as caught:
                await client.send(WRITE)
        assert len(server.requests) == len(client.records) == 1, "sent once"
        assert client.records[0].failure == str(caught.value)
        assert not has_hidden(str(caught.value))

    async def test_nothing_comes(self, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(wire, "READ_SECONDS", 0.2)
        with raw_server(NO_REPLY) as server, pytest.raises(NoAnswer, match="nothing came"):
            await connect(server.url).send(WRITE)

    async def test_a_read_is_repeated(self, connect: Connect) -> None:
        with raw_server(HANG_UP, HANG_UP, reply(200)) as server:
            assert (await connect(server.url).get(READ)).ok
        assert len(server.requests) == 3


class TestElsewhere:
    async def test_proxies_of_the_environment_are_not_asked_about_this_machine(
        self, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
        with raw_server(reply(200)) as server:
            assert (await connect(server.url).get(READ)).ok
        assert server.requests[0].target == f"/v2{READ.path}"

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_redirects_are_not_followed(self, connect: Connect, status: int) -> None:
        with raw_server(reply(200)) as trap:
            there = reply(status, b"", f"location: {trap.url}/v2/refunds")
            with raw_server(there) as server:
                client = connect(server.url)
                assert (await client.send(WRITE)).status == status
                with pytest.raises(Refused):
                    await client.get(READ)
        assert trap.requests == []
        assert len(server.requests) == 2


HOSTILE = (
    '{"reasonCode":"Bad\\u001b[31m\\u202eCode","message":"a\\u0007\\u009b2J\\u200bb\\nc",'
    '"buyer":{"na\\u0000me":["\\ud800",{"x":"\\u2066"}]}}'
)


class TestHostileBodies:
    async def test_every_text_is_cleaned(self, connect: Connect) -> None:
        with raw_server(reply(422, HOSTILE.encode(), "x-amz-pay-request-id: r\xadq\x85")) as server:
            client = connect(server.url)
            answer = await client.send(WRITE)
            with pytest.raises(Refused) as caught:
                await client.get(READ)
        shown = [
            str(answer.data), answer.reason_code, answer.message, answer.request_id,
            str(caught.value), repr(client.records),
        ]  # fmt: skip
        assert not any(has_hidden(text or "") for text in shown)
        assert answer.reason_code == "Bad␛[31m‹U+202E›Code"
        assert answer.data is not None
        assert answer.data["buyer"] == {"na␀me": ["‹U+D800›", {"x": "‹U+2066›"}]}

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b" ",
            b"null",
            b"[]",
            b'"text"',
            b"5",
            b"{",
            b'{"a":1,}',
            b'{"a":NaN}',
            b'{"a":Infinity}',
            b'{"a":-Infinity}',
            b"\xff\xfe\xfa{}",
            b'{"refundId": "S01-\xff\xfe<cut>"}',
            b"<html>502</html>",
            b'{"a":' * 200_000,
            b"[" * 200_000 + b"]" * 200_000,
            b'{"a":"' + b"x" * 4_000_001 + b'"}',
        ],
        ids=range(17),
    )
    async def test_what_is_no_json_object_is_no_data(self, connect: Connect, body: bytes) -> None:
        with raw_server(reply(200, body)) as server:
            client = connect(server.url)
            answer = await client.send(WRITE)
            assert (answer.status, answer.data, answer.reason_code) == (200, None, None)
            with pytest.raises(Unreadable):
                await client.get(READ)

    @pytest.mark.parametrize(
        "number",
        ["1e9999999999999999999", "1e-9999999999999999999", "1E+999999", "1e-999999", "0e-999999",
         "-1e400", "9" * 5000, "-" + "9" * 5000, "0." + "9" * 5000],
    )  # fmt: skip
    async def test_a_number_that_nobody_can_hold_hides_nothing_else(
        self, connect: Connect, number: str
    ) -> None:
        body = (
            f'{{"chargeId":"{CHARGE}","other":{number},'
            f'"chargeAmount":{{"amount":{number},"currencyCode":"USD"}},'
            '"captureAmount":{"amount":10.10,"currencyCode":"USD"}}'
        )
        with raw_server(reply(201, body.encode())) as server:
            answer = await connect(server.url).send(WRITE)
        assert answer.data is not None
        charge = Charge.from_api(answer.data)
        assert (charge.id, charge.amount, str(charge.captured)) == (CHARGE, None, "10.10 USD")

    async def test_amounts_are_never_floats(self, connect: Connect) -> None:
        body = b'{"captureAmount":{"amount":0.1,"currencyCode":"USD"},"n":[1.5,2e0]}'
        with raw_server(reply(200, body)) as server:
            data = (await connect(server.url).send(WRITE)).data
        assert "float" not in {type(n).__name__ for n in (data or {})["n"]}
        assert str(Charge.from_api(data or {}).captured) == "0.10 USD"

    async def test_depth_is_cut_and_the_rest_is_read(self, connect: Connect) -> None:
        body = b'{"chargeId":"x","deep":' + b"[" * 300 + b"]" * 300 + b"}"
        with raw_server(reply(200, body)) as server:
            answer = await connect(server.url).send(WRITE)
        assert (answer.data or {})["chargeId"] == "x"

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
    async def test_other_encodings_of_json_are_read(self, connect: Connect, encoding: str) -> None:
        with raw_server(reply(200, '{"chargeId":"ü"}'.encode(encoding))) as server:
            answer = await connect(server.url).send(WRITE)
        assert answer.data == {"chargeId": "ü"}

    async def test_codes_that_are_no_texts_are_none(self, connect: Connect) -> None:
        with raw_server(reply(422, b'{"reasonCode":{"a":1},"message":["x"]}')) as server:
            answer = await connect(server.url).send(WRITE)
        assert (answer.reason_code, answer.message) == (None, "")
        assert str(answer.error()) == "Amazon answered 422"

    async def test_an_endless_answer_is_cut_off(self, connect: Connect) -> None:
        head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        with raw_server(Reply(head, endless=chunk)) as server:
            answer = await connect(server.url).send(WRITE)
        assert (answer.status, answer.data) == (200, None)

    async def test_an_answer_that_drips_is_no_answer_after_a_while(
        self, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client_module, "ANSWER_SECONDS", 0.3)
        head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        with raw_server(Reply(head, endless=b"1\r\nx\r\n")) as server, pytest.raises(NoAnswer):
            await connect(server.url).send(WRITE)

    async def test_a_zip_bomb_is_cut_off(self, connect: Connect) -> None:
        bomb = gzip.compress(b" " * 100_000_000, 1)
        with raw_server(reply(200, bomb, "content-encoding: gzip")) as server:
            answer = await connect(server.url).send(WRITE)
        assert (answer.status, answer.data) == (200, None)
