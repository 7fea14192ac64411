"""The look at the way to Amazon goes where the client goes, and sends nothing of the account."""

from __future__ import annotations

import base64
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.amazon.endpoints import Account, AccountError
from console.amazon.errors import NotSent
from console.amazon.reach import (
    CantLook,
    ProxySaidNo,
    check_proxy,
    look,
    presented,
    proxy_for,
    proxy_name,
)
from console.domain.ids import parse
from tests.support.tls import ca_file, certificate, tls_server

from .conftest import Connect
from .raw import HANG_UP, NO_REPLY, Reply, raw_server, reply

HOST = "pay-api.nowhere.invalid"
READ = parse("S01-4966596-9591203").v2
ANSWER = b"HTTP/1.1 404 Not Found\r\nDate: Sun, 22 Nov 2026 08:00:00 GMT\r\n\r\n"


def account(endpoint: str = f"https://{HOST}", **more: str) -> Account:
    return Account("na", "sandbox", "SANDBOX-X", endpoint, **more)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.anyio
class TestTheProxy:
    @pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"])
    @pytest.mark.parametrize(
        "excepted", ["", "*", HOST, "nowhere.invalid", ".nowhere.invalid", "where.invalid", "a,b"]
    )
    async def test_is_the_one_that_the_client_takes(
        self, connect: Connect, monkeypatch: pytest.MonkeyPatch, name: str, excepted: str
    ) -> None:
        with raw_server(reply(403)) as server:
            monkeypatch.setenv(name, server.url)
            monkeypatch.setenv("NO_PROXY", excepted)
            with pytest.raises(NotSent):
                await connect(f"https://{HOST}").get_once(READ)
            taken = bool(server.requests)
        assert (proxy_for(account()) is not None) == taken

    async def test_of_the_profile_comes_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://other.example:1")
        assert proxy_for(account(proxy="http://mine.example:2")) == "http://mine.example:2"

    async def test_is_not_asked_about_this_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://other.example:1")
        assert proxy_for(account("https://127.0.0.1:9")) is None

    async def test_is_named_without_its_password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://ann:p@ss/w@other.example:1/\x1b[31m")
        assert "p@ss" not in (proxy_name(account()) or "")
        monkeypatch.setenv("HTTPS_PROXY", "ann:secret@other.example:1")
        assert proxy_name(account()) == "http://other.example:1"

    @pytest.mark.parametrize("address", ["socks5://h:1", "http://", "http://h:99999", "http://[x"])
    async def test_that_cannot_be_used_is_told(
        self, monkeypatch: pytest.MonkeyPatch, address: str
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", address)
        with pytest.raises(AccountError):
            check_proxy(account())


class TestTheLook:
    def test_goes_through_the_proxy_and_gives_its_password_to_it_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with tls_server(certificate(tmp_path, HOST), ANSWER, is_proxy=True) as server:
            monkeypatch.setenv("HTTPS_PROXY", f"http://ann:p%40ss@{server.address}")
            seen = look(account(ca_file=ca_file(tmp_path)))
        [connect], [head] = server.connects, server.requests
        assert connect.startswith(f"CONNECT {HOST}:443 HTTP/1.1\r\n".encode())
        assert base64.b64encode(b"ann:p@ss") in connect
        assert head == f"HEAD / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
        assert seen.date == datetime(2026, 11, 22, 8, tzinfo=UTC)
        assert seen.protocol == "TLSv1.3"
        assert seen.certificate is not None
        assert seen.certificate.subject == HOST

    def test_what_is_presented_is_read_without_a_question(self, tmp_path: Path) -> None:
        with tls_server(certificate(tmp_path)) as server:
            found = presented(account(server.url))
        assert server.requests == []
        assert found is not None
        assert found.issuer == "Acme Security, Inspection Root"

    @pytest.mark.parametrize(
        "answer", [HANG_UP, Reply(b"220 mail\r\n\r\n", cut=True), reply(407), reply(503)]
    )
    def test_a_proxy_that_refuses(self, answer: Reply, monkeypatch: pytest.MonkeyPatch) -> None:
        with raw_server(answer) as server:
            monkeypatch.setenv("HTTPS_PROXY", server.url)
            with pytest.raises(ProxySaidNo):
                look(account())
            assert presented(account()) is None

    def test_a_proxy_behind_tls_is_left_to_the_client(self) -> None:
        with pytest.raises(CantLook):
            look(account(proxy="https://proxy.example:1"))

    def test_nothing_comes(self) -> None:
        with raw_server(NO_REPLY) as server, pytest.raises(TimeoutError):
            look(account(server.url), seconds=0.2)

    @pytest.mark.parametrize("date", ["", "yesterday", "Sun, 22 Nov 2026 08:00:00", "\xff"])
    def test_a_date_that_is_none(self, date: str) -> None:
        with raw_server(reply(200, b"{}", f"date: {date}")) as server:
            assert look(account(server.url)).date is None

    def test_a_head_without_an_end_is_cut(self) -> None:
        with raw_server(Reply(b"HTTP/1.1 200 OK\r\n", endless=b"x" * 10_000)) as server:
            assert look(account(server.url)).date is None

    def test_nobody_listens(self) -> None:
        with socket.socket() as made:
            made.bind(("127.0.0.1", 0))
            port = made.getsockname()[1]
        with pytest.raises(ConnectionRefusedError):
            look(account(f"http://127.0.0.1:{port}"))
